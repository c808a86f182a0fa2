import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setOverride } from "../../shared/app/override.ts";
import { tick } from "../../shared/app/tick.ts";
import { MODES_KEY } from "../../shared/app/modes.ts";
import { isOurs } from "../../shared/core/warm/bookings.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, target, type Platform } from "./made.ts";

async function ticks(made: Platform, fromMs: number, toMs: number): Promise<void> {
  for (let atMs = fromMs; atMs <= toMs; atMs += MINUTE_MS) await tickAt(made, atMs);
}

async function tickAt(made: Platform, atMs: number): Promise<void> {
  fire(made, atMs - 1);
  made.goTo(atMs);
  made.control.serve();
  await tick(made.context, atMs).catch(() => undefined);
}

/** Lets the scheduled actions happen that are due by `atMs`: each sets the minimum. What they lowered comes back. */
function fire({ booking, control }: Platform, atMs: number): readonly string[] {
  const lowered: string[] = [];
  for (const [targetId, actions] of booking.actions) {
    const cloud = control.cloud(targetId);
    const due = actions.filter((action) => action.atMs <= atMs).sort((a, b) => a.atMs - b.atMs);
    for (const { name, minimumUnits = 0 } of due) {
      if (minimumUnits < cloud.minimumUnits) lowered.push(`${name} from ${cloud.minimumUnits} to ${minimumUnits}`);
      cloud.minimumUnits = minimumUnits;
      cloud.desiredUnits = Math.max(cloud.desiredUnits, minimumUnits);
    }
    booking.actions.set(
      targetId,
      actions.filter((action) => action.atMs > atMs),
    );
  }
  return lowered;
}

const booked = ({ booking }: Platform) => (booking.actions.get("api") ?? []).filter(({ name }) => isOurs(name));

async function setMode({ documents }: Platform, mode: "active" | "frozen" | "observe"): Promise<void> {
  const before = await documents.read(MODES_KEY);
  const modes = { all: { mode, author: "test", why: "to see", atMs: 0 }, targets: {}, changes: 1 };
  await documents.write(MODES_KEY, modes, before?.version ?? 0);
}

