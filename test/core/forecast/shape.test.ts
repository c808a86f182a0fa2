import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ARRIVAL_MS,
  DECAY_MS,
  firstShapes,
  isTurning,
  learnShape,
  peakMultiple,
  shapeAt,
  shapeOf,
  type Shapes,
} from "../../../shared/core/forecast/shape.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { pastEight } from "./made.ts";

const timing = { startsAtMs: pastEight(0), endsAtMs: pastEight(120) };
const first = shapeOf(firstShapes(), "live");

/** A broadcast that carried `multiple(minute past eight)` from before its arrival to after its decay. */
function broadcast(multiple: (minute: number) => number, censored = false) {
  const minutes = Array.from({ length: 200 }, (_, i) => i - 15);
  return { timing, multiples: minutes.map((minute) => ({ atMs: pastEight(minute), multiple: multiple(minute) })), censored };
}

function repeated(count: number, multiple: (minute: number) => number, programmeClass = "live"): Shapes {
  let shapes = firstShapes();
  for (let i = 0; i < count; i += 1) shapes = learnShape(shapes, programmeClass, broadcast(multiple));
  return shapes;
}

describe("the shape of an occasion", () => {
  test("is nothing before anybody arrives and after the decay, one on the plateau", () => {
    expect(shapeAt(first, timing, timing.startsAtMs - ARRIVAL_MS - 1).multiple).toBe(0);
    expect(shapeAt(first, timing, timing.endsAtMs + DECAY_MS + 1).multiple).toBe(0);
    expect(shapeAt(first, timing, pastEight(60)).multiple).toBe(1);
  });

  test("has a burst at the start, and a crowd at the end that is larger than the plateau", () => {
    expect(shapeAt(first, timing, pastEight(2)).multiple).toBeCloseTo(1.3);
    expect(shapeAt(first, timing, pastEight(121)).multiple).toBeCloseTo(1.3);
    expect(peakMultiple(first)).toBe(1.3);
  });

  test("runs on without a step, from the first that arrive to the last that leave", () => {
    const steepest = Math.max(
      ...[first.arrival, first.departure].flatMap((knots) =>
        knots.slice(1).map((k, i) => Math.abs(k.multiple - (knots[i]?.multiple ?? 0)) / (k.minute - (knots[i]?.minute ?? 0))),
      ),
    );
    const inside = fc.integer({ min: timing.startsAtMs - ARRIVAL_MS, max: timing.endsAtMs + DECAY_MS - 1_000 });
    fc.assert(
      fc.property(inside, (atMs) => {
        const step = shapeAt(first, timing, atMs + 1_000).multiple - shapeAt(first, timing, atMs).multiple;
        // Arrival and departure may both be at their steepest, and each up to 1.3.
        return Math.abs(step) <= (2 * 1.3 * steepest) / 60;
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("a later end moves the crowd at the end and leaves the arrival where it was", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -15, max: 20 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: -5, max: 60 }),
        (m, late, sinceEnd) => {
          const overrun = { ...timing, endsAtMs: timing.endsAtMs + late * MINUTE_MS };
          expect(shapeAt(first, overrun, pastEight(m))).toEqual(shapeAt(first, timing, pastEight(m)));
          expect(shapeAt(first, overrun, overrun.endsAtMs + sinceEnd * MINUTE_MS)).toEqual(
            shapeAt(first, timing, timing.endsAtMs + sinceEnd * MINUTE_MS),
          );
        },
      ),
      { seed: 1 },
    );
  });
});

