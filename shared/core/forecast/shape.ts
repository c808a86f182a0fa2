import { MINUTE_MS } from "../time.ts";

/**
 * How the load of one occasion runs, relative to its plateau: knots around the start (arrival) and around the end (the crowd that
 * is asked to watch the next episode now, then decay). The load at minute t is arrival(t − start) × departure(t − end).
 */
export type Shape = { readonly arrival: readonly Knot[]; readonly departure: readonly Knot[] };

/**
 * One learned point: the median multiple of the plateau at `minute` from the start (or end), and the spread of its logarithm. Around the start
 * and the end, where a stream's whole crowd may come within two minutes, each minute has one.
 */
type Knot = { readonly minute: number; readonly multiple: number; readonly spread: number; readonly count: number };

/** By class of programme; `any` pools them all and serves a class that was never seen. */
export type Shapes = Readonly<Record<string, Shape>>;

/** When an occasion begins and ends, as well as is known now. */
export type Timing = { readonly startsAtMs: number; readonly endsAtMs: number };

// The first guess. Arrival and exit multiples follow the World Cup 98 slots (×1.3 at the whistle, median; ×1.6 at the 90th
// percentile, so a spread of 0.16; half gone after 30 minutes of a web site, sooner for a stream).
const FIRST_GUESS: Shape = {
  arrival: [
    knot(-15, 0.02, 0.4),
    knot(-10, 0.08, 0.4),
    knot(-5, 0.35, 0.3),
    knot(-3, 0.65, 0.27),
    knot(-2, 0.8, 0.25),
    knot(-1, 0.97, 0.22),
    knot(0, 1.15, 0.2),
    knot(1, 1.23, 0.2),
    knot(2, 1.3, 0.2),
    knot(3, 1.28, 0.2),
    knot(5, 1.25, 0.15),
    knot(10, 1.1, 0.1),
    knot(20, 1, 0.06),
  ],
  departure: [
    knot(-5, 1, 0.06),
    knot(-2, 1.1, 0.1),
    knot(-1, 1.2, 0.13),
    knot(0, 1.3, 0.16),
    knot(1, 1.3, 0.16),
    knot(2, 1.3, 0.16),
    knot(3, 1.2, 0.16),
    knot(5, 1, 0.16),
    knot(10, 0.5, 0.2),
    knot(20, 0.2, 0.25),
    knot(40, 0.05, 0.25),
    knot(60, 0.01, 0.25),
  ],
};

/** The load of an occasion is over this long after its end. */
export const DECAY_MS = 60 * MINUTE_MS;
/** Nobody arrives earlier than this before the start. */
export const ARRIVAL_MS = 15 * MINUTE_MS;

// So many minutes before and after the start and the end each minute has a knot of its own, learned from it alone.
const BY_MINUTE = 3;
// The outermost knots before the plateau and before the end.
const SETTLED_MS = 20 * MINUTE_MS;
const END_MS = 5 * MINUTE_MS;
// So long after the start most of a crowd has come, and after the end most has left.
const COMES_MS = 10 * MINUTE_MS;
const LEAVES_MS = 10 * MINUTE_MS;
// While no end is known it is taken to lie a few minutes ahead, and the newest minute is a few minutes old: it may lie there.
const BEFORE_END_MS = 6 * MINUTE_MS;
// A class takes over from the pool once it has been seen this often.
const POOLING = 2;
const MEMORY = 12;
const SMALLEST_MULTIPLE = 0.01;
// However alike the last broadcasts were, the next one may differ by this much.
const LEAST_SPREAD = 0.03;
// One broadcast moves a knot by at most a factor of e.
const LARGEST_SURPRISE = 1;

/** Nothing learned yet. */
export function firstShapes(): Shapes {
  return FIRST_SHAPES;
}

const FIRST_SHAPES: Shapes = { any: FIRST_GUESS };

