import { eventForTheBus, EventError, msOf, type AnyEvent } from "../events/index.ts";
import type { DeadLetters, EventBus, PublishOutcome } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import type { Database } from "./database.ts";
import { disorderOf, ORDER, type DisorderSettings } from "./disorder.ts";
import { outboxOf, type Death, type KnownLetter, type Progress, type Undelivered } from "./outbox.ts";

/** Settings of delivery. What is left out takes the value named here. */
export type DeliverySettings = {
  /** Deliveries tried before a subscriber's event becomes a dead letter; 3. */
  readonly tries?: number;
  /** Ticks (platform minutes) to wait after a failed try, by try; the last one repeats; 1, then 2. Each is at least 1. */
  readonly backOffTicks?: readonly number[];
  /** Rounds of one delivery: how long a chain of events causing events may be; 32. */
  readonly maxRounds?: number;
  /**
   * False where a subscriber reaches out of the store, to a cloud that undoes nothing: what it wrote before it threw, or was killed,
   * stays then, and the event comes again; true.
   */
  readonly undoes?: boolean;
  /** How the bus misbehaves; not at all. */
  readonly disorder?: DisorderSettings;
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

/** What going on to the end did: all deliveries, and the instant of the last one. */
export type Settled = Delivered & { readonly atMs: number };

/** The bus in one process. Accepted events are kept in the store until each subscriber has had them or they are dead letters. */
export type LocalBus = EventBus &
  Pick<DeadLetters, "redrive"> & {
    /** Has `handle` called for events of `type`. `name` is what the store remembers: the same at every start. Throws `subscriber-duplicate`. */
    subscribe<Type extends AnyEvent["type"]>(name: string, type: Type, handle: Handle<Type>): void;
    /**
     * Hands out, in the order of acceptance, all that is due at `nowMs`, and then what that published, until nothing is due. Throws
     * `delivery-endless` when events keep causing events, and `delivery-nested` when a subscriber calls it.
     */
    deliver(nowMs: number): Promise<Delivered>;
    /**
     * Goes on delivering from `nowMs`, as if time passed, until each subscriber has had each event or it is a dead letter. What waits for a
     * subscriber that is not here stays. Throws as `deliver`, and `delivery-endless` when the end does not come.
     */
    settle(nowMs: number): Promise<Settled>;
    /** Every time that a delivery was given up, oldest first, and what has become of it. */
    deaths(): Promise<readonly Death[]>;
    /** Those that lie there now, oldest first. */
    deadLetters(): Promise<readonly KnownLetter[]>;
  };

// A day of ticks: by then the longest delay and the last retry of any chain of events is over.
const MOST_SETTLING_ROUNDS = 1_440;
/** The reason of a delivery that was made a second time, as a bus may. */
const COPIED = "delivered twice";

type Subscription = { readonly name: string; readonly type: AnyEvent["type"]; readonly handle: (event: AnyEvent) => Promise<void> };
type Due = {
  readonly seq: number;
  readonly event: AnyEvent;
  readonly subscription: Subscription;
  readonly tries: number;
  /** A second delivery of what was delivered before. */
  readonly copy: boolean;
  readonly dueMs: number;
};

/** The bus over the local store; in memory when the store is. */
export function localBus(database: Database, settings: DeliverySettings = {}): LocalBus {
  const { tries: maxTries = 3, backOffTicks = [1, 2], maxRounds = 32, undoes = true } = settings;
  const disorder = settings.disorder === undefined ? ORDER : disorderOf(settings.disorder);
  const outbox = outboxOf(database);
  const subscriptions: Subscription[] = [];
  let delivering = false;

  /** What is still to be delivered, and from when on. What is settled with everybody is taken out. */
  const waiting = (): readonly Due[] => {
    const all: Due[] = [];
    for (const undelivered of outbox.undelivered()) {
      const { seq, event, progress } = undelivered;
      const mine = subscriptions.filter(({ type }) => type === event.type);
      const open = mine.flatMap((subscription): Due[] => {
        const known = progress.get(subscription.name);
        const due = dueOf(event, subscription.name, known);
        return due === undefined ? [] : [{ seq, event, subscription, tries: known?.tries ?? 0, ...due }];
      });
      if (open.length === 0 && isSettled(undelivered)) outbox.settle(seq);
      all.push(...open);
    }
    return all;
  };

  const dueOf = (event: AnyEvent, subscriber: string, known: Progress | undefined): Pick<Due, "copy" | "dueMs"> | undefined => {
    if (known === undefined) return { copy: false, dueMs: disorder.dueMs(event, subscriber) };
    if (known.state === "retry") return { copy: false, dueMs: known.atMs };
    if (known.state === "dead" || known.reason === COPIED) return undefined;
    const dueMs = disorder.copyDueMs(event, subscriber, known.atMs);
    return dueMs === undefined ? undefined : { copy: true, dueMs };
  };

  /** One try. The mark and all that the subscriber wrote are kept together; a kill before that leaves neither. */
  const attempt = async ({ seq, event, subscription, tries: before, copy }: Due, nowMs: number): Promise<FailedTry | undefined> => {
    const subscriber = subscription.name;
    const tries = copy ? before : before + 1;
    const note = (progress: Progress) => database.operation(() => outbox.note(seq, progress));
    const done: Progress = { subscriber, state: "done", tries, atMs: nowMs, reason: copy ? COPIED : "" };
    const handle = async (): Promise<void> => {
      await subscription.handle(event);
      await note(done);
    };
    try {
      await (undoes ? database.transaction(handle) : handle());
      return undefined;
    } catch (error) {
      if (copy) {
        // It was delivered before: a copy that fails is nobody's loss.
        await note(done);
        return undefined;
      }
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
      const batch = disorder.inOrder(
        await database.transaction(() => database.operation(() => waiting().filter(({ dueMs }) => dueMs <= nowMs))),
      );
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

  const delivery = <T>(work: () => Promise<T>): Promise<T> =>
    database.exclusively(async () => {
      if (delivering)
        throw new CalltimeError("delivery-nested", "bus: a subscriber cannot deliver; publish, and it goes out in the next round");
      delivering = true;
      try {
        return await work();
      } finally {
        delivering = false;
      }
    });

  const settle = async (nowMs: number): Promise<Settled> => {
    let delivered = 0;
    const failed: FailedTry[] = [];
    let atMs = nowMs;
    for (let round = 0; round < MOST_SETTLING_ROUNDS; round += 1) {
      const one = await deliver(atMs);
      delivered += one.delivered;
      failed.push(...one.failed);
      const left = await database.operation(() => waiting().map(({ dueMs }) => dueMs));
      if (left.length === 0) return { delivered, failed, atMs };
      atMs = Math.min(...left);
    }
    throw new CalltimeError(
      "delivery-endless",
      `bus: after ${MOST_SETTLING_ROUNDS} rounds there is still something to deliver; break the circle of subscribers`,
    );
  };

  return {
    publish: async (events) => {
      const outcomes = await database.transaction(async () => {
        const taken: PublishOutcome[] = [];
        for (const event of events) taken.push(disorder.refusal(event) ?? (await database.operation(() => accept(event, outbox.add))));
        return taken;
      });
      if (disorder.losesAnswer(events))
        throw new CalltimeError("bus-answer-lost", "bus: the answer was lost; publish the same events again, what was taken keeps its id");
      return outcomes;
    },
    subscribe: (name, type, handle) => {
      if (subscriptions.some((other) => other.name === name && other.type === type)) {
        throw new CalltimeError("subscriber-duplicate", `bus: "${name}" already subscribes to ${type}; give each subscriber its own name`);
      }
      // An event of `type` is all that `due` ever pairs it with.
      subscriptions.push({ name, type, handle: handle as unknown as Subscription["handle"] });
    },
    deliver: (nowMs) => delivery(() => deliver(nowMs)),
    settle: (nowMs) => delivery(() => settle(nowMs)),
    deadLetters: async () => database.operation(() => outbox.dead()),
    deaths: async () => database.operation(() => outbox.deaths()),
    redrive: (id, now) =>
      database.transaction(() =>
        database.operation(() => {
          const letter = outbox.dead().find((dead) => dead.id === id);
          if (letter !== undefined) outbox.revive(Number(id), now);
          return letter;
        }),
      ),
  };
}

/** True when no retry waits for a subscriber that is not here today. */
function isSettled({ progress }: Undelivered): boolean {
  return [...progress.values()].every(({ state }) => state !== "retry");
}

function accept(event: AnyEvent, add: (event: AnyEvent, atMs: number) => void): PublishOutcome {
  try {
    const checked = eventForTheBus(event);
    add(checked, msOf(checked.at));
    return { kind: "accepted" };
  } catch (error) {
    // A fault of the event is its own outcome; a fault of the store is everybody's.
    if (error instanceof EventError) return { kind: "failed", code: error.code, reason: error.message };
    throw error;
  }
}
