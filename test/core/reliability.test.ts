import { describe, expect, test } from "vitest";
import { shortMinutes, type Answerable, type EvidentMinute } from "../../shared/core/reliability.ts";
import type { TickEvidence } from "../../shared/core/score.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { target } from "./plan/made.ts";

const START = Date.UTC(2026, 5, 13, 18);
const TICK: TickEvidence = { mode: "active", floorUnits: 10, wantedUnits: 10, limit: undefined, refused: false };

/** A target of 100 requests a second a unit, whose units take three minutes. */
const TARGET = target({ baselineUnits: 4, ceilingUnits: 100, throughputRps: 100, launchUnitsPerMinute: 1_000 });

/** Twenty quiet minutes with ten units, changed as the test needs it. */
function minutes(change: (minute: EvidentMinute, index: number) => Partial<EvidentMinute>): readonly EvidentMinute[] {
  return Array.from({ length: 20 }, (_, index) => {
    const quiet: EvidentMinute = {
      atMs: START + index * MINUTE_MS,
      loadRps: 500,
      unservedRps: 0,
      servingUnits: 10,
      desiredUnits: 10,
      minimumUnits: 10,
      tick: TICK,
      neededUnits: 10,
      keptUp: false,
      statedRps: 900,
      callFailed: false,
      undone: false,
    };
    return { ...quiet, ...change(quiet, index) };
  });
}

function shorts(all: readonly EvidentMinute[], answerable: readonly Answerable[] = []) {
  return shortMinutes({ target: TARGET, startUpMs: 3 * MINUTE_MS, minutes: all, answerable });
}

const causes = (all: readonly EvidentMinute[], answerable: readonly Answerable[] = []) => shorts(all, answerable).map(({ cause }) => cause);

/** The last minute carries more than its ten units. */
const overrun = (index: number): Partial<EvidentMinute> => (index === 19 ? { loadRps: 1_200, unservedRps: 200 } : {});