/** The shape to plan with for a class of programme: its own, pooled with the shape of any programme. */
export function shapeOf(shapes: Shapes, programmeClass: string): Shape {
  const any = shapes["any"] ?? FIRST_GUESS;
  const own = shapes[programmeClass];
  if (own === undefined) return any;
  const before = pooled.get(own);
  if (before?.any === any) return before.shape;
  const shape = { arrival: pool(any.arrival, own.arrival), departure: pool(any.departure, own.departure) };
  pooled.set(own, { any, shape });
  return shape;
}

// A class is asked for by every occasion of it, at every tick.
const pooled = new WeakMap<Shape, { readonly any: Shape; readonly shape: Shape }>();

/** The multiple of the plateau at `atMs`, and the spread of its logarithm. Zero before anybody arrives and after the decay. */
export function shapeAt(shape: Shape, timing: Timing, atMs: number): { readonly multiple: number; readonly spread: number } {
  const sinceStart = (atMs - timing.startsAtMs) / MINUTE_MS;
  const sinceEnd = (atMs - timing.endsAtMs) / MINUTE_MS;
  if (sinceStart < -ARRIVAL_MS / MINUTE_MS || sinceEnd > DECAY_MS / MINUTE_MS) return { multiple: 0, spread: 0 };
  const arrival = between(shape.arrival, sinceStart);
  const departure = between(shape.departure, sinceEnd);
  return { multiple: arrival.multiple * departure.multiple, spread: Math.sqrt(arrival.spread ** 2 + departure.spread ** 2) };
}

/** Whether its crowd may be coming or leaving in the minute at `atMs`. */
export function isTurning({ startsAtMs, endsAtMs }: Timing, atMs: number): boolean {
  return (
    (atMs >= startsAtMs - ARRIVAL_MS && atMs < startsAtMs + COMES_MS) || (atMs >= endsAtMs - BEFORE_END_MS && atMs < endsAtMs + LEAVES_MS)
  );
}

/** The largest multiple of the plateau over the whole occasion: what the impact threshold is measured at. */
export function peakMultiple(shape: Shape): number {
  const known = peaks.get(shape);
  if (known !== undefined) return known;
  let peak = 0;
  for (const { multiple } of shape.arrival) peak = Math.max(peak, multiple);
  for (const { multiple } of shape.departure) peak = Math.max(peak, multiple);
  peaks.set(shape, peak);
  return peak;
}

const peaks = new WeakMap<Shape, number>();

/** One measured broadcast: when it really ran, and its load above usual as a multiple of its plateau. */
export type ShapeObservation = {
  readonly timing: Timing;
  readonly multiples: readonly { readonly atMs: number; readonly multiple: number }[];
  /** Capacity was short: the broadcast may raise a knot, never lower it. */
  readonly censored: boolean;
};

/** The shapes after one broadcast of a class: O(knots × minutes). Knots without a measured minute within a minute stay as they are. */
export function learnShape(shapes: Shapes, programmeClass: string, observed: ShapeObservation): Shapes {
  const before = withAllKnots(shapes);
  const any = before["any"] ?? FIRST_GUESS;
  return { ...before, any: learn(any, observed), [programmeClass]: learn(before[programmeClass] ?? unseen(any), observed) };
}

/** The same shapes with every knot there is today: what was stored by an earlier version has fewer. */
function withAllKnots(shapes: Shapes): Shapes {
  const isWhole = ({ arrival, departure }: Shape): boolean =>
    arrival.length === FIRST_GUESS.arrival.length && departure.length === FIRST_GUESS.departure.length;
  if (Object.values(shapes).every(isWhole)) return shapes;
  const filled = (knots: readonly Knot[], all: readonly Knot[]): readonly Knot[] =>
    all.map(({ minute }) => knots.find((k) => k.minute === minute) ?? { ...interpolated(knots, minute), minute, count: 0 });
  return Object.fromEntries(
    Object.entries(shapes).map(([name, { arrival, departure }]) => [
      name,
      { arrival: filled(arrival, FIRST_GUESS.arrival), departure: filled(departure, FIRST_GUESS.departure) },
    ]),
  );
}

