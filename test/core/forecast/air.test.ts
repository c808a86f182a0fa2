import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assessAir,
  followsFromCrowd,
  HARD_CAP_MS,
  lateTimingOf,
  learningTiming,
  measuredPlateau,
  timingOf,
  type Air,
  type ExcessMinute,
} from "../../../shared/core/forecast/air.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { excesses, occasion, ON_AIR, pastEight, times } from "./made.ts";

const derby = occasion();
/** A crowd that comes within three minutes and stays until the guide's end. */
const crowd: readonly ExcessMinute[] = excesses(0, [200, 600, 900, ...times(117, 1_000)]);
/** Half of it gone every four minutes. */
const leaving = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => 1_000 * 0.5 ** ((i + 1) / 4));

function stand(excess: readonly ExcessMinute[], minute: number, before?: Air): Air {
  return assessAir({ occasion: derby, before, excess, expected: 1_000, now: pastEight(minute) });
}

describe("what minutes are learned by", () => {
  const { startsAtMs, endsAtMs } = derby;

  test("the guide's end until it is over, then none until one was seen, then that one", () => {
    expect(learningTiming({ occasion: derby, air: ON_AIR }, endsAtMs)).toEqual({ startsAtMs, endsAtMs });
    expect(learningTiming({ occasion: derby, air: ON_AIR }, endsAtMs + 1).endsAtMs).toBeGreaterThan(endsAtMs + HARD_CAP_MS);
    const endedAtMs = endsAtMs + 9 * MINUTE_MS;
    const ended: Air = { kind: "ended", endedAtMs, by: "crowd" };
    expect(learningTiming({ occasion: derby, air: ended }, endsAtMs + HARD_CAP_MS)).toEqual({ startsAtMs, endsAtMs: endedAtMs });
  });

  test("a crowd that is there need not be looked at before the guide's end: that changes nothing of where the occasion stands", () => {
    const known = { occasion: derby, before: ON_AIR, expected: 1_000 };
    for (const minute of [1, 30, 119, 120]) {
      const at = { ...known, now: pastEight(minute) };
      expect(followsFromCrowd(at)).toBe(false);
      expect(assessAir({ ...at, excess: [] })).toEqual(assessAir({ ...at, excess: crowd }));
    }
    expect(followsFromCrowd({ ...known, now: pastEight(121) })).toBe(true);
    expect(followsFromCrowd({ ...known, before: { kind: "on-air" }, now: pastEight(30) })).toBe(true);
    expect(followsFromCrowd({ ...known, before: undefined, now: pastEight(30) })).toBe(true);
  });
});

