import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TARGET_MODES } from "../../../shared/core/target.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { decideFloor, releaseUnderWay, type FloorDecision, type FloorMemory } from "../../../shared/core/warm/floor.ts";
import { minute, needs, planned, target, times } from "../plan/made.ts";

const NOW = minute(0);
const HOLDING: FloorMemory = { intendedUnits: 40, customerUnits: 4 };

function decide(changes: Partial<Parameters<typeof decideFloor>[0]> = {}): FloorDecision {
  const minimumUnits = changes.minimumUnits ?? 40;
  return decideFloor({ target: target(), wantedUnits: 40, minimumUnits, desiredUnits: minimumUnits, floor: HOLDING, now: NOW, ...changes });
}

/** `HOLDING` after a tick so many minutes ago had computed a lower floor. */
function lowering(units: number, minutesAgo: number): FloorMemory {
  return { ...HOLDING, lower: { units, atMs: NOW - minutesAgo * MINUTE_MS } };
}

describe("raising", () => {
  test("a raise goes out at once, and remembers what the customer had", () => {
    expect(decide({ floor: undefined, minimumUnits: 6, wantedUnits: 40 })).toEqual({
      kind: "set",
      units: 40,
      customerUnits: 6,
      why: "raise",
    });
    expect(decide({ wantedUnits: 60 })).toEqual({ kind: "set", units: 60, customerUnits: 4, why: "raise" });
  });

  test("a minimum that is right is left alone", () => {
    expect(decide()).toEqual({ kind: "leave", why: "right" });
  });

  test("a deployment that reset the count below a right minimum is repaired", () => {
    expect(decide({ desiredUnits: 12 })).toMatchObject({ kind: "set", units: 40, why: "repair" });
    expect(decide({ desiredUnits: 55 })).toEqual({ kind: "leave", why: "right" });
  });
});

describe("releasing", () => {
  test("a lower floor waits for the next tick to agree", () => {
    expect(decide({ wantedUnits: 30 })).toEqual({ kind: "wait", units: 30 });
    expect(decide({ wantedUnits: 30, floor: lowering(30, 1) })).toMatchObject({ kind: "set", units: 30, why: "release" });
  });

  test("of two ticks that agree on a release the higher floor is taken", () => {
    expect(decide({ wantedUnits: 20, floor: lowering(30, 1) })).toMatchObject({ units: 30 });
    expect(decide({ wantedUnits: 35, floor: lowering(30, 1) })).toMatchObject({ units: 35 });
  });

  test("after a gap the count starts over, and a second run in the same minute does not count", () => {
    expect(decide({ wantedUnits: 30, floor: lowering(30, 2) })).toEqual({ kind: "wait", units: 30 });
    expect(decide({ wantedUnits: 30, floor: lowering(30, 0) })).toEqual({ kind: "wait", units: 30 });
    const late = { ...HOLDING, lower: { units: 30, atMs: NOW + 5_000 } };
    expect(decide({ wantedUnits: 30, floor: late, now: NOW + 40_000 })).toEqual({ kind: "wait", units: 30 });
  });

  test("ticks that come some seconds into their minutes are consecutive all the same", () => {
    const floor = { ...HOLDING, lower: { units: 30, atMs: NOW - MINUTE_MS + 12_345 } };
    expect(releaseUnderWay(floor, NOW)).toBe(true);
    expect(releaseUnderWay(floor, NOW + 59_999)).toBe(true);
    expect(releaseUnderWay(floor, NOW + MINUTE_MS)).toBe(false);
    expect(releaseUnderWay(HOLDING, NOW)).toBe(false);
  });

  test("down to the baseline means exactly what the customer had, be it more or less than we were told", () => {
    for (const customerUnits of [2, 4, 6]) {
      const floor = { ...lowering(4, 1), customerUnits };
      const decision = decide({ wantedUnits: 4, floor: { ...floor, lower: { units: customerUnits, atMs: NOW - MINUTE_MS } } });
      expect(decision).toEqual({ kind: "set", units: customerUnits, customerUnits, why: "release" });
    }
  });

  test("a plan for less than the customer has leaves the customer's minimum", () => {
    expect(decide({ floor: undefined, minimumUnits: 10, wantedUnits: 8 })).toEqual({ kind: "leave", why: "right" });
  });

  test("from plan to write a floor comes down a quarter every five minutes, each time a tick after it was first computed", () => {
    let floor: FloorMemory = HOLDING;
    let minimumUnits = 40;
    const writes: (readonly [number, number])[] = [];
    for (let n = 0; n <= 60; n += 1) {
      // Ticks come some seconds into their minute.
      const now = minute(n) + 7_000;
      const plan = planned({
        now: minute(n),
        untilMs: minute(n + 60),
        needs: needs(times(60, 4), n),
        floorInForce: floor.intendedUnits,
        releaseUnderWay: releaseUnderWay(floor, minute(n)),
      });
      const wantedUnits = plan.steps[0]?.floorUnits;
      const decision = decideFloor({ target: target(), wantedUnits, minimumUnits, desiredUnits: minimumUnits, floor, now });
      if (decision.kind === "wait") floor = { ...floor, lower: { units: decision.units, atMs: now } };
      if (decision.kind === "set") {
        floor = { intendedUnits: decision.units, customerUnits: decision.customerUnits };
        minimumUnits = decision.units;
        writes.push([n, decision.units]);
      }
    }
    expect(writes).toEqual([
      [1, 30],
      [6, 23],
      [11, 18],
      [16, 14],
      [21, 11],
      [26, 9],
      [31, 7],
      [36, 6],
      [41, 5],
      [46, 4],
    ]);
  });
});

