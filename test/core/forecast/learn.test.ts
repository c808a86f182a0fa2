import { describe, expect, test } from "vitest";
import type { Air } from "../../../shared/core/forecast/air.ts";
import { learnBroadcast, measuredViewers, wasShort, type Broadcast } from "../../../shared/core/forecast/learn.ts";
import { firstLearned, loadPerViewerOf, type Learned } from "../../../shared/core/forecast/model.ts";
import { shapeAt, shapeOf } from "../../../shared/core/forecast/shape.ts";
import { forecastAudience, unstretched } from "../../../shared/core/forecast/audience.ts";
import { knownMinutes, excesses, loads, modelOf, occasion, pastEight, target, times, usualOf } from "./made.ts";

const derby = occasion();
const ended: Air = { kind: "ended", startedAtMs: pastEight(0), endedAtMs: pastEight(120), by: "crowd" };

/** A broadcast of the derby that drew `viewers`, with 1,000 usual requests a second and `perViewerRps` from each of them. */
function broadcast(viewers: number, perViewerRps = 0.02, changes: Partial<Broadcast> = {}): Broadcast {
  const load = loads(-15, [...times(15, 1_000), ...times(120, 1_000 + viewers * perViewerRps), ...times(40, 1_000)]);
  return {
    occasion: derby,
    air: ended,
    viewers: excesses(0, times(120, viewers)),
    targets: [{ target: target(), usual: usualOf(1_000), load }],
    overlapped: "not",
    censored: false,
    ...changes,
  };
}

const perViewer = (learned: Learned): number => Math.exp(loadPerViewerOf(learned, target(), "live").logRps);

describe("a broadcast that is over", () => {
  test("teaches its audience, what a viewer brings, and its shape", () => {
    const learned = learnBroadcast(firstLearned(), broadcast(50_000), []);
    expect(learned.version).toBe(2);
    expect(unstretched(learned.audience["series/one/the derby"]?.mean ?? 0)).toBeCloseTo(50_000);
    expect(learned.reach).toEqual({ viewers: 50_000, broadcasts: 1 });
    expect(perViewer(learned)).toBeCloseTo(Math.sqrt(0.01 * 0.02), 6);
    const timing = { startsAtMs: pastEight(0), endsAtMs: pastEight(120) };
    const taught = shapeAt(shapeOf(learned.shapes["player-api"] ?? {}, "live"), timing, pastEight(2)).multiple;
    expect(taught).toBeLessThan(1.25);
  });

  test("of which fewer than four minutes in five are known teaches nothing", () => {
    const known = (share: number): Learned =>
      learnBroadcast(firstLearned(), broadcast(50_000, 0.02, { viewers: excesses(0, times(120 * share, 50_000)) }), []);
    expect(known(0.79)).toEqual(firstLearned());
    expect(known(0.8).version).toBe(2);
  });

  test("whose load was not measured on air teaches its audience alone, whatever is known around it", () => {
    const gap = loads(-15, [...times(15, 1_000), ...Array.from({ length: 60 }, () => undefined), ...times(100, 2_000)]);
    const learned = learnBroadcast(
      firstLearned(),
      broadcast(50_000, 0.02, { targets: [{ target: target(), usual: usualOf(1_000), load: gap }] }),
      [],
    );
    expect(learned.audience["series/one/the derby"]).toBeDefined();
    expect(learned.loadPerViewer).toEqual({});
  });

  test("that shared the evening with another crowd, or drew nobody, says nothing about a viewer's load", () => {
    expect(learnBroadcast(firstLearned(), broadcast(50_000, 0.02, { overlapped: "wholly" }), []).loadPerViewer).toEqual({});
    expect(learnBroadcast(firstLearned(), broadcast(-500), []).loadPerViewer).toEqual({});
  });

  test("that ran into the next crowd in its last minutes says what a viewer brings, and nothing about how a crowd leaves", () => {
    const learned = learnBroadcast(firstLearned(), broadcast(50_000, 0.02, { overlapped: "outside-middle" }), []);
    expect(perViewer(learned)).toBeCloseTo(perViewer(learnBroadcast(firstLearned(), broadcast(50_000, 0.02), [])), 9);
    expect(learned.shapes).toEqual({});
  });

  test("whose load is lost in the usual load says nothing about a viewer's load", () => {
    expect(learnBroadcast(firstLearned(), broadcast(30, 1), []).loadPerViewer).toEqual({});
  });

  test("whose end nobody saw says nothing about how a crowd leaves", () => {
    const capped = learnBroadcast(
      firstLearned(),
      broadcast(50_000, 0.02, { air: { kind: "ended", endedAtMs: pastEight(240), by: "cap" } }),
      [],
    );
    expect(capped.shapes).toEqual({});
    expect(perViewer(capped)).toBeCloseTo(Math.sqrt(0.01 * 0.02), 6);
  });

  test("of five minutes and less is a trailer, not a programme", () => {
    const trailer = occasion({ lengthMinutes: 4 });
    expect(measuredViewers(trailer, excesses(0, times(4, 9_000)))).toBeUndefined();
  });
});

describe("nights short of capacity", () => {
  test("are told by requests that were refused, more than one in a thousand", () => {
    const minute = { kind: "known", atMs: 0, loadRps: 1_000, servingUnits: 5 } as const;
    expect(wasShort([{ ...minute, unservedRps: 2 }])).toBe(true);
    expect(
      wasShort([
        { ...minute, unservedRps: 0.5 },
        { kind: "unknown", atMs: 1, reason: "late" },
      ]),
    ).toBe(false);
  });

  test("five of them in a row, each at half of what was wanted at first, still reach the true demand", () => {
    const TRUE_VIEWERS = 100_000;
    let learned = firstLearned();
    let capacity = TRUE_VIEWERS / 2;
    const tails: number[] = [];
    for (let night = 0; night < 5; night += 1) {
      const viewers = Math.min(TRUE_VIEWERS, capacity);
      learned = learnBroadcast(learned, broadcast(viewers, 0.01, { censored: capacity < TRUE_VIEWERS }), []);
      const plan = knownMinutes({
        model: modelOf(1_000, learned),
        occasions: [{ occasion: derby, air: { kind: "ahead" } }],
        now: pastEight(0),
      });
      capacity = Math.max(...plan.map(({ tailRps }) => tailRps - 1_000)) / 0.01 / 1.3;
      tails.push(capacity);
    }
    expect(tails.at(-1)).toBeGreaterThan(TRUE_VIEWERS);
    const next = forecastAudience(learned.audience, derby, []);
    expect(unstretched(next.kind === "known" ? next.mean : 0)).toBeGreaterThan(0.8 * TRUE_VIEWERS);
  });
});
