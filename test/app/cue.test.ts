import { expect, test } from "vitest";
import { msOf, type AnyEvent } from "../../events/index.ts";
import { cue } from "../../shared/app/cue.ts";
import { plan } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, EVENING, FINAL, platform, slot, type Platform } from "./made.ts";

async function cueAt(small: Platform, atMs: number): Promise<void> {
  small.goTo(atMs);
  const situation = await situationAt(small.context, atMs);
  await plan(small.context, situation);
  await cue(small.context, situation, "test");
}

const cuesOf = ({ bus }: Platform): readonly AnyEvent[] => bus.events.filter(({ type }) => !type.includes("planned"));

test("a cue says what is expected, with its interval, and what is warmed for it", async () => {
  const small = await platform();
  await cueAt(small, at(17));
  const [event] = small.bus.of("calltime.programme.starting");
  expect(event?.data).toMatchObject({
    cueId: expect.stringMatching(/\.starting$/) as string,
    revision: 1,
    name: "the cup final",
    channels: ["one"],
    startsAt: "2026-06-13T19:00:00.000Z",
    timing: { kind: "ahead", offsetMinutes: 120 },
    late: false,
  });
  const { median, lower, upper } = event?.data.expectedAudience ?? { median: 0, lower: 0, upper: 0 };
  expect(median).toBeGreaterThan(190_000);
  expect(lower).toBeLessThan(0.85 * median);
  expect(upper).toBeGreaterThan(1.15 * median);
  expect(event?.data.warming).toEqual([{ targetId: "api", floorUnits: expect.any(Number) as number, readyBy: "2026-06-13T19:00:00.000Z" }]);
  expect(event?.data.warming[0]?.floorUnits).toBeGreaterThan(60);
  expect(event?.correlationId).toBe("test");
});

test("each offset is sent once", async () => {
  const small = await platform();
  for (let atMs = at(16, 58); atMs <= at(19, 1); atMs += MINUTE_MS) await cueAt(small, atMs);
  const sent = small.bus
    .of("calltime.programme.starting")
    .map(({ data, at: when }) => [when.slice(11, 16), data.timing.kind === "ahead" ? data.timing.offsetMinutes : "actual", data.revision]);
  expect(sent).toEqual([
    ["17:00", 120, 1],
    ["18:30", 30, 1],
    ["18:50", 10, 1],
    ["19:00", 0, 1],
  ]);
});

test("a cue that the bus refused is due again; those that it took are not sent twice", async () => {
  const small = await platform();
  small.bus.refuse(({ type }) => type === "calltime.programme.ending");
  for (const minute of [0, 1, 2]) await cueAt(small, at(19, minute));
  expect(small.bus.of("calltime.programme.starting")).toHaveLength(1);
  expect(small.bus.of("calltime.programme.ending")).toHaveLength(0);
  small.bus.refuse(() => false);
  await cueAt(small, at(19, 3));
  await cueAt(small, at(19, 4));
  expect(small.bus.of("calltime.programme.starting")).toHaveLength(1);
  const [ending] = small.bus.of("calltime.programme.ending");
  expect(ending?.data).toMatchObject({ revision: 1, late: true });
  expect(small.bus.of("calltime.programme.ending")).toHaveLength(1);
});

test("a programme that moved is told again, as the next revision", async () => {
  const small = await platform();
  await cueAt(small, at(18, 30));
  await small.air([...EVENING.filter(({ id }) => id !== FINAL.id), { ...FINAL, startsAtMs: at(19, 15), endsAtMs: at(21) }]);
  await cueAt(small, at(18, 45));
  const sent = small.bus.of("calltime.programme.starting").map(({ data }) => [data.revision, data.startsAt.slice(11, 16)]);
  expect(sent).toEqual([
    [1, "19:00"],
    [2, "19:15"],
  ]);
});

test("a programme that is taken out before its start is withdrawn, naming every cue that went out", async () => {
  const small = await platform();
  await cueAt(small, at(17));
  await cueAt(small, at(18, 30));
  const ids = small.bus.of("calltime.programme.starting").map(({ id }) => id);
  await small.air(EVENING.filter(({ id }) => id !== FINAL.id));
  await cueAt(small, at(18, 40));
  await cueAt(small, at(18, 41));
  const withdrawn = small.bus.of("calltime.cue.withdrawn");
  expect(withdrawn).toHaveLength(1);
  expect(withdrawn[0]?.data).toMatchObject({ cue: "starting", code: "programme-removed", revision: 2 });
  expect(withdrawn[0]?.data.sent.map(({ eventId }) => eventId)).toEqual(ids);
  expect(withdrawn[0]?.data.sent.map(({ sentAt }) => msOf(sentAt))).toEqual([at(17), at(18, 30)]);
});

test("an evening without an occasion has no cue", async () => {
  const small = await platform({ expectations: [], programmes: [slot("one", "Old Songs", at(17), at(22))] });
  for (let minute = 0; minute < 30; minute += 1) await cueAt(small, at(17, minute));
  expect(cuesOf(small)).toEqual([]);
});
