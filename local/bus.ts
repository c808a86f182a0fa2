import { jsonBytes, MAX_EVENT_BYTES, msOf, parseEvent, type AnyEvent } from "../events/index.ts";
import type { EventBus, PublishOutcome } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import type { Database } from "./database.ts";
import { outboxOf, type DeadLetter, type Progress, type Undelivered } from "./outbox.ts";

/** Settings of delivery. What is left out takes the value named here. */
export type DeliverySettings = {
  /** Deliveries tried before a subscriber's event becomes a dead letter; 3. */
  readonly tries?: number;
  /** Ticks (platform minutes) to wait after a failed try, by try; the last one repeats; 1, then 2. Each is at least 1. */
  readonly backOffTicks?: readonly number[];
  /** Rounds of one delivery: how long a chain of events causing events may be; 32. */
  readonly maxRounds?: number;
};

/** What an event is handed to. What it writes to the store is undone when it throws, and it is called again later. */
export type Handle<Type extends AnyEvent["type"]> = (event: Extract<AnyEvent, { readonly type: Type }>) => Promise<void>;

/** One try that failed. `final`: it was the last one, the event is a dead letter now. */
export type FailedTry = {
  readonly event: AnyEvent;
  readonly subscriber: string;
  readonly tries: number;
  readonly final: boolean;
  readonly reason: string;
};

/** What one delivery did. */
export type Delivered = { readonly delivered: number; readonly failed: readonly FailedTry[] };

/** The bus in one process. Accepted events are kept in the store until each subscriber has had them or they are dead letters. */
export type LocalBus = EventBus & {
  /** Has `handle` called for events of `type`. `name` is what the store remembers: the same at every start. Throws `subscriber-duplicate`. */
  subscribe<Type extends AnyEvent["type"]>(name: string, type: Type, handle: Handle<Type>): void;
  /**
   * Hands out, in the order of acceptance, all that is due at `nowMs`, and then what that published, until nothing is due. Throws
   * `delivery-endless` when events keep causing events, and `delivery-nested` when a subscriber calls it.
   */
  deliver(nowMs: number): Promise<Delivered>;
  /** What was given up, oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Has a dead letter tried again, for its subscriber alone, at the next `deliver`. Throws `dead-letter-unknown`. */
  redrive(id: number): Promise<void>;
};

type Subscription = { readonly name: string; readonly type: AnyEvent["type"]; readonly handle: (event: AnyEvent) => Promise<void> };
type Due = { readonly seq: number; readonly event: AnyEvent; readonly subscription: Subscription; readonly tries: number };

/** The bus over the local store; in memory when the store is. */
export function localBus(database: Database, settings: DeliverySettings = {}): LocalBus {
  const { tries: maxTries = 3, backOffTicks = [1, 2], maxRounds = 32 } = settings;
  const outbox = outboxOf(database);
  const subscriptions: Subscription[] = [];
  let delivering = false;

  const due = (nowMs: number): readonly Due[] => {
    const all: Due[] = [];
    for (const undelivered of outbox.undelivered()) {
      const { seq, event, progress } = undelivered;
      const mine = subscriptions.filter(({ type }) => type === event.type);
      if (isSettled(undelivered, mine)) outbox.settle(seq);
      for (const subscription of mine) {
        const known = progress.get(subscription.name);
        if (known === undefined || (known.state === "retry" && known.atMs <= nowMs)) {
          all.push({ seq, event, subscription, tries: known?.tries ?? 0 });
        }
      }
    }
    return all;
  };

  /** One try. The mark and all that the subscriber wrote are kept together; a kill before that leaves neither. */
  const attempt = async ({ seq, event, subscription, tries: before }: Due, nowMs: number): Promise<FailedTry | undefined> => {
    const subscriber = subscription.name;
    const tries = before + 1;
    const note = (progress: Progress) => database.operation(() => outbox.note(seq, progress));
    try {
      await database.transaction(async () => {
        await subscription.handle(event);
        await note({ subscriber, state: "done", tries, atMs: nowMs, reason: "" });
      });
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const final = tries >= maxTries;
      const waitTicks = Math.max(1, backOffTicks[tries - 1] ?? backOffTicks.at(-1) ?? 1);
      await note({ subscriber, state: final ? "dead" : "retry", tries, atMs: final ? nowMs : nowMs + waitTicks * MINUTE_MS, reason });
      return { event, subscriber, tries, final, reason };
    }
  };

  const deliver = async (nowMs: number): Promise<Delivered> => {
    let delivered = 0;
    const failed: FailedTry[] = [];
    for (let round = 0; ; round += 1) {
      const batch = await database.transaction(() => database.operation(() => due(nowMs)));
      if (batch.length === 0) return { delivered, failed };
      if (round === maxRounds) {
        const types = [...new Set(batch.map(({ event }) => event.type))].join(", ");
        throw new CalltimeError(
          "delivery-endless",
          `bus: after ${maxRounds} rounds events still cause events (${types}); break the circle of subscribers`,
        );
      }
      for (const one of batch) {
        const failure = await attempt(one, nowMs);
        if (failure === undefined) delivered += 1;
        else failed.push(failure);
      }
    }
  };

  return {
    publish: async (events) =>
      database.transaction(async () => {
        const outcomes: PublishOutcome[] = [];
        for (const event of events) outcomes.push(await database.operation(() => accept(event, outbox.add)));
        return outcomes;
      }),
    subscribe: (name, type, handle) => {
      if (subscriptions.some((other) => other.name === name && other.type === type)) {
        throw new CalltimeError("subscriber-duplicate", `bus: "${name}" already subscribes to ${type}; give each subscriber its own name`);
      }
      // An event of `type` is all that `due` ever pairs it with.
      subscriptions.push({ name, type, handle: handle as unknown as Subscription["handle"] });
    },
    deliver: async (nowMs) =>
      database.exclusively(async () => {
        if (delivering)
          throw new CalltimeError("delivery-nested", "bus: a subscriber cannot deliver; publish, and it goes out in the next round");
        delivering = true;
        try {
          return await deliver(nowMs);
        } finally {
          delivering = false;
        }
      }),
    deadLetters: async () => database.operation(() => outbox.dead()),
    redrive: async (id) => {
      const revived = await database.transaction(() => database.operation(() => outbox.revive(id)));
      if (!revived)
        throw new CalltimeError(
          "dead-letter-unknown",
          `bus: there is no dead letter ${id}; see the list of dead letters for those there are`,
        );
    },
  };
}

/** True when nobody is left to be tried: each subscriber had it or gave up, and no retry waits for one that is not here today. */
function isSettled({ progress }: Undelivered, subscriptions: readonly Subscription[]): boolean {
  const retrying = [...progress.values()].some(({ state }) => state === "retry");
  return !retrying && subscriptions.every(({ name }) => progress.has(name));
}

function accept(event: AnyEvent, add: (event: AnyEvent, atMs: number) => void): PublishOutcome {
  try {
    const checked = parseEvent(event);
    const bytes = jsonBytes(checked);
    if (bytes > MAX_EVENT_BYTES) {
      return { kind: "failed", code: "event-too-large", reason: `${bytes} bytes as JSON, at most ${MAX_EVENT_BYTES} fit on the bus` };
    }
    add(checked, msOf(checked.at));
    return { kind: "accepted" };
  } catch (error) {
    // A fault of the event is its own outcome; a fault of the store is everybody's.
    if (error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("event-")) {
      return { kind: "failed", code: error.code, reason: error.message };
    }
    throw error;
  }
}