function learn(shape: Shape, { timing, multiples, censored }: ShapeObservation): Shape {
  const { startsAtMs, endsAtMs } = timing;
  return {
    // Near the end the departure rules, and soon after the start the arrival: neither is seen there by itself.
    arrival: shape.arrival.map((k) =>
      startsAtMs + k.minute * MINUTE_MS > endsAtMs - END_MS ? k : absorb(k, seenAt(multiples, startsAtMs, k), censored),
    ),
    departure: shape.departure.map((k) =>
      endsAtMs + k.minute * MINUTE_MS < startsAtMs + SETTLED_MS ? k : absorb(k, seenAt(multiples, endsAtMs, k), censored),
    ),
  };
}

function seenAt(observed: ShapeObservation["multiples"], originMs: number, k: Knot): number | undefined {
  const atMs = originMs + k.minute * MINUTE_MS;
  const reachMs = Math.abs(k.minute) <= BY_MINUTE ? MINUTE_MS / 2 : MINUTE_MS;
  const near = observed.filter((point) => Math.abs(point.atMs - atMs) <= reachMs);
  if (near.length === 0) return undefined;
  return near.reduce((sum, point) => sum + point.multiple, 0) / near.length;
}

function absorb(k: Knot, seen: number | undefined, censored: boolean): Knot {
  if (seen === undefined || (censored && seen < k.multiple)) return k;
  const surprise = Math.log(Math.max(SMALLEST_MULTIPLE, seen)) - Math.log(k.multiple);
  const bounded = Math.min(LARGEST_SURPRISE, Math.max(-LARGEST_SURPRISE, surprise));
  const kept = Math.min(k.count, MEMORY - 1);
  // The first guess weighs as much as one broadcast.
  const weight = 1 / (kept + 2);
  const variance = (1 - weight) * (k.spread ** 2 + weight * bounded ** 2);
  return {
    minute: k.minute,
    multiple: Math.exp(Math.log(k.multiple) + weight * bounded),
    spread: Math.max(LEAST_SPREAD, Math.sqrt(variance)),
    count: kept + 1,
  };
}

function pool(any: readonly Knot[], own: readonly Knot[]): readonly Knot[] {
  return any.map((a, i) => {
    const o = own[i] ?? a;
    const share = o.count / (o.count + POOLING);
    return {
      minute: a.minute,
      multiple: Math.exp((1 - share) * Math.log(a.multiple) + share * Math.log(o.multiple)),
      spread: (1 - share) * a.spread + share * o.spread,
      count: o.count,
    };
  });
}

function unseen(shape: Shape): Shape {
  const reset = (k: Knot): Knot => ({ ...k, count: 0 });
  return { arrival: shape.arrival.map(reset), departure: shape.departure.map(reset) };
}

type Point = { readonly multiple: number; readonly spread: number };

const wholeMinutes = new WeakMap<readonly Knot[], readonly Point[]>();

/** Between two knots it runs straight, before the first and after the last it stays. Whole minutes are worked out once. */
function between(knots: readonly Knot[], minute: number): Point {
  const first = knots[0]?.minute;
  const last = knots.at(-1)?.minute;
  if (first === undefined || last === undefined) return { multiple: 1, spread: 0 };
  const place = Math.min(last, Math.max(first, minute)) - first;
  if (!Number.isInteger(place)) return interpolated(knots, minute);
  let points = wholeMinutes.get(knots);
  if (points === undefined) {
    points = Array.from({ length: Math.floor(last - first) + 1 }, (_, nth) => interpolated(knots, first + nth));
    wholeMinutes.set(knots, points);
  }
  return points[place] ?? interpolated(knots, minute);
}

function interpolated(knots: readonly Knot[], minute: number): Point {
  let left = knots[0];
  if (left === undefined || minute <= left.minute) return left ?? { multiple: 1, spread: 0 };
  for (const right of knots) {
    if (minute <= right.minute) {
      const share = right.minute === left.minute ? 0 : (minute - left.minute) / (right.minute - left.minute);
      return {
        multiple: left.multiple + share * (right.multiple - left.multiple),
        spread: left.spread + share * (right.spread - left.spread),
      };
    }
    left = right;
  }
  return left;
}

function knot(minute: number, multiple: number, spread: number): Knot {
  return { minute, multiple, spread, count: 0 };
}
