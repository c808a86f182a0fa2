import type { AnyEvent } from "../../events/index.ts";
import type { EventBus } from "../../shared/app/ports.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import type { LocalBus } from "../bus.ts";

/** A bus in memory that takes everything, and hands it out once, in the order in which it came. */
export type MemoryBus = EventBus &
  Pick<LocalBus, "subscribe"> & {
    /** All that it kept, oldest first. */
    readonly accepted: readonly AnyEvent[];
    /** Hands out what has not been, and then what that published. Throws what a subscriber throws, and `delivery-endless`. */
    readonly deliver: () => Promise<void>;
  };

// A chain of events that cause events is short; one this long goes round in a circle.
const MOST_DELIVERIES = 10_000;

/** An empty bus. It keeps all events, or those alone that somebody has subscribed to when they come. */
export function memoryBus(keeps: "all" | "subscribed" = "all"): MemoryBus {
  const accepted: AnyEvent[] = [];
  const handlers = new Map<AnyEvent["type"], ((event: AnyEvent) => Promise<void>)[]>();
  let handedOut = 0;
  return {
    accepted,
    carries: (type) => keeps === "all" || handlers.has(type),
    publish: async (events) => {
      for (const event of events) if (keeps === "all" || handlers.has(event.type)) accepted.push(event);
      return events.map(() => ({ kind: "accepted" }));
    },
    subscribe: (_name, type, handle) => {
      // An event of `type` is all that it is ever called with.
      handlers.set(type, [...(handlers.get(type) ?? []), handle as unknown as (event: AnyEvent) => Promise<void>]);
    },
    deliver: async () => {
      const bound = handedOut + MOST_DELIVERIES;
      for (let event = accepted[handedOut]; event !== undefined; event = accepted[handedOut]) {
        if (handedOut === bound)
          throw new CalltimeError("delivery-endless", `bus: ${MOST_DELIVERIES} events in one delivery; break the circle of subscribers`);
        handedOut += 1;
        for (const handle of handlers.get(event.type) ?? []) await handle(event);
      }
    },
  };
}