describe("what broadcasts teach of it", () => {
  const late = (minute: number): number => (minute < 5 ? 0.2 : minute < 120 ? 1 : 0.4);

  test("ten alike broadcasts of a class teach its arrival and its end, and make them surer", () => {
    const learned = shapeOf(repeated(10, late), "live");
    expect(shapeAt(learned, timing, pastEight(2)).multiple).toBeLessThan(0.45);
    expect(shapeAt(learned, timing, pastEight(60)).multiple).toBeCloseTo(1, 1);
    expect(shapeAt(learned, timing, pastEight(122)).multiple).toBeLessThan(0.7);
  });

  test("a crowd may be coming until ten minutes after the start, and leaving from six minutes before the end until ten after it", () => {
    const turning = (minute: number): boolean => isTurning(timing, pastEight(minute));
    expect([-16, -15, 9, 10, 113, 114, 129, 130].map(turning)).toEqual([false, true, true, false, false, true, true, false]);
  });

  test("a burst of one minute is learned as one, at the start and at the end", () => {
    const bursts = repeated(12, (minute) => (minute === 0 || minute === 120 ? 1.6 : 1));
    const learned = shapeOf(bursts, "live");
    for (const minute of [0, 120]) {
      expect(shapeAt(learned, timing, pastEight(minute)).multiple, `minute ${minute}`).toBeCloseTo(1.58, 1);
      for (const beside of [-2, -1, 1, 2]) expect(shapeAt(learned, timing, pastEight(minute + beside)).multiple).toBeLessThan(1.1);
    }
  });

  test("what was learned with fewer knots goes on with all of them, and runs as it did", () => {
    const few = (shapes: Shapes): Shapes =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, { arrival, departure }]) => [
          name,
          { arrival: arrival.filter(({ minute }) => minute % 2 === 0), departure: departure.filter(({ minute }) => minute % 2 === 0) },
        ]),
      );
    const early = (minute: number): number => (minute < 0 ? 0.5 : 1);
    const stored = few(learnShape(repeated(6, early), "series", broadcast(early)));
    const unknown = { timing, multiples: [], censored: false };
    const after = learnShape(stored, "live", unknown);
    for (const programmeClass of ["live", "series"]) {
      const shape = shapeOf(after, programmeClass);
      expect(shape.arrival.map(({ minute }) => minute)).toEqual(first.arrival.map(({ minute }) => minute));
      for (let minute = -15; minute < 180; minute += 1) {
        const { multiple } = shapeAt(shapeOf(stored, programmeClass), timing, pastEight(minute));
        expect(shapeAt(shape, timing, pastEight(minute)).multiple, `${programmeClass} at ${minute}`).toBeCloseTo(multiple, 1);
      }
    }
    expect(
      shapeAt(
        shapeOf(
          learnShape(
            stored,
            "live",
            broadcast(() => 2),
          ),
          "live",
        ),
        timing,
        pastEight(-1),
      ).multiple,
    ).toBeGreaterThan(0.8);
  });

  test("a class that was never seen is planned with what any programme taught", () => {
    const shapes = repeated(10, late, "news");
    expect(shapeOf(shapes, "film")).toEqual(shapes["any"]);
    expect(shapeAt(shapeOf(shapes, "film"), timing, pastEight(2)).multiple).toBeLessThan(0.7);
  });

  test("a class seen once leans on the pool, seen often on its own", () => {
    let shapes = repeated(12, () => 1, "news");
    const pool = shapeAt(shapeOf(shapes, "live"), timing, pastEight(2)).multiple;
    const own: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      shapes = learnShape(
        shapes,
        "live",
        broadcast(() => 2.5),
      );
      own.push(shapeAt(shapeOf(shapes, "live"), timing, pastEight(2)).multiple);
    }
    expect(own[0]).toBeLessThan(1.6 * pool);
    expect(own.at(-1)).toBeGreaterThan(1.8 * pool);
  });

  test("no single broadcast moves a knot by more than a factor of e", () => {
    fc.assert(
      fc.property(fc.double({ min: -100, max: 1e6, noNaN: true }), (multiple) => {
        const shapes = learnShape(
          firstShapes(),
          "live",
          broadcast(() => multiple),
        );
        for (const [i, k] of (shapes["live"]?.departure ?? []).entries()) {
          const ratio = k.multiple / (first.departure[i]?.multiple ?? 1);
          expect(ratio).toBeLessThanOrEqual(Math.E);
          expect(ratio).toBeGreaterThanOrEqual(1 / Math.E);
        }
      }),
      { seed: 1 },
    );
  });

  test("a broadcast short of capacity lowers no knot", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (multiple) => {
        const shapes = learnShape(
          firstShapes(),
          "live",
          broadcast(() => multiple, true),
        );
        for (const side of ["arrival", "departure"] as const) {
          for (const [i, k] of (shapes["live"]?.[side] ?? []).entries()) {
            expect(k.multiple).toBeGreaterThanOrEqual(first[side][i]?.multiple ?? Infinity);
          }
        }
      }),
      { seed: 1 },
    );
  });

  test("a knot whose minutes are unknown stays as it is", () => {
    const observed = broadcast(() => 3);
    const gap = { ...observed, multiples: observed.multiples.filter(({ atMs }) => Math.abs(atMs - pastEight(2)) > MINUTE_MS) };
    const arrival = learnShape(firstShapes(), "live", gap)["live"]?.arrival ?? [];
    expect(arrival.find((k) => k.minute === 2)?.multiple).toBe(1.3);
    expect(arrival.find((k) => k.minute === 10)?.multiple).toBeGreaterThan(1.2);
  });

  test("however alike the broadcasts, the next one may differ", () => {
    const spreads = shapeOf(
      repeated(100, () => 1),
      "live",
    ).departure.map((k) => k.spread);
    expect(Math.min(...spreads)).toBeGreaterThan(0.025);
  });
});
