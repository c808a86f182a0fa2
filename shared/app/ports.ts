import type { AnyEvent } from "../../events/index.ts";
import type { AudienceMinute, LoadMinute } from "../core/measurement.ts";
import type { TargetLimits } from "../core/plan/limits.ts";
import type { Reason } from "../core/plan/plan.ts";
import type { TickEvidence } from "../core/score.ts";
import type { Chunk } from "../feeds/schedule-chunks.ts";
import type { CachedRelation, Relation } from "../core/warm/buffer-cache.ts";

/** Outcome of a conditional write. `conflict`: somebody else wrote first; read again and decide again. */
export type WriteOutcome = "written" | "conflict";

/** A document and the version to hand back when replacing it. */
export type Versioned<T> = { readonly value: T; readonly version: number };

/** Any value that survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * Small state with a version: plans, models, cues sent, intended floors, overrides. Keys are `/`-separated paths of
 * `[A-Za-z0-9._~()+ -]` segments, 1,000 characters at most; a value is at most 400,000 bytes as JSON in UTF-8.
 */
export interface DocumentStore {
  /** The newest document, or undefined when there is none. */
  read(key: string): Promise<Versioned<Json> | undefined>;
  /** Writes when the stored version is `expected` (0: the document must not exist yet). Versions count up from 1. */
  write(key: string, value: Json, expected: number): Promise<WriteOutcome>;
  /** All documents whose key starts with `prefix`, sorted by key in code-unit order. */
  list(prefix: string): Promise<readonly { readonly key: string; readonly value: Json; readonly version: number }[]>;
  /** Removes when the stored version is `expected`. Removing what is not there is `written`: the second time is harmless. */
  remove(key: string, expected: number): Promise<WriteOutcome>;
}

/** One published generation of one feed's schedule. Generations count up from 1. */
export type Generation = {
  readonly feedId: string;
  readonly generation: number;
  /** When the upload that it was read from was stored: from then on it is in force, whenever it was read. Never before its predecessor's. */
  readonly publishedAtMs: number;
  /** What it lists: the hash of the chunk that holds its manifest. */
  readonly contentHash: string;
  /** When the newest upload that is known to list the same was stored: its own, until another confirmed it. */
  readonly confirmedAtMs: number;
};

/** A generation to be published: nothing confirmed it yet. */
export type NextGeneration = Omit<Generation, "confirmedAtMs">;

/** Which generation of each feed is in force. One conditional write makes the next one visible: readers see one or the other, never a mix. */
export interface ScheduleStore {
  /** The generation in force for `feedId`, or undefined when none was ever published. */
  current(feedId: string): Promise<Generation | undefined>;
  /** The generation that was in force for `feedId` at `atMs`, or undefined when none was (or none is kept from so long ago). */
  inForceAt(feedId: string, atMs: number): Promise<Generation | undefined>;
  /**
   * Makes `next` current when the current generation is `next.generation - 1`, and no upload stored after `next.publishedAtMs` confirmed
   * that one; otherwise `conflict` and nothing changes.
   */
  publish(next: NextGeneration): Promise<WriteOutcome>;
  /** Notes that an upload stored at `storedAtMs` says what `generation` says; `conflict` when another is current. An earlier one changes nothing. */
  confirm(feedId: string, generation: number, storedAtMs: number): Promise<WriteOutcome>;
  /** The feeds that have a current generation, sorted. */
  feeds(): Promise<readonly string[]>;
}