describe("changes from outside", () => {
  test("a minimum above ours is left, one below is put back at once", () => {
    expect(decide({ minimumUnits: 60 })).toEqual({ kind: "leave", why: "outside-above" });
    expect(decide({ minimumUnits: 10 })).toEqual({ kind: "set", units: 40, customerUnits: 4, why: "repair" });
  });

  test("more than somebody else's larger minimum is still asked for", () => {
    expect(decide({ minimumUnits: 60, wantedUnits: 80 })).toMatchObject({ kind: "set", units: 80, why: "raise" });
    expect(decide({ minimumUnits: 60, wantedUnits: 50 })).toEqual({ kind: "leave", why: "outside-above" });
  });

  test("a minimum put below ours during a release is put back first: one tick alone lowers nothing", () => {
    expect(decide({ minimumUnits: 10, wantedUnits: 30 })).toMatchObject({ kind: "set", units: 40, why: "repair" });
    expect(decide({ minimumUnits: 10, wantedUnits: 30, floor: lowering(30, 1) })).toMatchObject({ kind: "set", units: 30 });
  });

  test("under somebody else's larger minimum ours is let go in memory, and nothing is written", () => {
    expect(decide({ minimumUnits: 60, wantedUnits: 4 })).toEqual({ kind: "wait", units: 4 });
    expect(decide({ minimumUnits: 60, wantedUnits: 4, floor: lowering(4, 1) })).toEqual({ kind: "let-go", units: 4, customerUnits: 4 });
  });

  test("what the customer sets while we hold nothing is the customer's own, and is what is restored", () => {
    const idle: FloorMemory = { intendedUnits: 4, customerUnits: 4 };
    expect(decide({ floor: idle, minimumUnits: 9, wantedUnits: 4 })).toEqual({ kind: "leave", why: "right" });
    expect(decide({ floor: idle, minimumUnits: 2, wantedUnits: 4 })).toEqual({ kind: "leave", why: "right" });
    expect(decide({ floor: idle, minimumUnits: 9, wantedUnits: 40 })).toEqual({ kind: "set", units: 40, customerUnits: 9, why: "raise" });
  });

  test("a release that was never made is made again, not taken for the customer's wish", () => {
    const unsettled: FloorMemory = { intendedUnits: 4, customerUnits: 4, unsettledUnits: 40 };
    expect(decide({ floor: unsettled, wantedUnits: 4 })).toEqual({ kind: "wait", units: 4 });
    const agreed = { ...unsettled, lower: { units: 4, atMs: NOW - MINUTE_MS } };
    expect(decide({ floor: agreed, wantedUnits: 4 })).toEqual({ kind: "set", units: 4, customerUnits: 4, why: "release" });
  });

  test("a raise that took effect without an answer is known as ours", () => {
    expect(decide({ floor: { ...HOLDING, unsettledUnits: 4 } })).toEqual({ kind: "leave", why: "right" });
    expect(decide({ floor: { ...HOLDING, unsettledUnits: 4 }, minimumUnits: 4 })).toMatchObject({ kind: "set", units: 40, why: "raise" });
  });
});

