import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assessReadiness, CHECKPOINTS, type TargetEvidence } from "../../../shared/core/readiness/verdict.ts";
import { judgeWarmUp, WARM_UP_KINDS, type WarmUpEvidence } from "../../../shared/core/readiness/warm-up.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";

const START = Date.UTC(2025, 11, 31, 17);
const before = (minutes: number): number => START - minutes * MINUTE_MS;

/** An edge that holds all of it, as seen 15 minutes before the start. */
function edge(changes: Partial<WarmUpEvidence> = {}): WarmUpEvidence {
  const seen = { atMs: before(15), shares: { held: 1, refused: 0, unproven: 0 } };
  return { kind: "edge", id: "fra", neededByMs: START, goal: 0.99, seen, why: "", mode: "active", ...changes };
}

const withShares = (held: number, refused: number, unproven: number, atMs = before(15)): WarmUpEvidence =>
  edge({ seen: { atMs, shares: { held, refused, unproven } }, why: "2 content-ttl-short" });

const SERVING: TargetEvidence = {
  targetId: "player-api",
  neededUnits: 10,
  loadKnown: true,
  servingUnits: 10,
  floorUnits: 10,
  neededByMs: START,
  readyByMs: START,
  shortUnits: 0,
  cappedUnits: 0,
  mode: "active",
};

describe("one cache", () => {
  test("is ready when its goal is held, and says since when that is known", () => {
    expect(judgeWarmUp(edge(), before(10))).toEqual({ verdict: "ready", note: "100 % held of 99 % at least, 5 min ago" });
    expect(judgeWarmUp(withShares(0.99, 0.01, 0), before(10)).verdict).toBe("ready");
    expect(judgeWarmUp(withShares(0.989, 0, 0), before(5)).note).toContain("98.9 % held");
  });

  test("is planned until it is warmed for the first time, and unknown when nobody told of it then", () => {
    expect(judgeWarmUp(edge({ seen: undefined }), before(45))).toMatchObject({ verdict: "planned" });
    expect(judgeWarmUp(edge({ seen: undefined }), before(30))).toMatchObject({ verdict: "planned" });
    expect(judgeWarmUp(edge({ seen: undefined }), before(29))).toEqual({ verdict: "unknown", note: "no warm-up has told of it" });
  });

  test("is unknown when it was last looked at long ago, when it could not be looked at, or when it does not say what it holds", () => {
    expect(judgeWarmUp(edge({ seen: { atMs: before(30), shares: { held: 1, refused: 0, unproven: 0 } } }), before(2)).verdict).toBe(
      "unknown",
    );
    expect(judgeWarmUp(edge({ seen: { atMs: before(10), shares: undefined }, why: "timeout" }), before(2))).toEqual({
      verdict: "unknown",
      note: "what it holds could not be found out: timeout",
    });
    expect(judgeWarmUp(withShares(0.5, 0, 0.5), before(2)).verdict).toBe("unknown");
  });

  test("is short when so much of it is refused that no warm-up would do", () => {
    const { verdict, note } = judgeWarmUp(withShares(0.98, 0.02, 0), before(10));
    expect([verdict, note]).toEqual(["short", "98 % held of 99 % at least, 5 min ago; 2 % cannot be: 2 content-ttl-short"]);
  });

  test("warms on time while it is tried again, and is late after that", () => {
    expect(judgeWarmUp(withShares(0.6, 0, 0), before(10)).verdict).toBe("warming-on-time");
    expect(judgeWarmUp(withShares(0.6, 0, 0), before(2)).verdict).toBe("late");
  });

  test("while the switch for all lets nothing be fetched it is unknown, and says why", () => {
    expect(judgeWarmUp(edge({ seen: undefined, mode: "frozen" }), before(10)).note).toBe(
      "the switch for all is frozen: nothing is fetched",
    );
  });
});

describe("an occasion", () => {
  const assess = (warmUps: readonly WarmUpEvidence[], targets = [SERVING]) =>
    assessReadiness({ checkpoint: "T-2", targets, warmUps, now: before(2) });

  test("is no better than the worst of its caches, and a late one pages", () => {
    expect(assess([edge()])).toMatchObject({ verdict: "ready", pages: false });
    expect(assess([edge(), withShares(0.6, 0, 0, before(9))])).toMatchObject({ verdict: "late", pages: true });
    expect(assess([edge({ seen: undefined })])).toMatchObject({ verdict: "unknown", pages: true });
    expect(assess([edge({ seen: undefined, mode: "observe" })])).toMatchObject({ verdict: "unknown", pages: false });
  });

  test("is unknown without a target, whatever is cached", () => {
    expect(assess([edge()], []).verdict).toBe("unknown");
  });

  test("is never ready while one cache is not proved to hold its goal", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const shares = fc.tuple(share, share, share).map(([a, b, c]) => {
      const all = a + b + c + 0.001;
      return { held: a / all, refused: b / all, unproven: c / all };
    });
    const evidence: fc.Arbitrary<WarmUpEvidence> = fc.record({
      kind: fc.constantFrom(...WARM_UP_KINDS),
      id: fc.constant("x"),
      neededByMs: fc.constant(START),
      goal: fc.constantFrom(0.5, 0.95, 0.99),
      seen: fc.option(fc.record({ atMs: fc.integer({ min: 0, max: 60 }).map(before), shares: fc.option(shares, { nil: undefined }) }), {
        nil: undefined,
      }),
      why: fc.constant(""),
      mode: fc.constantFrom("active" as const, "observe" as const, "frozen" as const),
    });
    fc.assert(
      fc.property(fc.array(evidence, { minLength: 1, maxLength: 3 }), fc.constantFrom(...CHECKPOINTS), (warmUps, checkpoint) => {
        const { verdict } = assessReadiness({ checkpoint, targets: [SERVING], warmUps, now: before(2) });
        if (verdict === "ready") expect(warmUps.every(({ seen, goal }) => (seen?.shares?.held ?? 0) >= goal)).toBe(true);
      }),
    );
  });
});