describe("short minutes", () => {
  test("a quiet run has none", () => {
    expect(shorts(minutes(() => ({})))).toEqual([]);
  });

  test("more than the stated quantile is the tail, and its requests are counted", () => {
    const [short] = shorts(minutes((_, index) => overrun(index)));
    expect(short).toMatchObject({ cause: "tail", unservedRequests: 12_000, requiredUnits: 12, servingUnits: 10 });
  });

  test("within the stated quantile, with nothing else in evidence, it has no cause", () => {
    expect(causes(minutes((_, index) => ({ ...overrun(index), statedRps: 1_300 })))).toEqual([undefined]);
  });

  test("before a lead has passed nothing could have been stated, and after it something must have been", () => {
    const short = (at: number) => minutes((_, index) => (index === at ? { loadRps: 1_200, unservedRps: 200, statedRps: undefined } : {}));
    expect(causes(short(1))).toEqual(["down"]);
    expect(causes(short(19))).toEqual([undefined]);
  });

  test("units are missed only once they have been needed for a whole lead", () => {
    const raised = (atIndex: number) => minutes((_, index) => (index >= atIndex ? { neededUnits: 20 } : {}));
    expect(shorts(raised(16))).toEqual([]);
    expect(shorts(raised(12)).map(({ atMs }) => (atMs - START) / MINUTE_MS)).toEqual([17, 18, 19]);
  });

  test("units that their database has no connections for are missed a lead after it has", () => {
    const behind = (upFrom: number) =>
      minutes((_, index) => (index >= 8 ? { neededUnits: 20, roomUnits: index < upFrom ? 10 : 20 } : { roomUnits: 10 }));
    expect(shorts(behind(16))).toEqual([]);
    expect(shorts(behind(12)).map(({ atMs }) => (atMs - START) / MINUTE_MS)).toEqual([17, 18, 19]);
    // More arrived than the database lets anybody serve.
    expect(causes(minutes((_, index) => ({ ...overrun(index), statedRps: 1_300, roomUnits: 10 })))).toEqual(["ceiling"]);
  });

  test("asked for during a whole lead and not there is half-done by others", () => {
    const asked = minutes((_, index) => (index >= 12 ? { neededUnits: 20, minimumUnits: 20, desiredUnits: 20 } : {}));
    expect(causes(asked)).toEqual(["refused", "refused", "refused"]);
  });

  test.each<[string, (index: number) => Partial<EvidentMinute>]>([
    ["held", (index) => (index === 16 ? { tick: { ...TICK, mode: "frozen" }, neededUnits: 12 } : {})],
    ["ceiling", (index) => (index === 19 ? { loadRps: 10_100, unservedRps: 9_100 } : {})],
    ["ceiling", (index) => (index === 16 ? { tick: { ...TICK, limit: "connections" } } : {})],
    ["cap", (index) => (index === 16 ? { tick: { ...TICK, limit: "cap" } } : {})],
    ["refused", (index) => (index === 16 ? { tick: { ...TICK, refused: true } } : {})],
    ["refused", (index) => (index === 16 ? { callFailed: true } : {})],
    ["refused", (index) => (index === 16 ? { undone: true } : {})],
    ["down", (index) => (index === 16 ? { tick: undefined } : {})],
  ])("evidence of %s within the lead is the cause", (cause, change) => {
    expect(causes(minutes((_, index) => ({ ...overrun(index), ...change(index) })))).toEqual([cause]);
  });

  test("evidence from before the lead and the second tick after it is none", () => {
    const long = minutes((_, index) => ({ ...overrun(index), ...(index === 5 ? { tick: undefined, callFailed: true } : {}) }));
    expect(causes(long)).toEqual(["tail"]);
  });

  describe("what is only kept up", () => {
    /** 20 units were called for in the third minute, and are held since then; what serves stays at ten. */
    const held = (change: (index: number) => Partial<EvidentMinute> = () => ({})) =>
      minutes((_, index) => ({ ...(index >= 3 && { neededUnits: 20, keptUp: index > 3 }), ...change(index) }));

    test("has the cause that the minute had in which it was called for", () => {
      const all = shorts(held((index) => (index === 3 ? { tick: undefined } : {})));
      expect(new Set(all.map(({ cause }) => cause))).toEqual(new Set(["down"]));
      expect(all.at(-1)?.atMs).toBe(START + 19 * MINUTE_MS);
    });

    test("is still lacking while what is called for since then is on its way", () => {
      // The need grows in the last three minutes, and the floor with it; what serves does not yet.
      const grown = (index: number): Partial<EvidentMinute> => ({
        ...(index === 3 && { tick: undefined }),
        ...(index >= 17 && { neededUnits: 24, keptUp: false, minimumUnits: 24, desiredUnits: 24 }),
      });
      expect(new Set(causes(held(grown)))).toEqual(new Set(["down"]));
    });

    test("has none without evidence there, also when there was some in between", () => {
      expect(new Set(causes(held()))).toEqual(new Set([undefined]));
      expect(causes(held((index) => (index === 8 ? { tick: undefined } : {}))).at(-1)).toBeUndefined();
    });

    test("has none once it had come up and went again", () => {
      const came = (index: number): Partial<EvidentMinute> => ({
        ...(index === 3 && { tick: undefined }),
        ...(index === 5 && { minimumUnits: 20 }),
      });
      expect(causes(held(came)).at(-1)).toBeUndefined();
    });
  });

  test("what was known too late answers before what nobody knew, and both only in their stretch", () => {
    const all = minutes((_, index) => overrun(index));
    const stretch = { fromMs: START + 15 * MINUTE_MS, toMs: START + 25 * MINUTE_MS, what: "the final" };
    const unknown: Answerable = { cause: "unknown-audience", ...stretch };
    expect(causes(all, [unknown])).toEqual(["unknown-audience"]);
    expect(causes(all, [unknown, { cause: "late", ...stretch }])).toEqual(["late"]);
    expect(causes(all, [{ ...unknown, toMs: START + 19 * MINUTE_MS }])).toEqual(["tail"]);
  });

  test("of several causes with evidence the first of the list is the one", () => {
    const all = minutes((_, index) => ({
      ...overrun(index),
      ...(index === 16 ? { tick: { ...TICK, mode: "frozen" as const }, neededUnits: 12, callFailed: true } : {}),
      ...(index === 17 ? { tick: undefined } : {}),
    }));
    expect(causes(all)).toEqual(["held"]);
  });
});