/** What generations are made of, by the hash of what it holds: a chunk is never changed, so any number of generations share it. */
export interface ChunkStore {
  /** The bytes of each chunk asked for, in the order asked; undefined for one that is not kept. */
  read(hashes: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Keeps chunks, all of them once this returns. To keep what is there already changes nothing. */
  keep(chunks: readonly Chunk[]): Promise<void>;
}

/** What became of one published event. `failed` events were not accepted and can be published again. */
export type PublishOutcome = { readonly kind: "accepted" } | { readonly kind: "failed"; readonly code: string; readonly reason: string };

/** The bus. Delivery is at least once, in no promised order: an event is a hint to look, never the state itself. */
export interface EventBus {
  /** One outcome per event, in the order given: half-successes are visible. */
  publish(events: readonly AnyEvent[]): Promise<readonly PublishOutcome[]>;
  /** Whether anybody can receive events of a type; left out: of every type. One that nobody can receive need not be made. */
  carries?(type: AnyEvent["type"]): boolean;
}

/** One delivery that the bus gave up, after its last try. */
export type DeadLetter = {
  /** The bus's own name for it. */
  readonly id: string;
  /** Undefined for what is no event of this release; `reason` says so. */
  readonly event: AnyEvent | undefined;
  readonly subscriber: string;
  /** Undefined where nobody counted them. */
  readonly tries: number | undefined;
  readonly diedAtMs: number;
  /** What the last try failed with. */
  readonly reason: string;
};

/** What a bus gave up, for people to look at and to send again. */
export interface DeadLetters {
  /** Those that lie there now, oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Has one tried again, from the start, for its subscriber alone, and gives it as it lay there; undefined when there is none of that id. */
  redrive(id: string, now: number): Promise<DeadLetter | undefined>;
}

/** Where measured load comes from. */
export interface LoadSource {
  /**
   * Load of a target for each whole minute of [fromMs, toMs), oldest first, one entry a minute; what is not known says so. With `oldestMs`
   * what was read at most so long ago will do, where reading costs something: the minutes since then are unknown until it is read again.
   */
  load(targetId: string, fromMs: number, toMs: number, oldestMs?: number): Promise<readonly LoadMinute[]>;
  /** Viewers by channel for each whole minute of [fromMs, toMs), oldest first, one entry a minute. */
  audience(fromMs: number, toMs: number): Promise<readonly AudienceMinute[]>;
}

/** What a target looks like right now, as its own control plane says. */
export type TargetState =
  | {
      readonly kind: "known";
      readonly targetId: string;
      readonly minimumUnits: number;
      readonly maximumUnits: number;
      /** Units asked for; undefined where nobody says. */
      readonly desiredUnits: number | undefined;
      /** Units that answer viewers: running and healthy, available and warm, or holding the content; undefined where nobody says. */
      readonly servingUnits: number | undefined;
      /** An earlier change of its minimum is still being carried out, and until it is another one would be refused; in words. */
      readonly pending?: string;
      /** While a deployment is under way: how many times the units asked for may run, old and new ones together. */
      readonly deployingTimes?: number;
      /** What a person should know of it besides: a deployment under way, a cluster that is not available. */
      readonly remarks?: readonly string[];
    }
  | { readonly kind: "unknown"; readonly targetId: string; readonly reason: string };

/** What became of setting a minimum. `deferred` may be tried again at the next tick; `refused` needs a person. */
export type SetMinimumOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "deferred"; readonly code: string; readonly reason: string }
  | { readonly kind: "refused"; readonly code: string; readonly reason: string };

/** The one thing Calltime moves: a minimum. It never lowers a maximum and never touches a policy. */
export interface CapacityControl {
  /** State of each target asked for, in the order asked; a target that cannot be described is `unknown`, never left out. */
  describe(targetIds: readonly string[]): Promise<readonly TargetState[]>;
  /** Sets the minimum. `accepted` says that the control plane took it, not that anything serves yet. */
  setMinimum(targetId: string, units: number): Promise<SetMinimumOutcome>;
}

/**
 * One scheduled action, as Application Auto Scaling has them: at `atMs` it *sets* the bounds it names, it does not take the larger. A
 * bound left out stays. `recurring` ones are only ever the customer's.
 */
export type ScheduledAction = {
  readonly name: string;
  readonly atMs: number;
  readonly recurring: boolean;
  readonly minimumUnits?: number;
  readonly maximumUnits?: number;
};

/** The scheduled actions of one target: ours and the customer's. */
export type TargetActions =
  | { readonly kind: "known"; readonly targetId: string; readonly actions: readonly ScheduledAction[] }
  /** Its control plane has no scheduled actions: nothing protects this target while Calltime is down. */
  | { readonly kind: "unsupported"; readonly targetId: string; readonly reason: string }
  | { readonly kind: "unknown"; readonly targetId: string; readonly reason: string };

/** Raises that happen by themselves, should Calltime be down when they are due (design rule 8). */
export interface BookingControl {
  /** The actions of each target asked for that are still to come, by instant, then name; one entry a target, in the order asked. */
  list(targetIds: readonly string[]): Promise<readonly TargetActions[]>;
  /** Books a one-time action that sets the minimum alone, or replaces the one of that name. */
  put(
    targetId: string,
    action: { readonly name: string; readonly atMs: number; readonly minimumUnits: number },
  ): Promise<SetMinimumOutcome>;
  /** Removes an action by name. One that is not there is `accepted`: the second time is harmless. */
  remove(targetId: string, name: string): Promise<SetMinimumOutcome>;
}

/** Limits of accounts, beyond the owners' own maximums. */
export interface LimitSource {
  /** The limits of each target asked for, in the order asked; what could not be looked at is unknown, never left out. */
  limits(targetIds: readonly string[]): Promise<readonly TargetLimits[]>;
}

/** One GET through one edge. */
export type EdgeAsk = {
  readonly edgeId: string;
  /** As viewers ask for it; which address it goes to is the edge's. */
  readonly url: string;
  /** A part of it; the whole when left out. */
  readonly range?: { readonly offset: number; readonly length: number };
  /** As players send it, where the cache keeps what it is asked for in several encodings; left out: not sent. */
  readonly acceptEncoding?: string;
  /** Bytes of the body after which the answer is broken off. */
  readonly mostBytes: number;
  /** A body of at most so many bytes, unpacked, is wanted itself, not only its length. */
  readonly keepBytes: number;
  readonly timeoutMs: number;
};