describe("bookings", () => {
  test("the raises to come are booked, each with the minimum alone, and stand in for Calltime while it is down", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 30));
    const largest = Math.max(...booked(made).map(({ minimumUnits = 0 }) => minimumUnits));
    expect(largest).toBeGreaterThan(20);
    expect(booked(made).every(({ maximumUnits, recurring }) => maximumUnits === undefined && !recurring)).toBe(true);
    expect(fire(made, at(19, 30))).toEqual([]);
    expect(made.control.cloud("api").minimumUnits).toBe(largest);
  });

  test("a minimum that a booking set is ours: after Calltime is back it comes down like any other, and the customer's own is remembered", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 30));
    fire(made, at(19, 5));
    expect(made.control.cloud("api").minimumUnits).toBeGreaterThan(20);
    await ticks(made, at(19, 5), at(24));
    expect(made.control.cloud("api").minimumUnits).toBeLessThan(15);
    expect((await made.documents.read("floor/api"))?.value).toMatchObject({ customerUnits: 4 });
  });

  test("what is booked already is not booked again", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 5));
    const before = made.booking.calls.length;
    await ticks(made, at(17, 6), at(17, 20));
    // A fresh forecast may move one of them further than is let pass; fifteen ticks that booked anew would be dozens of calls.
    expect(made.booking.calls.slice(before).length).toBeLessThan(3);
  });

  test("an override now takes away what would lower it later, before it is set", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const asked = { targetIds: ["api"], floorUnits: 200, untilMs: at(23), author: "ops", why: "big night" };
    await setOverride(made.context, asked, at(17, 11));
    await tickAt(made, at(17, 11));
    expect(made.control.cloud("api").minimumUnits).toBe(200);
    expect(booked(made).filter(({ minimumUnits = 0 }) => minimumUnits < 200)).toEqual([]);
  });

  test("a booking that cannot be taken away holds the raise up for two ticks, and no longer", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const asked = { targetIds: ["api"], floorUnits: 200, untilMs: at(23), author: "ops", why: "big night" };
    await setOverride(made.context, asked, at(17, 11));
    const before = made.control.cloud("api").minimumUnits;
    const no = { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" } as const;
    made.booking.answer("api", ...Array.from({ length: 40 }, () => no));
    await tickAt(made, at(17, 11));
    expect(made.control.cloud("api").minimumUnits).toBe(before);
    expect(made.bus.of("calltime.warm-up.failed").at(-1)?.data).toMatchObject({ code: "booking-in-the-way" });
    await ticks(made, at(17, 12), at(17, 13));
    expect(made.control.cloud("api").minimumUnits).toBe(200);
  });

  test("a raise that was refused for long still waits for a booking below it that fires within the minute", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const name = `calltime-${at(17, 18) / MINUTE_MS}`;
    await made.booking.bookings.put("api", { name, atMs: at(17, 18), minimumUnits: 150 });
    await setOverride(made.context, { targetIds: ["api"], floorUnits: 200, untilMs: at(23), author: "ops", why: "big night" }, at(17, 11));
    const no = { kind: "refused", code: "AccessDeniedException", reason: "not authorised" } as const;
    Object.assign(made.booking.bookings, { put: async () => no, remove: async () => no });
    made.control.answer("api", ...Array.from({ length: 5 }, () => no));
    await ticks(made, at(17, 11), at(17, 17));
    // It is let in at the minute in which the booking fires, and would have been lowered from 200 to 150 by it.
    made.control.cloud("api").minimumUnits = 20;
    made.control.answer("api");
    await tickAt(made, at(17, 18));
    expect(made.control.cloud("api").minimumUnits).toBe(20);
    expect(fire(made, at(17, 19) - 1)).toEqual([]);
    expect(made.control.cloud("api").minimumUnits).toBe(150);
  });

  test("a booking that cannot be taken away is lifted instead, and holds nothing up", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const asked = { targetIds: ["api"], floorUnits: 200, untilMs: at(23), author: "ops", why: "big night" };
    await setOverride(made.context, asked, at(17, 11));
    expect(booked(made).length).toBeGreaterThan(1);
    Object.assign(made.booking.bookings, {
      remove: async () => ({ kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" }),
    });
    await tickAt(made, at(17, 11));
    expect(made.control.cloud("api").minimumUnits).toBe(200);
    expect(booked(made).filter(({ minimumUnits = 0 }) => minimumUnits < 200)).toEqual([]);
  });

  test("lifting goes from the latest to the earliest, so that wherever it stops what is booked does not go down", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const before = booked(made).map(({ minimumUnits = 0 }) => minimumUnits);
    await setOverride(made.context, { targetIds: ["api"], floorUnits: 200, untilMs: at(23), author: "ops", why: "big night" }, at(17, 11));
    const no = { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" } as const;
    Object.assign(made.booking.bookings, { remove: async () => no });
    made.booking.answer("api", { kind: "accepted" }, ...Array.from({ length: 40 }, () => no));
    await tickAt(made, at(17, 11));
    expect(booked(made).map(({ minimumUnits }) => minimumUnits)).toEqual([...before.slice(0, -1), 200]);
    expect(made.control.cloud("api").minimumUnits).toBeLessThan(200);
  });

  test("a lifted booking that fires while Calltime is down has set a minimum of ours: it comes down again", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const asked = { targetIds: ["api"], id: "big", floorUnits: 200, untilMs: at(18), author: "ops", why: "big night" };
    await setOverride(made.context, asked, at(17, 11));
    const no = { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" } as const;
    const { remove } = made.booking.bookings;
    Object.assign(made.booking.bookings, { remove: async () => no });
    made.booking.answer("api", { kind: "accepted" }, ...Array.from({ length: 40 }, () => no));
    await tickAt(made, at(17, 11));
    const last = booked(made).at(-1);
    expect(last?.minimumUnits).toBe(200);
    // Nothing more is heard of Calltime until everything has fired, and nobody asks for so much any more.
    made.booking.answer("api");
    Object.assign(made.booking.bookings, { remove });
    await ticks(made, (last?.atMs ?? 0) + MINUTE_MS, (last?.atMs ?? 0) + MINUTE_MS);
    expect(made.control.cloud("api").minimumUnits).toBe(200);
    await ticks(made, at(22), at(25));
    // 300 requests a second at 70 a unit.
    expect(made.control.cloud("api").minimumUnits).toBe(5);
  });

  test("a raise waits for a booking below it that fires before the next tick, longer than for others, and not for ever", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    const [first] = booked(made);
    const firesAtMs = first?.atMs ?? Number.NaN;
    const no = { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" } as const;
    await ticks(made, at(17, 10), firesAtMs - 2 * MINUTE_MS);
    await setOverride(
      made.context,
      { targetIds: ["api"], floorUnits: 200, untilMs: at(23), author: "ops", why: "big night" },
      firesAtMs - 2 * MINUTE_MS,
    );
    Object.assign(made.booking.bookings, { remove: async () => no, put: async () => no });
    await ticks(made, firesAtMs - 2 * MINUTE_MS, firesAtMs + MINUTE_MS);
    expect(made.control.cloud("api").minimumUnits).toBeLessThan(200);
    await ticks(made, firesAtMs + 2 * MINUTE_MS, firesAtMs + 3 * MINUTE_MS);
    expect(made.control.cloud("api").minimumUnits).toBe(200);
  });

  test.each(["frozen", "observe"] as const)(
    "going %s takes ours away first, leaves the customer's, and then writes nothing",
    async (mode) => {
      const made = await platform();
      const theirs = { name: "evening-scale-up", atMs: at(20), recurring: true, minimumUnits: 9 };
      made.booking.actions.set("api", [theirs]);
      await ticks(made, at(17), at(17, 10));
      expect(booked(made).length).toBeGreaterThan(0);
      await setMode(made, mode);
      const calls = made.control.calls.length;
      await ticks(made, at(17, 11), at(19, 30));
      expect(made.booking.actions.get("api")).toEqual([theirs]);
      expect(made.control.calls.length).toBe(calls);
    },
  );

  test("one that could not be removed while freezing is said, and tried again", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    await setMode(made, "frozen");
    made.booking.answer("api", { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" });
    await tickAt(made, at(17, 11));
    expect(made.bus.of("calltime.warm-up.failed").at(-1)?.data).toMatchObject({ code: "booking-not-removed" });
    await tickAt(made, at(17, 12));
    expect(booked(made)).toEqual([]);
  });

  test("one that nobody can see while freezing is not taken for gone: that is said, and it goes as soon as it is seen", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 10));
    await setMode(made, "frozen");
    made.booking.dark.add("api");
    await tickAt(made, at(17, 11));
    expect(made.bus.of("calltime.warm-up.failed").at(-1)?.data).toMatchObject({ code: "booking-not-removed" });
    made.booking.dark.delete("api");
    await tickAt(made, at(17, 12));
    expect(booked(made)).toEqual([]);
    const said = made.bus.of("calltime.warm-up.failed").length;
    // With none of ours left to come, not seeing them hides nothing.
    made.booking.dark.add("api");
    await tickAt(made, at(17, 13));
    expect(made.bus.of("calltime.warm-up.failed").length).toBe(said);
  });

  test("a target that can have none is warmed all the same", async () => {
    const made = await platform();
    made.booking.unsupported.add("api");
    await ticks(made, at(18, 30), at(19));
    expect(made.control.cloud("api").minimumUnits).toBeGreaterThan(20);
    expect(made.booking.calls).toEqual([]);
  });
});

