import { firstLearned, firstTargetUsual, type Learned, type Model, type TargetUsual } from "../core/forecast/model.ts";
import type { UsualLoad } from "../core/forecast/usual-load.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { CalltimeError } from "../core/error.ts";

/** Until when a usual week has been learned, and what it is. */
export type StoredUsual<T> = { readonly throughMs: number; readonly usual: T };

/** Versions of the learned model that can be returned to. */
const VERSIONS_KEPT = 20;

/** Key of what was learned of a target's usual week. */
export function usualKey(targetId: string): string {
  return `model/usual/${targetId}`;
}

/** Key of the usual viewers of all channels. */
export const VIEWERS_KEY = "model/viewers";

const LEARNED_KEY = "model/learned";

/** The model in force: empty where nothing was learned yet. */
export async function readModel(context: Context): Promise<Model> {
  const documents = context.ports.documents;
  const targets: Record<string, TargetUsual> = {};
  for (const target of context.settings.targets) {
    const stored = await readDocument<StoredUsual<TargetUsual>>(documents, usualKey(target.id));
    targets[target.id] = stored?.value.usual ?? firstTargetUsual();
  }
  const viewers = await readDocument<StoredUsual<Readonly<Record<string, UsualLoad>>>>(documents, VIEWERS_KEY);
  return { learned: await readLearned(context), targets, viewers: viewers?.value.usual ?? {} };
}

/** What broadcasts have taught so far. */
export async function readLearned(context: Context): Promise<Learned> {
  return (await readDocument<Learned>(context.ports.documents, LEARNED_KEY))?.value ?? firstLearned();
}

/** Puts a new version of the learned model in force and keeps the one before it. */
export async function writeLearned(context: Context, learned: Learned): Promise<void> {
  const documents = context.ports.documents;
  const before = await updateDocument<Learned>(documents, LEARNED_KEY, () => learned);
  await updateDocument<Learned>(documents, versionKey(learned.version), () => before ?? learned);
  const kept = await documents.list("model/version/");
  for (const { key, version } of kept.slice(0, Math.max(0, kept.length - VERSIONS_KEPT))) await documents.remove(key, version);
}

/**
 * Returns to an earlier version of the learned model; it gets a new number, so that history only grows. Throws
 * `model-version-unknown` when that version is not kept (any more).
 */
export async function rollBackModel(context: Context, version: number): Promise<Learned> {
  const kept = await readDocument<Learned>(context.ports.documents, versionKey(version));
  if (kept === undefined) {
    throw new CalltimeError("model-version-unknown", `model version ${version}: not kept; the last ${VERSIONS_KEPT} versions are`);
  }
  const present = await readLearned(context);
  const restored = { ...kept.value, version: present.version + 1 };
  await writeLearned(context, restored);
  return restored;
}

function versionKey(version: number): string {
  // Padded, so that the order of keys is the order of versions.
  return `model/version/${String(version).padStart(9, "0")}`;
}