/** What an edge answered. */
export type EdgeReply =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Whether the edge had it; `unknown` when it does not say. */
      readonly held: "hit" | "miss" | "unknown";
      /** How long it is held from when the origin gave it; 0 when it is never held; undefined when nothing says. */
      readonly lifetimeMs: number | undefined;
      /** How long ago the origin gave it. */
      readonly ageMs: number;
      /** Bytes of the body that were read, as they came over the wire. */
      readonly bytes: number;
      /** The whole body was read; otherwise it was broken off at `mostBytes`. */
      readonly whole: boolean;
      /** Unpacked; undefined when it is not whole, or larger than was asked for. */
      readonly body?: Uint8Array;
      /** Where a redirect sends. */
      readonly location?: string;
    }
  /** `bytes` may have come before it failed. `refused`: it was not tried and never will be. */
  | { readonly kind: "failed"; readonly code: string; readonly reason: string; readonly bytes: number; readonly refused: boolean };

/** Caches between viewers and the origin, each asked by itself. */
export interface EdgeCache {
  get(ask: EdgeAsk): Promise<EdgeReply>;
}

/** The buffer cache of one instance of a PostgreSQL database. Nothing that goes through here writes. */
export interface BufferCache {
  /** How much of each relation the cache holds, in the order asked. Throws CalltimeError `relation-unknown` naming those that are not there. */
  cached(relations: readonly Relation[]): Promise<readonly CachedRelation[]>;
  /** Reads blocks `first` … `last` of a relation, both included, into the cache. Throws CalltimeError `cache-timeout`, `cache-refused`. */
  readBlocks(relation: Relation, first: number, last: number, timeoutMs: number): Promise<void>;
  /** Asks one question and throws its answer away. Throws CalltimeError `cache-timeout`, `cache-refused`. */
  ask(statement: string, timeoutMs: number): Promise<void>;
}

/** One instance of a database that takes connections. */
export type DatabaseInstance = { readonly id: string; readonly role: "writer" | "reader" };

/** The instances of databases, each of which has a buffer cache of its own. */
export interface DatabaseInstances {
  /** Those of a database that take connections now. Throws what finding them out throws. */
  list(databaseId: string): Promise<readonly DatabaseInstance[]>;
  /** Opens the cache of one, to be closed by whoever asked. Throws CalltimeError `database-unreachable`. */
  open(databaseId: string, instanceId: string): Promise<BufferCache & { close(): Promise<void> }>;
  /**
   * Lets viewers' questions reach these readers, which are warm, where they do not from the beginning; says which readers they reach then.
   * Undefined: they reach every reader there is, warm or not.
   */
  admit(databaseId: string, instanceIds: readonly string[]): Promise<ReadonlySet<string> | undefined>;
}

/** Time as it passes while something is fetched, and dice for not all asking at once. */
export interface Pace {
  nowMs(): number;
  wait(ms: number): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

/** What a tick knew and did about one target: the evidence that explanations and scores rest on. */
export type JournalEntry = {
  readonly atMs: number;
  readonly targetId: string;
  readonly tick: TickEvidence;
  /** Why the floor was what it was, and the same in sentences. */
  readonly reasons: readonly Reason[];
  readonly sentences: readonly string[];
  /** The forecast made in this tick for the minute one lead ahead. */
  readonly forecast: { readonly forMs: number; readonly medianRps: number } | undefined;
};

/** What was decided, minute by minute. */
export interface Journal {
  /** Keeps the entries. Of two for the same target and minute the first stays: the second time is harmless. */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** Entries of a target in [fromMs, toMs), oldest first. */
  read(targetId: string, fromMs: number, toMs: number): Promise<readonly JournalEntry[]>;
}

/** Where people find what they need while Calltime is down. */
export interface SheetStore {
  /** The Region of targets that do not say theirs. */
  readonly region?: string | undefined;
  /** Puts text under a name, in the place of what was there. */
  keep(name: string, text: string): Promise<void>;
}

/** The ports a use case may need. */
export type Ports = {
  readonly journal: Journal;
  readonly documents: DocumentStore;
  readonly schedules: ScheduleStore;
  readonly chunks: ChunkStore;
  readonly bus: EventBus;
  readonly loads: LoadSource;
  readonly capacity: CapacityControl;
  readonly bookings: BookingControl;
  /** Where the bus shows what it gave up. A bus without it has a place of its own for that. */
  readonly deadLetters?: DeadLetters;
  /** Where the evening sheet is put; without it none is written. */
  readonly sheets?: SheetStore;
};
