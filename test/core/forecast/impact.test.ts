import { describe, expect, test } from "vitest";
import { DEFAULT_IMPACT_THRESHOLD, impactOf } from "../../../shared/core/forecast/impact.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import { expected, modelOf, occasion, target } from "./made.ts";

const kindOf = (of: Occasion, usualRps: number | undefined): string =>
  impactOf({ model: modelOf(usualRps), target: target(), occasion: of, zone: [], threshold: DEFAULT_IMPACT_THRESHOLD }).kind;

// One unit plans to carry 50 requests a second. 5,000 viewers bring 50, and at the 90th percentile of the burst about 90.
describe("the impact threshold", () => {
  test("takes one unit's load at the 90th percentile of the peak", () => {
    expect(kindOf(expected(5_000), 500)).toBe("above");
    expect(kindOf(expected(2_000), 500)).toBe("below");
  });

  test("takes a twentieth of the usual load besides", () => {
    expect(kindOf(expected(5_000), 1_500)).toBe("above");
    expect(kindOf(expected(5_000), 2_500)).toBe("below");
  });

  test("rests on the units alone where the usual load is unknown", () => {
    expect(kindOf(expected(5_000), undefined)).toBe("above");
    expect(kindOf(expected(2_000), undefined)).toBe("below");
  });

  test("is not applied to an audience that nobody knows: neither above nor below", () => {
    expect(kindOf(occasion(), 10)).toBe("unknown-audience");
  });

  test("is not passed on the word of wide guesses: what was never measured anywhere bounds them, but not what a person expects", () => {
    const reach = { viewers: 1_000, broadcasts: 3 };
    const levels = { "channel/one": { count: 1, mean: Math.asinh(1), squares: 0 } };
    const model = modelOf(100, { reach, audience: levels });
    const judged = (of: Occasion) => impactOf({ model, target: target(), occasion: of, zone: [], threshold: DEFAULT_IMPACT_THRESHOLD });
    expect(judged(occasion())).toMatchObject({ kind: "below", mostViewers: 2_000 });
    expect(judged(expected(50_000))).toMatchObject({ kind: "above", mostViewers: Infinity });
  });
});
