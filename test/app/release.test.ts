import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readModes, setMode } from "../../shared/app/modes.ts";
import { setOverride } from "../../shared/app/override.ts";
import { releaseAll } from "../../shared/app/release.ts";
import { takeLease } from "../../shared/app/lease.ts";
import { tick } from "../../shared/app/tick.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { isOurs } from "../../shared/core/warm/bookings.ts";
import { at, platform, stored, target, type Platform } from "./made.ts";

const by = { author: "on call", why: "Calltime is taken away" };
const NO = { kind: "refused", code: "AccessDeniedException", reason: "not allowed" } as const;

async function ticks(made: Platform, fromMs: number, toMs: number): Promise<void> {
  for (let atMs = fromMs; atMs <= toMs; atMs += MINUTE_MS) {
    made.goTo(atMs);
    made.control.serve();
    await tick(made.context, atMs);
  }
}

/** Three targets raised to 50 at 17:00, with raises of the final booked. */
async function raised(): Promise<Platform> {
  const made = await platform({ targets: [target("api"), target("player", { baselineUnits: 6 }), target("web")] });
  const asked = { targetIds: ["api", "player", "web"], floorUnits: 50, untilMs: at(18), author: "ops", why: "to see" };
  await setOverride(made.context, asked, at(17));
  await ticks(made, at(17), at(17, 10));
  for (const id of ["api", "player", "web"]) {
    expect(made.control.cloud(id).minimumUnits).toBe(50);
    expect(booked(made, id)).toBeGreaterThan(0);
  }
  return made;
}

function booked({ booking }: Platform, targetId: string): number {
  return (booking.actions.get(targetId) ?? []).filter(({ name }) => isOurs(name)).length;
}

