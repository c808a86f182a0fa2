import type { DatabaseToWarm } from "../core/warm/buffer-cache.ts";
import { contentOf, EDGE_GOAL_SHARE, type ContentState } from "../core/warm/content.ts";
import type { WarmUpEvidence, WarmUpShares } from "../core/readiness/warm-up.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { readModes } from "./modes.ts";
import type { Subject } from "./subjects.ts";

/** What one edge was seen to hold of an occasion's content. */
export type EdgeSeen = {
  readonly edgeId: string;
  readonly counts: Readonly<Record<ContentState["kind"], number>>;
  /** Why some are not held, most objects first. */
  readonly reasons: readonly { readonly code: string; readonly objects: number; readonly example: string }[];
};

/** The content of one occasion: what was last seen, and what all its warm-ups took. */
export type ContentSeen = {
  readonly startsAtMs: number;
  /** A warm-up is under way, and has ended by then. */
  readonly busyUntilMs?: number;
  readonly seen?: { readonly atMs: number; readonly edges: readonly EdgeSeen[] };
  readonly spent: { readonly bytes: number; readonly requests: number; readonly costUsd: number };
};

/** What the memory of one instance was seen to hold; `shares` is undefined where it could not be found out. */
export type InstanceSeen = { readonly instanceId: string; readonly shares: WarmUpShares | undefined; readonly why: string };

/** A database as it was last seen. */
export type DatabaseSeen = {
  readonly busyUntilMs?: number;
  readonly seen?: { readonly atMs: number; readonly instances: readonly InstanceSeen[] };
};

/** Key of what was seen of content, by occasion id. */
const CONTENT_SEEN_KEY = "warm-ups/content";

/** Key of what was seen of databases, by database id. */
const DATABASES_SEEN_KEY = "warm-ups/databases";

const FORGET_MS = DAY_MS;

/** Changes what is known of one occasion's content, and forgets what was on air a day ago. */
export async function updateContentSeen(
  { ports }: Context,
  occasionId: string,
  now: number,
  change: (before: ContentSeen | undefined) => ContentSeen | undefined,
): Promise<void> {
  await updateDocument<Readonly<Record<string, ContentSeen>>>(ports.documents, CONTENT_SEEN_KEY, (before = {}) => {
    const next = change(before[occasionId]);
    if (next === undefined) return undefined;
    const kept = Object.entries(before).filter(([, { startsAtMs }]) => startsAtMs > now - FORGET_MS);
    return { ...Object.fromEntries(kept), [occasionId]: next };
  });
}

/** Changes what is known of one database. */
export async function updateDatabaseSeen(
  { ports }: Context,
  databaseId: string,
  change: (before: DatabaseSeen | undefined) => DatabaseSeen | undefined,
): Promise<void> {
  await updateDocument<Readonly<Record<string, DatabaseSeen>>>(ports.documents, DATABASES_SEEN_KEY, (before = {}) => {
    const next = change(before[databaseId]);
    return next === undefined ? undefined : { ...before, [databaseId]: next };
  });
}

/** Whether warm-ups may fetch: only while the switch for all targets does not say otherwise. */
export async function warmUpMode(context: Context): Promise<WarmUpEvidence["mode"]> {
  return (await readModes(context)).all?.mode ?? "active";
}

/** What is known of the caches that each occasion's viewers meet; to be asked once, then for each occasion. */
export async function warmUpEvidence(
  context: Context,
): Promise<(subject: Pick<Subject, "occasion" | "targets">) => readonly WarmUpEvidence[]> {
  const { content, databases = [] } = context.settings;
  if (content === undefined && databases.length === 0) return () => [];
  const { documents } = context.ports;
  const contentSeen = (await readDocument<Readonly<Record<string, ContentSeen>>>(documents, CONTENT_SEEN_KEY))?.value ?? {};
  const databasesSeen = (await readDocument<Readonly<Record<string, DatabaseSeen>>>(documents, DATABASES_SEEN_KEY))?.value ?? {};
  const mode = await warmUpMode(context);
  return ({ occasion, targets }) => {
    const common = { neededByMs: occasion.startsAtMs, mode };
    const edges = content !== undefined && contentOf(content, occasion) !== undefined ? content.edges : [];
    const met = databases.filter(({ targetId }) => targetId === undefined || targets.some(({ id }) => id === targetId));
    return [
      ...edges.map(({ id }) => ({ ...edgeEvidence(id, contentSeen[occasion.id], occasion), ...common })),
      ...met.flatMap((database) => databaseEvidence(database, databasesSeen[database.id]).map((each) => ({ ...each, ...common }))),
    ];
  };
}

type Seen = Omit<WarmUpEvidence, "neededByMs" | "mode">;

function edgeEvidence(edgeId: string, known: ContentSeen | undefined, { startsAtMs }: Pick<Occasion, "startsAtMs">): Seen {
  const edge = { kind: "edge" as const, id: edgeId, goal: EDGE_GOAL_SHARE };
  // What is held until a start that has moved may be gone by the new one.
  const seen = known?.startsAtMs === startsAtMs ? known.seen : undefined;
  const at = seen?.edges.find((each) => each.edgeId === edgeId);
  if (seen === undefined || at === undefined) return { ...edge, seen: undefined, why: "" };
  const { warm, refused, unproven, failed } = at.counts;
  const all = warm + refused + unproven + failed;
  const shares = all === 0 ? undefined : { held: warm / all, refused: refused / all, unproven: unproven / all };
  const why = at.reasons.map(({ code, objects }) => `${objects} ${code}`).join(", ");
  return { ...edge, seen: { atMs: seen.atMs, shares }, why };
}

function databaseEvidence({ id, instances }: DatabaseToWarm, known: DatabaseSeen | undefined): readonly Seen[] {
  const cache = (instanceId: string) => ({ kind: "buffer-cache" as const, id: `${id}/${instanceId}`, goal: 1 });
  const seen = known?.seen;
  const told = (seen?.instances ?? []).map(({ instanceId, shares, why }) => ({
    ...cache(instanceId),
    seen: seen && { atMs: seen.atMs, shares },
    why,
  }));
  const untold = instances.filter((instance) => !told.some((each) => each.id === cache(instance.id).id));
  const missing = untold.map((instance) => ({ ...cache(instance.id), seen: undefined, why: "" }));
  // A cluster whose instances are not listed has some, though nobody has seen one yet.
  if (told.length + missing.length === 0) return [{ ...cache("instances"), seen: undefined, why: "" }];
  return [...told, ...missing];
}