/** What happens between two ticks of a random evening. */
const anyMoment = fc.record({
  minutes: fc.integer({ min: 1, max: 12 }),
  what: fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: "nothing" } as const) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("override" as const),
        units: fc.integer({ min: 5, max: 300 }),
        for: fc.integer({ min: 5, max: 120 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "freeze" } as const) },
    { weight: 1, arbitrary: fc.constant({ kind: "activate" } as const) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("overrun" as const), viewers: fc.integer({ min: 0, max: 300_000 }) }) },
  ),
});

describe("static stability", () => {
  test(
    "stopped at 50 random instants, with overrides, overruns and freezes: no scheduled action ever lowers a minimum, and after the restart all is repaired",
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyMoment, { minLength: 4, maxLength: 14 }),
          fc.integer({ min: 1, max: 150 }),
          async (moments, downMinutes) => {
            const made = await platform({ targets: [target("api", { ceilingUnits: 400 })] });
            let now = at(17);
            const lowered: string[] = [];
            for (const { minutes, what } of moments) {
              if (what.kind === "override") {
                const asked = {
                  targetIds: ["api"],
                  floorUnits: what.units,
                  untilMs: now + what.for * MINUTE_MS,
                  author: "ops",
                  why: "to see",
                };
                await setOverride(made.context, asked, now).catch(() => undefined);
              } else if (what.kind === "freeze") await setMode(made, "frozen");
              else if (what.kind === "activate") await setMode(made, "active");
              else if (what.kind === "overrun") made.measured.world.loadRps = () => 300 + what.viewers * 0.03;
              for (let minute = 0; minute < minutes; minute += 1) {
                lowered.push(...fire(made, now - 1));
                await tickAt(made, now);
                now += MINUTE_MS;
              }
            }
            // Down: the world runs on, and only scheduled actions happen.
            for (let minute = 0; minute < downMinutes; minute += 1) {
              lowered.push(...fire(made, now - 1));
              now += MINUTE_MS;
            }
            expect(lowered).toEqual([]);
            await setMode(made, "active");
            await ticks(made, now, now + 3 * MINUTE_MS);
            const wanted = made.journal.at(-1)?.tick.wantedUnits ?? 0;
            expect(made.control.cloud("api").minimumUnits).toBeGreaterThanOrEqual(wanted);
            const minimum = made.control.cloud("api").minimumUnits;
            expect(booked(made).every(({ minimumUnits = 0 }) => minimumUnits >= minimum)).toBe(true);
          },
        ),
        { seed: 1, numRuns: 50 },
      );
    },
  );
});