describe("giving the targets back", () => {
  test("each raised target goes to its own minimum, and stays there while the final comes", async () => {
    const made = await raised();
    const all = await releaseAll(made.context, at(17, 11), by);
    expect(all.map(({ targetId, outcome }) => [targetId, outcome])).toEqual([
      ["api", "released"],
      ["player", "released"],
      ["web", "released"],
    ]);
    expect(all).toMatchObject([{ fromUnits: 50, units: 4 }, { units: 6 }, { units: 4 }]);
    await ticks(made, at(17, 12), at(19, 30));
    expect(["api", "player", "web"].map((id) => [made.control.cloud(id).minimumUnits, booked(made, id)])).toEqual([
      [4, 0],
      [6, 0],
      [4, 0],
    ]);
  });

  test("every booking of ours is gone before the minimum comes down, and those of others stay", async () => {
    const made = await raised();
    const theirs = { name: "evening-scale-up", atMs: at(20), recurring: true, minimumUnits: 9 };
    made.booking.actions.set("api", [...(made.booking.actions.get("api") ?? []), theirs]);
    const { setMinimum } = made.control.capacity;
    const stood: number[] = [];
    Object.assign(made.control.capacity, {
      setMinimum: async (targetId: string, units: number) => {
        stood.push(booked(made, targetId));
        return setMinimum(targetId, units);
      },
    });
    await releaseAll(made.context, at(17, 11), by);
    expect(stood).toEqual([0, 0, 0]);
    expect(made.booking.actions.get("api")).toEqual([theirs]);
  });

  test("while a booking cannot be removed or seen, its minimum stays and that is said; the others are released", async () => {
    const made = await raised();
    made.booking.answer("api", NO);
    made.booking.dark.add("web");
    const all = await releaseAll(made.context, at(17, 11), by);
    expect(all).toMatchObject([
      { outcome: "failed", code: "booking-not-removed" },
      { outcome: "released", units: 6 },
      { outcome: "failed", code: "booking-not-removed" },
    ]);
    expect(made.control.cloud("api").minimumUnits).toBe(50);
    made.booking.dark.delete("web");
    const again = await releaseAll(made.context, at(17, 12), by);
    expect(again).toMatchObject([{ outcome: "released", units: 4 }, { outcome: "nothing-of-ours" }, { outcome: "released", units: 4 }]);
  });

  test.each([30, 80])("a minimum of %d that somebody else has set is left, and is theirs from then on", async (units) => {
    const made = await raised();
    made.control.cloud("api").minimumUnits = units;
    const calls = made.control.calls.length;
    await releaseAll(made.context, at(17, 11), by);
    expect(made.control.cloud("api").minimumUnits).toBe(units);
    expect(made.control.calls.slice(calls).map(({ targetId }) => targetId)).toEqual(["player", "web"]);
    // It may come to be just what was ours, and is still not.
    made.control.cloud("api").minimumUnits = 50;
    expect((await releaseAll(made.context, at(17, 12), by))[0]).toMatchObject({ outcome: "nothing-of-ours" });
    expect(made.control.cloud("api").minimumUnits).toBe(50);
  });

  test("it never goes below what an action of the owner's has set", async () => {
    const made = await raised();
    const theirs = { name: "evening", atMs: at(17, 11), recurring: false, minimumUnits: 50 };
    made.booking.actions.set("api", [...(made.booking.actions.get("api") ?? []), theirs]);
    await ticks(made, at(17, 11) - MINUTE_MS / 2, at(17, 11) - MINUTE_MS / 2);
    await releaseAll(made.context, at(17, 11), by);
    expect(made.control.cloud("api").minimumUnits).toBe(50);
    expect(made.control.cloud("web").minimumUnits).toBe(4);
  });

  test("a minimum that a booking has set while nobody looked is ours", async () => {
    const made = await raised();
    const [first] = (made.booking.actions.get("api") ?? []).filter(({ name }) => isOurs(name));
    if (first?.minimumUnits === undefined) throw new Error("nothing is booked");
    made.control.cloud("api").minimumUnits = first.minimumUnits;
    const [api] = await releaseAll(made.context, first.atMs, by);
    expect(api).toMatchObject({ outcome: "released", fromUnits: first.minimumUnits, units: 4 });
    expect(made.control.cloud("api").minimumUnits).toBe(4);
  });

  test("one that refuses, is dark or is being written is told by its code and keeps no other; the next time it is released", async () => {
    const made = await raised();
    made.control.answer("api", NO);
    made.control.dark.add("player");
    await takeLease(made.context, "web", at(17, 11));
    expect(await releaseAll(made.context, at(17, 11), by)).toMatchObject([
      { outcome: "failed", code: "AccessDeniedException" },
      { outcome: "failed", code: "not-described" },
      { outcome: "failed", code: "another-writer" },
    ]);
    made.control.dark.clear();
    const again = await releaseAll(made.context, at(17, 12), by);
    expect(again).toMatchObject([
      { outcome: "released", units: 4 },
      { outcome: "released", units: 6 },
      { outcome: "released", units: 4 },
    ]);
  });

  test("the second time writes nothing at all", async () => {
    const made = await raised();
    await releaseAll(made.context, at(17, 11), by);
    const before = await stored(made);
    const calls = [made.control.calls.length, made.booking.calls.length, made.bus.events.length];
    const again = await releaseAll(made.context, at(17, 12), by);
    expect(new Set(again.map(({ outcome }) => outcome))).toEqual(new Set(["nothing-of-ours"]));
    expect([made.control.calls.length, made.booking.calls.length, made.bus.events.length]).toEqual(calls);
    const leases = Object.fromEntries(Object.entries(await stored(made)).filter(([key]) => key.startsWith("lease/")));
    expect(await stored(made)).toEqual({ ...before, ...leases });
  });

  test("all observe from then on; where all are frozen they stay so; a reason is needed before anything is done", async () => {
    const made = await raised();
    await expect(releaseAll(made.context, at(17, 11), { ...by, why: " " })).rejects.toMatchObject({ code: "mode-why-blank" });
    expect(made.control.cloud("api").minimumUnits).toBe(50);
    await releaseAll(made.context, at(17, 11), by);
    expect((await readModes(made.context)).all).toMatchObject({ mode: "observe", author: "on call", why: by.why });
    await setMode(made.context, { mode: "frozen", author: "ops", why: "moving" }, at(17, 12));
    await releaseAll(made.context, at(17, 13), by);
    expect((await readModes(made.context)).all).toMatchObject({ mode: "frozen" });
  });

  test("answers that are lost, dropped or refused on the way change nothing about where it ends", async () => {
    const answers = fc.array(fc.constantFrom("lost" as const, "dropped" as const, NO), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(answers, answers, async (minimums, bookings) => {
        const made = await raised();
        made.control.answer("api", ...minimums);
        made.booking.answer("api", ...bookings);
        for (let minute = 11; minute < 18; minute += 1) await releaseAll(made.context, at(17, minute), by);
        expect([made.control.cloud("api").minimumUnits, booked(made, "api")]).toEqual([4, 0]);
      }),
      { numRuns: 15 },
    );
  });
});