describe("writing nothing", () => {
  test.each(["observe", "frozen"] as const)("a target in %s is never written to", (mode) => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.nat(100), (wantedUnits, minimumUnits, desiredUnits) => {
        const decision = decide({ target: target({ mode }), wantedUnits, minimumUnits, desiredUnits });
        expect(decision).toEqual({ kind: "leave", why: "not-active" });
      }),
      { seed: 1 },
    );
    expect(TARGET_MODES).toContain(mode);
  });

  test("without a plan nothing is written, and a target that cannot be described stays unknown", () => {
    expect(decide({ wantedUnits: undefined })).toEqual({ kind: "leave", why: "nothing-wanted" });
    const undescribed = { target: target(), wantedUnits: 60, floor: HOLDING, now: NOW };
    expect(decideFloor({ ...undescribed, minimumUnits: undefined, desiredUnits: 4 })).toMatchObject({ kind: "unknown" });
  });

  test("where nobody says how many are asked for, the minimum alone decides", () => {
    const asked = { target: target(), wantedUnits: 60, floor: HOLDING, now: NOW, desiredUnits: undefined };
    expect(decideFloor({ ...asked, minimumUnits: 60 })).toEqual({ kind: "leave", why: "right" });
    expect(decideFloor({ ...asked, minimumUnits: 4 })).toMatchObject({ kind: "set", units: 60 });
  });
});

const anyMemory: fc.Arbitrary<FloorMemory | undefined> = fc.option(
  fc
    .record({
      intendedUnits: fc.integer({ min: 0, max: 100 }),
      customerUnits: fc.integer({ min: 0, max: 20 }),
      unsettledUnits: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      lower: fc.option(fc.record({ units: fc.integer({ min: 0, max: 100 }), ago: fc.nat(3) }), { nil: undefined }),
    })
    .map(({ intendedUnits, customerUnits, unsettledUnits, lower }) => ({
      intendedUnits: Math.max(intendedUnits, customerUnits),
      customerUnits,
      ...(unsettledUnits !== undefined && { unsettledUnits }),
      ...(lower !== undefined && { lower: { units: lower.units, atMs: NOW - lower.ago * MINUTE_MS } }),
    })),
  { nil: undefined },
);

test("a write lowers a minimum only when it is ours and two ticks in a row agreed, and never below what both wanted", () => {
  fc.assert(
    fc.property(anyMemory, fc.nat(100), fc.nat(100), fc.nat(120), (floor, wantedUnits, minimumUnits, desiredUnits) => {
      const decision = decide({ floor, wantedUnits, minimumUnits, desiredUnits });
      if (decision.kind !== "set" || decision.units >= minimumUnits) return;
      expect(releaseUnderWay(floor, NOW)).toBe(true);
      expect(minimumUnits).toBeLessThanOrEqual(Math.max(floor?.intendedUnits ?? 0, floor?.unsettledUnits ?? 0));
      expect(decision.units).toBeGreaterThanOrEqual(Math.min(wantedUnits, decision.customerUnits));
      expect(decision.units).toBeGreaterThanOrEqual(Math.min(minimumUnits - 1, floor?.lower?.units ?? 0));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test("a floor that is wanted and above the customer's own minimum is there, or is set, in the same tick", () => {
  fc.assert(
    fc.property(anyMemory, fc.integer({ min: 5, max: 100 }), fc.nat(100), (floor, wantedUnits, minimumUnits) => {
      const decision = decide({ floor, wantedUnits, minimumUnits });
      if (decision.kind === "set" && decision.why === "raise") expect(decision.units).toBeGreaterThanOrEqual(wantedUnits);
      if (decision.kind === "set") return;
      const customerUnits = floor === undefined || floor.intendedUnits === floor.customerUnits ? minimumUnits : floor.customerUnits;
      expect(minimumUnits >= wantedUnits || wantedUnits <= customerUnits).toBe(true);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
