import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CAUSES,
  meanRelativeError,
  scoreTarget,
  type Blame,
  type Cause,
  type ScoredMinute,
  type TickEvidence,
} from "../../shared/core/score.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

const NOW = Date.UTC(2025, 11, 31, 23);

const TICK: TickEvidence = { mode: "active", floorUnits: 10, wantedUnits: 10, limit: undefined, refused: false };

/** A calm minute: 500 requests a second on ten units of 100. */
function minute(n: number, changes: Partial<ScoredMinute> = {}): ScoredMinute {
  return { atMs: NOW + n * MINUTE_MS, loadRps: 500, unservedRps: 0, servingUnits: 10, billedUnits: 10, tick: TICK, ...changes };
}

function score(minutes: readonly ScoredMinute[], blames: readonly Blame[] = []) {
  return scoreTarget({ minutes, blames, throughputRps: 100, baselineUnits: 4, ceilingUnits: 20, leadMs: 3 * MINUTE_MS });
}

const SHORT = { loadRps: 1_200, unservedRps: 200 };

/** The cause of the last minute, which is the only short one. */
function causeOf(before: readonly Partial<ScoredMinute>[], last: Partial<ScoredMinute> = {}, blames: readonly Blame[] = []): Cause {
  const minutes = [...before.map((changes, n) => minute(n, changes)), minute(before.length, { ...SHORT, ...last })];
  const found = CAUSES.filter((cause) => score(minutes, blames).causes[cause].minutes > 0);
  expect(found).toHaveLength(1);
  return found[0] ?? "tail";
}

const tick = (changes: Partial<TickEvidence>) => ({ tick: { ...TICK, ...changes } });
const blame = (cause: Blame["cause"], fromMinute: number, toMinute: number): Blame => ({
  cause,
  name: "the cup final",
  fromMs: NOW + fromMinute * MINUTE_MS,
  toMs: NOW + toMinute * MINUTE_MS,
});

describe("why a minute was short", () => {
  test("a load that only exceeded the forecast's stated quantile is the tail's", () => {
    expect(causeOf([{}, {}])).toBe("tail");
  });

  test("an observed or frozen target was held", () => {
    expect(causeOf([], tick({ mode: "observe" }))).toBe("held");
    expect(causeOf([], tick({ mode: "frozen" }))).toBe("held");
  });

  test("what was held back still shows for a lead after the target became active", () => {
    const back = tick({ mode: "frozen", wantedUnits: 15 });
    expect(causeOf([back, {}, {}])).toBe("held");
    expect(causeOf([tick({ mode: "frozen" }), {}, {}])).toBe("tail");
    expect(causeOf([back, {}, {}, {}, {}, {}])).toBe("tail");
  });

  test("a load above the maximum, or a need that a limit cut, is the ceiling's", () => {
    expect(causeOf([], { loadRps: 2_001 })).toBe("ceiling");
    expect(causeOf([], { loadRps: 2_000 })).toBe("tail");
    expect(causeOf([], tick({ limit: "connections" }))).toBe("ceiling");
    expect(causeOf([], tick({ limit: "cap" }))).toBe("cap");
  });

  test("a refused write explains shortages until the second tick after it, and the lead of what was then asked for", () => {
    expect(causeOf([], tick({ refused: true }))).toBe("refused");
    expect(causeOf([tick({ refused: true }), {}, {}, {}, {}])).toBe("refused");
    expect(causeOf([tick({ refused: true }), {}, {}, {}, {}, {}])).toBe("tail");
  });

  test("while Calltime was not running, and for as long as that shows, it was down", () => {
    expect(causeOf([], { tick: undefined })).toBe("down");
    expect(causeOf([{ tick: undefined }, {}, {}, {}, {}])).toBe("down");
    expect(causeOf([{ tick: undefined }, {}, {}, {}, {}, {}])).toBe("tail");
  });

  test("an occasion known too late, or of an audience that nobody knew, bears the blame within its own minutes", () => {
    expect(causeOf([], {}, [blame("late", 0, 1)])).toBe("late");
    expect(causeOf([], {}, [blame("late", 1, 2)])).toBe("tail");
    expect(causeOf([{}], {}, [blame("late", 0, 1)])).toBe("tail");
    expect(causeOf([], {}, [blame("unknown-audience", 0, 1)])).toBe("unknown-audience");
  });

  test("of several causes the first in the list is the one", () => {
    const evidence: { readonly [C in Cause]: Partial<ScoredMinute> } = {
      held: tick({ mode: "frozen" }),
      ceiling: tick({ limit: "ceiling" }),
      cap: tick({ limit: "cap" }),
      refused: tick({ refused: true }),
      down: {},
      late: {},
      "unknown-audience": {},
      tail: {},
    };
    const applied = [...CAUSES].reverse();
    let blames: Blame[] = [];
    let before: Partial<ScoredMinute>[] = [];
    let last: TickEvidence = TICK;
    for (const cause of applied) {
      if (cause === "late" || cause === "unknown-audience") blames = [...blames, blame(cause, 0, 10)];
      if (cause === "down") before = [{ tick: undefined }];
      last = { ...last, ...evidence[cause].tick };
      expect(causeOf(before, { tick: last }, blames)).toBe(cause);
    }
  });
});

