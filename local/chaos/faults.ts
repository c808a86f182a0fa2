import { derive, uniform } from "../../shared/core/simulate/seeded.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { EVENING_MINUTES, type Family } from "./family.ts";

/** What one call to a control plane meets. `lost-done`: it took effect and the answer was lost; `lost`: it never arrived. */
export type CallFate = "served" | "throttled" | "refused" | "lost-done" | "lost";

/** What goes wrong around Calltime on one evening. Each fate is a pure function of where and when, so that a replay meets the same. */
export type Faults = {
  /** Fate of the `nth` call of a tick to set the minimum, or a booking, of a target. */
  readonly call: (targetId: string, atMs: number, nth: number) => CallFate;
  /** Whether a target cannot be described at a tick. */
  readonly dark: (targetId: string, atMs: number) => boolean;
  /** From when on the metrics of a minute can be read; infinity: they were never published. */
  readonly readableFrom: (what: string, atMs: number) => number;
  /** Whether a call for metrics is throttled. */
  readonly metricsThrottled: (what: string, atMs: number) => boolean;
  /** Whether the bus refuses one event, or (for the id of none) the whole call. */
  readonly busRefuses: (eventId: string, atMs: number) => boolean;
  /** Whether a subscriber fails at an event, at its `nth` try. */
  readonly subscriberFails: (eventId: string, nth: number) => boolean;
  /** Minimums that somebody outside sets. */
  readonly outside: readonly { readonly atMs: number; readonly targetId: string; readonly share: number }[];
};

/** A stretch [fromMs, toMs) of trouble at one target, or at all of them. */
type Stretch = { readonly fromMs: number; readonly toMs: number; readonly targetId: string | undefined };

const PUBLISHED_AFTER_MS = 2 * MINUTE_MS;

/** The faults of an evening's seed. A third of the evenings are calm. */
export function faultsOf(family: Family, eveningSeed: number): Faults {
  const seed = derive(eveningSeed, "faults");
  const calm = uniform(seed, "calm") < 1 / 3;
  const rate = (name: string, most: number): number => (calm || uniform(seed, name) < 0.4 ? 0 : most * uniform(seed, name, "rate"));
  const stretches = (name: string, share: number, most: number, longestMinutes: number): readonly Stretch[] =>
    calm || uniform(seed, name) >= share
      ? []
      : Array.from({ length: 1 + Math.floor(most * uniform(seed, name, "count")) }, (_, nth) => {
          const fromMs = family.fromMs + Math.floor(EVENING_MINUTES * uniform(seed, name, "from", nth)) * MINUTE_MS;
          const toMs = fromMs + (1 + Math.floor(longestMinutes * uniform(seed, name, "for", nth))) * MINUTE_MS;
          const which = Math.floor((family.targets.length + 1) * uniform(seed, name, "target", nth));
          return { fromMs, toMs, targetId: family.targets[which]?.id };
        });
  const within = (all: readonly Stretch[], targetId: string, atMs: number): boolean =>
    all.some((each) => atMs >= each.fromMs && atMs < each.toMs && (each.targetId === undefined || each.targetId === targetId));

  const throttled = rate("throttled", 0.25);
  const lostDone = rate("lost-done", 0.1);
  const lost = rate("lost", 0.1);
  const dark = rate("dark", 0.1);
  const late = rate("late-metrics", 0.2);
  const metricsThrottled = rate("metrics-throttled", 0.08);
  const busRefuses = rate("bus", 0.2);
  const subscriberFails = rate("subscriber", 0.3);
  const throttling = stretches("throttling", 0.3, 2, 8);
  const refusing = stretches("refusing", 0.15, 1, 12);
  const gaps = stretches("gaps", 0.3, 2, 15);
  const resets = stretches("outside", 0.3, 2, 1);
  const contested = stretches("contested", 0.1, 1, 10);

  return {
    call: (targetId, atMs, nth) => {
      if (within(refusing, targetId, atMs)) return "refused";
      if (within(throttling, targetId, atMs)) return "throttled";
      const fate = uniform(seed, "call", targetId, atMs, nth);
      if (fate < throttled) return "throttled";
      if (fate < throttled + lostDone) return "lost-done";
      return fate < throttled + lostDone + lost ? "lost" : "served";
    },
    dark: (targetId, atMs) => uniform(seed, "dark-at", targetId, atMs) < dark,
    readableFrom: (what, atMs) => {
      if (within(gaps, what, atMs)) return Number.POSITIVE_INFINITY;
      const extra = uniform(seed, "late-at", what, atMs) < late ? 1 + Math.floor(3 * uniform(seed, "late-by", what, atMs)) : 0;
      return atMs + PUBLISHED_AFTER_MS + extra * MINUTE_MS;
    },
    metricsThrottled: (what, atMs) => uniform(seed, "metrics-at", what, atMs) < metricsThrottled,
    busRefuses: (eventId, atMs) => uniform(seed, "bus-at", eventId, atMs) < busRefuses,
    subscriberFails: (eventId, nth) => uniform(seed, "subscriber-at", eventId, nth) < subscriberFails,
    outside: [...resets.map((each) => ({ ...each, times: 1 })), ...contested.map((each) => ({ ...each, times: 5 }))].flatMap(
      ({ fromMs, targetId, times }) =>
        Array.from({ length: times }, (_, nth) => ({
          atMs: fromMs + 2 * nth * MINUTE_MS,
          targetId: targetId ?? family.targets[0]?.id ?? "",
          // Back to the customer's own minimum, or to some number in between.
          share: uniform(seed, "outside-share", fromMs, nth) < 0.7 ? 0 : uniform(seed, "outside-how-far", fromMs, nth),
        })),
    ),
  };
}
