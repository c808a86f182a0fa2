import { expect, test } from "vitest";
import { ingest } from "../../shared/app/ingest.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { decidedAt, eventsOf, feedOf, LINES, runTo, serviceAt, smallEvening } from "../local/small-evening.ts";
import { at } from "./made.ts";

test("the floor stands before the programme, is held through an overrun of 45 minutes, and is released after it", async () => {
  const evening = await smallEvening({ endsLateMinutes: 45 });
  const customers = (await serviceAtStart(evening)).minimumUnits;
  await runTo(evening, at(23, 30));
  const start = await serviceAt(evening, at(19));
  const needed = Math.ceil((100_000 * 0.02) / 100);
  expect(start.servingUnits).toBeGreaterThanOrEqual(needed);
  for (let atMs = at(19); atMs < at(20, 45); atMs += MINUTE_MS) {
    const { loadRps, servingUnits, minimumUnits } = await serviceAt(evening, atMs);
    expect({ atMs, short: loadRps > servingUnits * 100 }).toEqual({ atMs, short: false });
    // Not the customer's own scaling alone carries it: the floor does.
    if (atMs >= at(19, 10)) expect(minimumUnits * 100).toBeGreaterThanOrEqual(0.8 * loadRps);
  }
  expect((await decidedAt(evening, at(20, 40))).floorUnits).toBeGreaterThanOrEqual(needed);
  const after = await serviceAt(evening, at(23, 29));
  expect(after.minimumUnits).toBeLessThan(needed / 2);
  expect(after.minimumUnits).toBeGreaterThanOrEqual(customers);
  const ended = (await eventsOf(evening)).flatMap((event) =>
    event.type === "calltime.programme.ending" && event.data.timing.kind === "actual" ? [event.data.timing.actualAt] : [],
  );
  expect(ended).toEqual([expect.stringMatching(/^2026-06-13T20:4[3-9]/)]);
});

async function serviceAtStart(evening: Awaited<ReturnType<typeof smallEvening>>) {
  const [state] = await evening.context.ports.capacity.describe(["api"]);
  if (state?.kind !== "known") throw new RangeError("api is not there");
  return state;
}

test("a guide that cancels the programme while it is on air takes no capacity from it", async () => {
  const calm = await smallEvening();
  const cancelled = await smallEvening();
  await runTo(calm, at(19, 15));
  await runTo(cancelled, at(19, 15));
  const without = LINES.filter((text) => !text.includes("Cup Final"));
  await cancelled.database.transaction(() =>
    ingest(cancelled.context, { feedId: "guide", read: () => inChunks(feedOf(without)) }, cancelled.nowMs()),
  );
  await runTo(calm, at(20, 30));
  await runTo(cancelled, at(20, 30));
  const changed = (await eventsOf(cancelled)).filter(({ type }) => type === "calltime.schedule.changed");
  expect(changed.at(-1)?.data).toMatchObject({ counts: { cancelled: 1 } });
  for (let atMs = at(19, 15); atMs < at(20, 30); atMs += MINUTE_MS) {
    expect((await decidedAt(cancelled, atMs)).floorUnits).toBe((await decidedAt(calm, atMs)).floorUnits);
  }
  const withdrawn = (await eventsOf(cancelled)).filter(({ type }) => type === "calltime.cue.withdrawn");
  expect(withdrawn).toEqual([]);
});

test("a guide that cancels the programme before it starts releases what was raised for it", async () => {
  const evening = await smallEvening();
  await runTo(evening, at(18, 50));
  const without = LINES.filter((text) => !text.includes("Cup Final"));
  await evening.database.transaction(() =>
    ingest(evening.context, { feedId: "guide", read: () => inChunks(feedOf(without)) }, evening.nowMs()),
  );
  await runTo(evening, at(18, 52));
  const withdrawn = (await eventsOf(evening)).flatMap((event) => (event.type === "calltime.cue.withdrawn" ? [event.data.code] : []));
  expect(withdrawn).toContain("programme-removed");
});

test("a control plane that refuses is asked every minute, and the floor stands as soon as it gives way", async () => {
  const refusals = [{ targetId: "api", fromMs: at(18, 40), toMs: at(19, 5), kind: "refused" as const, code: "AccessDenied" }];
  const evening = await smallEvening({ world: { refusals } });
  await runTo(evening, at(19, 10));
  const failed = (await eventsOf(evening)).filter((event) => event.type === "calltime.warm-up.failed");
  expect(failed.length).toBeGreaterThan(5);
  expect(failed.map(({ data }) => data.attempt)).toEqual(failed.map((_, index) => index + 1));
  expect((await decidedAt(evening, Date.parse(failed.at(-1)?.at ?? ""))).refused).toBe(true);
  // Before the programme began its largest raise was in force all the same: it had been booked.
  const booked = await serviceAt(evening, at(19));
  expect(booked.minimumUnits).toBeGreaterThanOrEqual(20);
  const given = await decidedAt(evening, at(19, 5));
  expect(given.refused).toBe(false);
  expect(given.floorUnits).toBeGreaterThanOrEqual(given.wantedUnits);
  expect((await serviceAt(evening, at(19, 6))).minimumUnits).toBeGreaterThanOrEqual(20);
});
