import type { AnyEvent } from "../../events/index.ts";
import type { EventBus } from "../../shared/app/ports.ts";
import type { LocalBus } from "../bus.ts";
import type { Faults } from "./faults.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { derive, uniform } from "../../shared/core/simulate/seeded.ts";

/** One delivery that was given up. */
type Dead = { readonly event: AnyEvent; readonly tries: number; readonly diedAtMs: number };

/** A bus that delivers at least once, in no promised order: late, twice, and not at all to those who fail too often. */
export type DisorderlyBus = EventBus &
  Pick<LocalBus, "subscribe"> & {
    /** Hands out what is due at `now`, and then what that published. */
    readonly deliver: (now: number) => Promise<void>;
    /** Goes on until nothing waits. Dead letters are handed out once more, and stay when that fails too. */
    readonly settle: (now: number) => Promise<void>;
    /** Whether anybody has subscribed to events of a type. */
    readonly hears: (type: AnyEvent["type"]) => boolean;
    readonly accounts: () => {
      readonly delivered: number;
      readonly waiting: number;
      readonly dead: readonly Dead[];
    };
  };

type Waiting = { readonly event: AnyEvent; readonly dueMs: number; readonly tries: number; readonly copy: number };

const MOST_TRIES = 3;
const DUPLICATES = 0.05;
const DELAYED = 0.15;

/** An empty bus. What nobody has subscribed to is accepted, and gone. */
export function disorderlyBus(seed: number, faults: Faults, now: () => number): DisorderlyBus {
  const handlers = new Map<AnyEvent["type"], (event: AnyEvent) => Promise<void>>();
  let waiting: Waiting[] = [];
  const dead: Dead[] = [];
  let delivered = 0;
  const attempt = async ({ event, tries, copy }: Waiting, at: number): Promise<void> => {
    try {
      if (faults.subscriberFails(event.id, tries)) throw new Error("the subscriber fell over");
      await handlers.get(event.type)?.(event);
      if (copy === 0) delivered += 1;
    } catch {
      if (copy > 0) return;
      if (tries + 1 >= MOST_TRIES) dead.push({ event, tries: tries + 1, diedAtMs: at });
      else waiting.push({ event, dueMs: at + (tries + 1) * MINUTE_MS, tries: tries + 1, copy });
    }
  };
  const round = async (at: number): Promise<boolean> => {
    const due = waiting.filter(({ dueMs }) => dueMs <= at);
    if (due.length === 0) return false;
    waiting = waiting.filter(({ dueMs }) => dueMs > at);
    due.sort((a, b) => derive(seed, "order", a.event.id, at) - derive(seed, "order", b.event.id, at));
    for (const one of due) await attempt(one, at);
    return true;
  };
  const deliver = async (at: number): Promise<void> => {
    while (await round(at));
  };
  return {
    publish: async (events) => {
      const atMs = now();
      if (faults.busRefuses("", atMs)) throw new Error("the bus is gone");
      return events.map((event) => {
        if (faults.busRefuses(event.id, atMs)) return { kind: "failed", code: "ThrottlingException", reason: "the bus is busy" };
        if (!handlers.has(event.type)) return { kind: "accepted" };
        const delayTicks = uniform(seed, "delayed", event.id) < DELAYED ? 1 + Math.floor(4 * uniform(seed, "delay", event.id)) : 0;
        waiting.push({ event, dueMs: atMs + delayTicks * MINUTE_MS, tries: 0, copy: 0 });
        if (uniform(seed, "twice", event.id) < DUPLICATES) waiting.push({ event, dueMs: atMs + MINUTE_MS, tries: 0, copy: 1 });
        return { kind: "accepted" };
      });
    },
    subscribe: (name, type, handle) => {
      if (handlers.has(type)) throw new RangeError(`${name}: ${type} has its subscriber already`);
      // An event of `type` is all that it is ever called with.
      handlers.set(type, handle as unknown as (event: AnyEvent) => Promise<void>);
    },
    deliver,
    settle: async (at) => {
      for (let later = at; waiting.length > 0; later += MINUTE_MS) await deliver(later);
    },
    hears: (type) => handlers.has(type),
    accounts: () => ({ delivered, waiting: waiting.filter(({ copy }) => copy === 0).length, dead }),
  };
}