describe("where an occasion stands", () => {
  test("it is ahead until the guide's start, and has begun when a third of its crowd is there", () => {
    expect(stand([], -1)).toEqual({ kind: "ahead" });
    expect(stand([], 0)).toEqual({ kind: "on-air" });
    expect(stand(crowd.slice(0, 2), 2)).toEqual({ kind: "on-air", startedAtMs: pastEight(1) });
  });

  test("its start stays what it was when the first minutes are no longer at hand", () => {
    expect(stand(crowd.slice(60), 100, ON_AIR)).toEqual(ON_AIR);
  });

  test("it is held through an overrun: the guide's end alone ends nothing", () => {
    const overrun = [...crowd, ...excesses(120, times(40, 980))];
    expect(stand(overrun, 160, ON_AIR)).toEqual(ON_AIR);
    expect(timingOf(derby, ON_AIR, pastEight(160)).endsAtMs).toBeGreaterThan(pastEight(160));
  });

  test("a half-time dip is no end, inside the guide's times or in an overrun", () => {
    const dip = [...crowd, ...excesses(120, times(15, 680)), ...excesses(135, times(10, 1_000))];
    for (let minute = 120; minute < 146; minute += 1) {
      expect(stand(dip.slice(0, minute), minute, ON_AIR).kind).toBe("on-air");
    }
  });

  test("it ends when its crowd is seen to leave, dated to the last minute that still held nearly all", () => {
    const left = [...crowd, ...excesses(120, times(9, 990)), ...excesses(129, leaving(12))];
    expect(stand(left, 141, ON_AIR)).toEqual({ kind: "ended", startedAtMs: pastEight(0), endedAtMs: pastEight(129), by: "crowd" });
  });

  test("two minutes below are not yet an end, three are", () => {
    const left = [...crowd, ...excesses(120, leaving(10))];
    const ends = [122, 123, 124, 125, 126, 127].filter((minute) => stand(left.slice(0, minute), minute, ON_AIR).kind === "ended");
    // Below 60 % from the third minute on.
    expect(ends[0]).toBe(125);
  });

  test("a crowd that vanishes within two minutes is an outage, before the guide's end or after it", () => {
    const before = [...crowd.slice(0, 90), ...excesses(90, times(60, 0))];
    const later = [...crowd, ...excesses(120, [700, ...times(30, 0)])];
    expect(stand(before, 150, ON_AIR)).toEqual(ON_AIR);
    expect(stand(later, 150, ON_AIR)).toEqual(ON_AIR);
  });

  test("a crowd of which half is gone within two minutes leaves, from the minute in which it asks for most", () => {
    // Whoever leaves asks for more than whoever watches: what the service carries rises before it falls.
    const going = [1_580, 1_110, 790, 560, 390, 280, 200];
    const overrun = (minutes: number): readonly ExcessMinute[] => [
      ...crowd,
      ...excesses(120, times(minutes, 1_000)),
      ...excesses(120 + minutes, going),
    ];
    expect(stand(overrun(0), 127, ON_AIR)).toEqual({ ...ON_AIR, kind: "ended", endedAtMs: derby.endsAtMs, by: "crowd" });
    expect(stand(overrun(10), 137, ON_AIR)).toMatchObject({ kind: "ended", endedAtMs: pastEight(130), by: "crowd" });
    // Asking for still more on its way out makes it no outage: half of those who watched are there after two minutes.
    const asking = [...crowd, ...excesses(120, [1_700, 1_200, 580, 410, 290, 205])];
    expect(stand(asking, 126, ON_AIR)).toMatchObject({ kind: "ended", endedAtMs: derby.endsAtMs });
    // A goal in the overrun is no end: the crowd was there long after it.
    const goal = [...crowd, ...excesses(120, [1_300, ...times(9, 1_000)]), ...excesses(130, leaving(12))];
    expect(stand(goal, 142, ON_AIR)).toMatchObject({ kind: "ended", endedAtMs: pastEight(130) });
  });

  test("an outage that begins within a minute is one all the same, and so is one of a crowd that was asking for more", () => {
    for (const seen of [
      [500, 50],
      [1_400, 60],
      [1_400, 700, 60],
      [700, ...times(5, 150)],
    ]) {
      expect(stand([...crowd, ...excesses(120, [...seen, ...times(30, 40)])], 150, ON_AIR)).toEqual(ON_AIR);
    }
  });

  test("an outage whose first minutes are unknown is one all the same, for as long as the fastest crowd would still be seen", () => {
    const dark = (unknown: number): readonly ExcessMinute[] => [
      ...crowd,
      ...excesses(120, times(10, 1_000)),
      ...excesses(130 + unknown, times(20, 0)),
    ];
    for (const unknown of [1, 2, 3, 4, 5]) expect(stand(dark(unknown), 160, ON_AIR), `${unknown} unknown`).toEqual(ON_AIR);
    // After six unknown minutes either may have happened, and an end that is never seen would hold the floors for hours.
    expect(stand(dark(6), 160, ON_AIR)).toMatchObject({ kind: "ended", by: "crowd" });
    // What was known of the fall before counts too.
    const begun = [...crowd, ...excesses(120, [700]), ...excesses(123, times(20, 0))];
    expect(stand(begun, 150, ON_AIR)).toEqual(ON_AIR);
  });

  test("a crowd that leaves unseen for some minutes has left, and the end is dated to the last minute that was known", () => {
    for (const unknown of [1, 2, 3, 4, 5]) {
      const left = [...crowd, ...excesses(120, times(10, 990)), ...excesses(130 + unknown, leaving(16).slice(unknown))];
      expect(stand(left, 146, ON_AIR), `${unknown} unknown`).toMatchObject({ kind: "ended", endedAtMs: pastEight(130), by: "crowd" });
    }
  });

  test("a crowd that came back after an outage, and then left, has left", () => {
    const outage = [...crowd.slice(0, 90), ...excesses(90, times(5, 0)), ...excesses(95, times(25, 1_000)), ...excesses(120, leaving(12))];
    expect(stand(outage, 132, ON_AIR)).toMatchObject({ kind: "ended", by: "crowd" });
  });

  test("minutes that are not known end nothing, whichever they are", () => {
    const overrun = [...crowd, ...excesses(120, times(60, 960))];
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: overrun.length, maxLength: overrun.length }), (known) => {
        return (
          stand(
            overrun.filter((_, i) => known[i] === true),
            180,
            ON_AIR,
          ).kind === "on-air"
        );
      }),
      { seed: 1 },
    );
  });

  test("an audience of which nothing is known is held until the hard cap, and not longer", () => {
    const capMinute = 120 + HARD_CAP_MS / MINUTE_MS;
    expect(stand([], capMinute - 1).kind).toBe("on-air");
    expect(stand([], capMinute)).toEqual({ kind: "ended", endedAtMs: derby.endsAtMs + HARD_CAP_MS, by: "cap" });
  });

  test("an end that was said is one, whatever is measured, also before the guide's; it ends nothing ahead of its time", () => {
    const said = { end: { atMs: pastEight(110), by: "operator" as const } };
    const at = (minute: number, excess = crowd) =>
      assessAir({ occasion: derby, before: ON_AIR, excess, expected: 1_000, said, now: pastEight(minute) });
    expect(at(110)).toEqual({ kind: "ended", startedAtMs: pastEight(0), endedAtMs: pastEight(110), by: "operator" });
    expect(at(109)).toEqual(ON_AIR);
  });

  test("an end that was said is taken back with what was said; one that was seen is not, but a said one is more exact", () => {
    const marked: Air = { kind: "ended", startedAtMs: pastEight(0), endedAtMs: pastEight(60), by: "marker" };
    expect(stand(crowd.slice(0, 70), 70, marked)).toEqual(ON_AIR);
    const seen: Air = { kind: "ended", startedAtMs: pastEight(0), endedAtMs: pastEight(121), by: "crowd" };
    const said = { end: { atMs: pastEight(119), by: "marker" as const } };
    expect(assessAir({ occasion: derby, before: seen, excess: crowd, expected: 1_000, said, now: pastEight(140) })).toEqual({
      kind: "ended",
      startedAtMs: pastEight(0),
      endedAtMs: pastEight(119),
      by: "marker",
    });
  });

  test("a start that was said is the start, also where no crowd was seen", () => {
    const said = { startedAtMs: pastEight(4) };
    expect(assessAir({ occasion: derby, before: undefined, excess: [], expected: 1_000, said, now: pastEight(5) })).toEqual({
      kind: "on-air",
      startedAtMs: pastEight(4),
    });
  });

  test("an end once seen stands, whatever is measured later", () => {
    const ended: Air = { kind: "ended", endedAtMs: pastEight(121), by: "crowd" };
    expect(stand([...crowd, ...excesses(120, times(60, 5_000))], 180, ended)).toBe(ended);
  });
});

describe("a crowd that has not come", () => {
  test("is waited for as if the occasion began now, for twenty minutes", () => {
    const late: Air = { kind: "on-air" };
    expect(lateTimingOf(derby, late, pastEight(7))).toEqual({ startsAtMs: pastEight(7), endsAtMs: derby.endsAtMs });
    expect(lateTimingOf(derby, late, pastEight(20))).toBeUndefined();
    expect(lateTimingOf(derby, ON_AIR, pastEight(7))).toBeUndefined();
    expect(lateTimingOf(derby, { kind: "ahead" }, pastEight(-1))).toBeUndefined();
  });
});

describe("the plateau that was measured", () => {
  test("leaves out the arrival and everything after the guide's end", () => {
    expect(measuredPlateau(derby, [...excesses(0, times(5, 9_000)), ...excesses(5, times(10, 800)), ...excesses(120, times(60, 1))])).toBe(
      800,
    );
  });

  test("is undefined where fewer than three of its minutes are known", () => {
    expect(measuredPlateau(derby, excesses(30, [800, 800]))).toBeUndefined();
  });
});