describe("the sums", () => {
  test("requests, losses and units are counted by the minute", () => {
    const result = score([minute(0), minute(1, { ...SHORT, billedUnits: 14 })]);
    expect(result).toMatchObject({ minutes: 2, requests: 60 * 1_700, unservedRequests: 60 * 200, unitHours: 24 / 60 });
    expect(result.unservedPerMillion).toBeCloseTo((200 / 1_700) * 1e6);
    expect(result.causes.tail).toEqual({ minutes: 1, unservedRequests: 12_000 });
  });

  test("the oracle serves every minute's load exactly and never goes below the baseline", () => {
    expect(score([minute(0, { loadRps: 1_150 }), minute(1, { loadRps: 10 })]).oracleUnitHours).toBeCloseTo((12 + 4) / 60);
  });

  test("a run without a request lost none per million", () => {
    expect(score([minute(0, { loadRps: 0 })]).unservedPerMillion).toBe(0);
    expect(score([])).toMatchObject({ minutes: 0, unservedPerMillion: 0, unitHours: 0 });
  });

  test("every short minute has exactly one cause: minutes and losses by cause sum to all there are", () => {
    const anyMinute = fc.record({
      loadRps: fc.integer({ min: 0, max: 3_000 }),
      unservedRps: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 })),
      billedUnits: fc.integer({ min: 0, max: 30 }),
      tick: fc.option(
        fc.record({
          mode: fc.constantFrom("observe", "active", "active", "frozen"),
          floorUnits: fc.integer({ min: 4, max: 20 }),
          wantedUnits: fc.integer({ min: 4, max: 20 }),
          limit: fc.constantFrom(undefined, undefined, "ceiling", "connections"),
          refused: fc.boolean(),
        }),
        { nil: undefined, freq: 6 },
      ),
    });
    const anyBlame = fc
      .record({ cause: fc.constantFrom("late", "unknown-audience"), from: fc.nat(40), length: fc.nat(10) })
      .map(({ cause, from, length }) => blame(cause, from, from + length));
    fc.assert(
      fc.property(fc.array(anyMinute, { maxLength: 40 }), fc.array(anyBlame, { maxLength: 4 }), (drawn, blames) => {
        const minutes = drawn.map((one, n) => minute(n, one));
        const { causes, unservedRequests } = score(minutes, blames);
        const all = Object.values(causes);
        expect(all.reduce((sum, one) => sum + one.minutes, 0)).toBe(drawn.filter(({ unservedRps }) => unservedRps > 0).length);
        expect(all.reduce((sum, one) => sum + one.unservedRequests, 0)).toBeCloseTo(unservedRequests);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

test("the error of a forecast is relative to the fact, and minutes without load tell nothing", () => {
  expect(
    meanRelativeError([
      { forecast: 110, fact: 100 },
      { forecast: 60, fact: 80 },
      { forecast: 5, fact: 0 },
    ]),
  ).toBeCloseTo((0.1 + 0.25) / 2);
  expect(meanRelativeError([{ forecast: 5, fact: 0 }])).toBeUndefined();
});
