import { msOf, type AnyEvent } from "../events/index.ts";
import type { PublishOutcome } from "../shared/app/ports.ts";
import { derive, uniform } from "../shared/core/simulate/seeded.ts";
import { MINUTE_MS } from "../shared/core/time.ts";

/** How a bus misbehaves. Shares are from 0 to 1; what is left out does not happen. It loses nothing: delivery is at least once. */
export type DisorderSettings = {
  readonly seed: number;
  /** Platform time: what is refused in one minute may be taken in the next. */
  readonly nowMs: () => number;
  /** Deliveries that are made twice, the second time up to `longestDelayTicks` later. */
  readonly duplicateShare?: number;
  /** Deliveries that change places with those due at the same time. */
  readonly reorderShare?: number;
  /** Deliveries that come late. */
  readonly delayShare?: number;
  /** The longest delay, in ticks (platform minutes); 4. */
  readonly longestDelayTicks?: number;
  /** Events that are refused, each by itself: some of a batch are taken and others not. */
  readonly refusedShare?: number;
  /** Calls whose events are taken while the answer never comes: `publish` throws. */
  readonly lostAnswerShare?: number;
};

/** What disorder does to each event. Every draw is named by the event, so a resumed run draws what an uninterrupted one would. */
export type Disorder = {
  /** When an event may first be delivered to a subscriber. */
  readonly dueMs: (event: AnyEvent, subscriber: string) => number;
  /** When it is delivered a second time, or undefined when it is not. */
  readonly copyDueMs: (event: AnyEvent, subscriber: string, deliveredAtMs: number) => number | undefined;
  /** Deliveries due at the same time, in the order in which they are made. */
  readonly inOrder: <One extends { readonly event: AnyEvent }>(due: readonly One[]) => readonly One[];
  /** The outcome of an event that is not taken, or undefined when it is. */
  readonly refusal: (event: AnyEvent) => PublishOutcome | undefined;
  readonly losesAnswer: (events: readonly AnyEvent[]) => boolean;
};

/** None at all. */
export const ORDER: Disorder = {
  dueMs: () => 0,
  copyDueMs: () => undefined,
  inOrder: (due) => due,
  refusal: () => undefined,
  losesAnswer: () => false,
};

/** Disorder as a setting says. */
export function disorderOf(settings: DisorderSettings): Disorder {
  const { seed, nowMs, duplicateShare = 0, reorderShare = 0, delayShare = 0, longestDelayTicks = 4 } = settings;
  const { refusedShare = 0, lostAnswerShare = 0 } = settings;
  return {
    dueMs: (event, subscriber) => {
      if (uniform(seed, "late", event.id, subscriber) >= delayShare) return 0;
      return msOf(event.at) + (1 + (derive(seed, "how late", event.id, subscriber) % longestDelayTicks)) * MINUTE_MS;
    },
    copyDueMs: (event, subscriber, deliveredAtMs) => {
      if (uniform(seed, "twice", event.id, subscriber) >= duplicateShare) return undefined;
      return deliveredAtMs + (derive(seed, "the second", event.id, subscriber) % (longestDelayTicks + 1)) * MINUTE_MS;
    },
    inOrder: (due) =>
      due
        .map((one, index) => {
          const moved = uniform(seed, "moved", one.event.id) < reorderShare;
          return { one, place: moved ? uniform(seed, "place", one.event.id) * due.length : index };
        })
        .sort((a, b) => a.place - b.place)
        .map(({ one }) => one),
    refusal: (event) => {
      if (uniform(seed, "refused", event.id, nowMs()) >= refusedShare) return undefined;
      return { kind: "failed", code: "bus-busy", reason: "the bus was busy; publish it again" };
    },
    losesAnswer: ([first]) => first !== undefined && uniform(seed, "lost", first.id, nowMs()) < lostAnswerShare,
  };
}
