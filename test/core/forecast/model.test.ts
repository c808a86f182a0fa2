import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  firstLearned,
  learnLead,
  learnLoadPerViewer,
  loadPerViewerOf,
  startUpMsOf,
  type Learned,
} from "../../../shared/core/forecast/model.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { target, times } from "./made.ts";

const api = target();
const perViewer = (learned: Learned, programmeClass: string): number => Math.exp(loadPerViewerOf(learned, api, programmeClass).logRps);

function measured(loadsRps: readonly number[], programmeClass = "live", censored = false, from = firstLearned()): Learned {
  return loadsRps.reduce((learned, loadRps) => learnLoadPerViewer(learned, api, programmeClass, { loadRps, censored }), from);
}

describe("load per viewer", () => {
  test("is the owner's figure until it was measured", () => {
    expect(perViewer(firstLearned(), "live")).toBeCloseTo(0.01, 6);
  });

  test("moves half of the way with the first broadcast, and nearly all of it with twelve", () => {
    expect(perViewer(measured([0.02]), "live")).toBeCloseTo(Math.sqrt(0.01 * 0.02), 6);
    expect(perViewer(measured(times(12, 0.02)), "live")).toBeGreaterThan(0.018);
  });

  test("of a class that was never seen is the pool's, which then weighs as much as one broadcast", () => {
    const films = measured(times(12, 0.02), "film");
    expect(perViewer(films, "live")).toBe(perViewer(films, "any"));
    const live = perViewer(measured([0.04], "live", false, films), "live");
    expect(live).toBeCloseTo(Math.sqrt(perViewer(films, "any") * 0.04), 6);
  });

  test("is moved by one strange night by no more than a factor of two", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (loadRps) => {
        const moved = perViewer(measured([loadRps]), "live") / 0.01;
        return moved <= 2.000001 && moved >= 0.499999;
      }),
      { seed: 1 },
    );
  });

  test("is raised by a night short of capacity, never lowered", () => {
    expect(perViewer(measured([0.005], "live", true), "live")).toBeCloseTo(0.01, 6);
    expect(perViewer(measured([0.02], "live", true), "live")).toBeGreaterThan(0.013);
  });
});

describe("the time from asking to serving", () => {
  const after = (leadsMs: readonly number[]): number =>
    startUpMsOf(
      leadsMs.reduce((learned, tookMs) => learnLead(learned, api.id, tookMs), firstLearned()),
      api,
    );

  test("is the owner's figure until five raises were measured", () => {
    expect(after(times(4, MINUTE_MS))).toBe(3 * MINUTE_MS);
    expect(after(times(5, MINUTE_MS))).toBe(MINUTE_MS);
  });

  test("is then what nineteen of twenty raises took at most, among the latest forty", () => {
    const leads = Array.from({ length: 40 }, (_, i) => (i + 1) * MINUTE_MS);
    expect(after(leads)).toBe(39 * MINUTE_MS);
    expect(after([...leads, ...times(40, 2 * MINUTE_MS)])).toBe(2 * MINUTE_MS);
  });
});
