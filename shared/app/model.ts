import { modelUpdated, newEvent, type AnyEvent } from "../../events/index.ts";
import type { AudienceLevels } from "../core/forecast/audience.ts";
import { firstLearned, firstTargetUsual, type Learned, type Model, type TargetUsual } from "../core/forecast/model.ts";
import type { UsualLoad } from "../core/forecast/usual-load.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { CalltimeError } from "../core/error.ts";
import { stableHash } from "../core/hash.ts";
import { publish } from "./publish.ts";

/** Until when a usual week has been learned, and what it is. */
export type StoredUsual<T> = { readonly throughMs: number; readonly usual: T };

/** Usual viewers by channel id. */
export type ChannelViewers = Readonly<Record<string, UsualLoad>>;

/** Versions of the learned model that can be returned to. */
const VERSIONS_KEPT = 20;
/** Groups of broadcasts that are remembered: at 70 bytes each they stay below what one document may hold. */
const MOST_LEVELS = 4_000;
/** Documents that the channels' usual viewers are spread over: a channel takes 2.3 KB, a document holds 400 KB. */
const VIEWER_SHARDS = 16;

/** Key of what was learned of a target's usual week. */
export function usualKey(targetId: string): string {
  return `model/usual/${targetId}`;
}

const VIEWERS_PREFIX = "model/viewers/";
const LEARNED_KEY = "model/learned";
const KEPT_KEY = "model/kept";

/** Keys of the documents that hold the usual viewers of all channels. */
export const VIEWERS_KEYS: readonly string[] = Array.from({ length: VIEWER_SHARDS }, (_, shard) => shardKey(shard));

/** Which of `VIEWERS_KEYS` holds a channel's usual viewers. */
export function viewersKeyOf(channelId: string): string {
  return shardKey(parseInt(stableHash(channelId).slice(-4), 36) % VIEWER_SHARDS);
}

function shardKey(shard: number): string {
  return `${VIEWERS_PREFIX}${String(shard).padStart(2, "0")}`;
}

/** The model in force: empty where nothing was learned yet. It is the same object for as long as its documents are, and so are its viewers. */
export async function readModel(context: Context): Promise<Model> {
  const documents = context.ports.documents;
  const stored = (await readDocument<Learned>(documents, LEARNED_KEY))?.value;
  const usuals: (StoredUsual<TargetUsual> | undefined)[] = [];
  for (const { id } of context.settings.targets)
    usuals.push((await readDocument<StoredUsual<TargetUsual>>(documents, usualKey(id)))?.value);
  const shards = (await documents.list(VIEWERS_PREFIX)).map(({ value }) => value as unknown as StoredUsual<ChannelViewers>);
  const parts = [stored, ...usuals];
  const before = known.get(context);
  const sameViewers = before !== undefined && areSame(before.shards, shards) ? before.model.viewers : undefined;
  if (before !== undefined && sameViewers !== undefined && areSame(before.parts, parts)) return before.model;
  const model: Model = {
    learned: stored ?? NOTHING_LEARNED,
    targets: Object.fromEntries(context.settings.targets.map(({ id }, index) => [id, usuals[index]?.usual ?? NEVER_SEEN])),
    viewers: sameViewers ?? (Object.assign({}, ...shards.map(({ usual }) => usual)) as ChannelViewers),
  };
  known.set(context, { parts, shards, model });
  return model;
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

// The same objects each time, so that what was concluded from them still holds.
const NOTHING_LEARNED = firstLearned();
const NEVER_SEEN = firstTargetUsual();

/** A model, and the documents that it was made from. */
type Known = { readonly parts: readonly unknown[]; readonly shards: readonly unknown[]; readonly model: Model };

const known = new WeakMap<Context, Known>();

/** What broadcasts have taught so far. */
export async function readLearned(context: Context): Promise<Learned> {
  return (await readDocument<Learned>(context.ports.documents, LEARNED_KEY))?.value ?? firstLearned();
}

/** Something that the model learns. */
export type Lesson = {
  /** The model with it; the same object when there is nothing to learn. */
  readonly apply: (before: Learned) => Learned;
  readonly cause: "occasion" | "broadcast-day" | "lead" | "rollback";
  /** For a person, what changed; undefined when nobody needs to be told. */
  readonly what: string | undefined;
  readonly occasionId?: string;
};

/** Puts a version of the model in force that has learned all this, keeps it to return to, and tells of it. Returns what is in force. */
export async function learn(context: Context, lessons: readonly Lesson[], now: number): Promise<Learned> {
  const { documents } = context.ports;
  let events: AnyEvent[] = [];
  let changed = false;
  const learned = await updateDocument<Learned>(documents, LEARNED_KEY, (stored) => {
    events = [];
    const before = stored ?? firstLearned();
    let present = before;
    for (const lesson of lessons) {
      const next = lesson.apply(present);
      if (next === present) continue;
      const previous = present;
      present = { ...next, version: previous.version + 1, audience: remembered(previous.audience, next.audience) };
      if (lesson.what !== undefined) events.push(updatedEvent(lesson, lesson.what, present.version, previous.version, now));
    }
    changed = present !== before;
    return changed ? present : undefined;
  });
  if (learned !== undefined && changed) await keepVersion(context, learned);
  await publish(context, events);
  return learned ?? firstLearned();
}

function updatedEvent({ cause, occasionId }: Lesson, what: string, version: number, previous: number, now: number): AnyEvent {
  const data = { modelVersion: version, previousVersion: previous, cause, what, ...(occasionId !== undefined && { occasionId }) };
  return newEvent(modelUpdated, { id: `model.updated/${version}`, atMs: now, data });
}

/** The groups, those that just learned last; of too many the ones that have not learned for longest are forgotten. */
function remembered(before: AudienceLevels, after: AudienceLevels): AudienceLevels {
  if (before === after) return after;
  const entries = Object.entries(after);
  const unchanged = entries.filter(([key, level]) => before[key] === level);
  const changed = entries.filter(([key, level]) => before[key] !== level);
  return Object.fromEntries([...unchanged, ...changed].slice(-MOST_LEVELS));
}

async function keepVersion(context: Context, learned: Learned): Promise<void> {
  const { documents } = context.ports;
  await updateDocument<Learned>(documents, versionKey(learned.version), () => learned);
  let dropped: readonly number[] = [];
  await updateDocument<readonly number[]>(documents, KEPT_KEY, (before = []) => {
    const all = [...before.filter((version) => version !== learned.version), learned.version];
    dropped = all.slice(0, -VERSIONS_KEPT);
    return all.slice(-VERSIONS_KEPT);
  });
  for (const version of dropped) {
    const document = await documents.read(versionKey(version));
    if (document !== undefined) await documents.remove(versionKey(version), document.version);
  }
}

/**
 * Returns to an earlier version of the learned model; it gets a new number, so that history only grows. Throws
 * `model-version-unknown` when that version is not kept (any more).
 */
export async function rollBackModel(context: Context, version: number, now: number): Promise<Learned> {
  const { documents } = context.ports;
  const kept = await readDocument<Learned>(documents, versionKey(version));
  if (kept === undefined) {
    const known = (await readDocument<readonly number[]>(documents, KEPT_KEY))?.value ?? [];
    throw new CalltimeError("model-version-unknown", `model version ${version}: not kept; these are: ${known.join(", ") || "none"}`);
  }
  const lesson: Lesson = { apply: () => ({ ...kept.value }), cause: "rollback", what: `a person went back to version ${version}` };
  return learn(context, [lesson], now);
}

function versionKey(version: number): string {
  return `model/version/${version}`;
}
