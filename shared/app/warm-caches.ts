import { cacheWarmed, isoOf, newEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { cachedShare, WARM_SHARE, type DatabaseToWarm } from "../core/warm/buffer-cache.ts";
import type { WarmUpShares } from "../core/readiness/warm-up.ts";
import { aboutToStart } from "./about-to-start.ts";
import { reasonOf } from "./capacity.ts";
import type { Context } from "./context.ts";
import type { DatabaseInstance, DatabaseInstances, Pace } from "./ports.ts";
import { publish } from "./publish.ts";
import { warmDatabase, type DatabaseReport } from "./warm-database.ts";
import { updateDatabaseSeen, warmUpMode, type DatabaseSeen, type InstanceSeen } from "./warm-ups.ts";

/** One instance after one warm-up: what it holds, or that nobody could look. */
export type InstanceWarmed = DatabaseInstance & {
  readonly report: DatabaseReport | { readonly state: "unreachable"; readonly code: string; readonly reason: string };
  /** Viewers' questions reach it. */
  readonly takesViewers: boolean;
};

type Ports = { readonly instances: DatabaseInstances; readonly pace: Pace };
type Bound = { readonly untilMs: number; readonly correlationId?: string | undefined };

/** What came of being told that caches are to be warmed. */
export type CachesWarmed =
  | { readonly kind: "warmed"; readonly databases: Readonly<Record<string, readonly InstanceWarmed[]>> }
  | { readonly kind: "left-alone"; readonly why: string };

/** Warms every database for an occasion that is about to start; its viewers meet all of them. */
export async function warmCachesFor(context: Context, ports: Ports, asked: Bound & { readonly occasionId: string }): Promise<CachesWarmed> {
  const { databases = [] } = context.settings;
  if (databases.length === 0) return { kind: "left-alone", why: "nothing-listed" };
  const about = await aboutToStart(context, asked.occasionId, ports.pace.nowMs());
  return about.kind === "now" ? warmCaches(context, ports, databases, asked) : { kind: "left-alone", why: about.why };
}

/** Warms the databases of a target that now has more instances: a reader that has just joined is cold. */
export async function warmCachesOf(context: Context, ports: Ports, asked: Bound & { readonly targetId: string }): Promise<CachesWarmed> {
  const databases = (context.settings.databases ?? []).filter(({ targetId }) => targetId === asked.targetId);
  if (databases.length === 0) return { kind: "left-alone", why: "nothing-listed" };
  if ((await warmUpMode(context)) !== "active") return { kind: "left-alone", why: "switched-off" };
  return warmCaches(context, ports, databases, asked);
}

async function warmCaches(context: Context, ports: Ports, databases: readonly DatabaseToWarm[], bound: Bound): Promise<CachesWarmed> {
  const warmed = await Promise.all(
    databases.map(async (database) => [database.id, await warmOne(context, ports, database, bound)] as const),
  );
  return {
    kind: "warmed",
    databases: Object.fromEntries(warmed.flatMap(([id, instances]) => (instances === undefined ? [] : [[id, instances]]))),
  };
}

/** Every instance of one database side by side; undefined while another warm-up of it is under way. */
async function warmOne(
  context: Context,
  ports: Ports,
  database: DatabaseToWarm,
  bound: Bound,
): Promise<readonly InstanceWarmed[] | undefined> {
  const { pace, instances } = ports;
  const now = pace.nowMs();
  let isOurs = false;
  await updateDatabaseSeen(context, database.id, (before) => {
    isOurs = (before?.busyUntilMs ?? 0) <= now;
    return isOurs ? { ...before, busyUntilMs: bound.untilMs } : undefined;
  });
  if (!isOurs) return undefined;
  let seen: DatabaseSeen["seen"];
  try {
    const listed = await instances.list(database.id);
    const reports = await Promise.all(
      listed.map(async (instance) => ({ ...instance, report: await warmInstance(ports, database, instance, bound) })),
    );
    const warmReaders = reports.flatMap(({ id, role, report }) => (role === "reader" && report.state === "warm" ? [id] : []));
    const admitted = await admittedTo(instances, database.id, warmReaders);
    const warmed = reports.map((each) => ({ ...each, takesViewers: each.role === "writer" || admitted.reaches(each.id) }));
    seen = { atMs: now, instances: warmed.map((each) => seenOf(database, each, admitted.failure)) };
    const data = { databaseId: database.id, instances: warmed.map(toldOf) };
    const id = `cache.warmed/${database.id}/${isoOf(now)}`;
    await publish(context, [newEvent(cacheWarmed, { id, atMs: pace.nowMs(), correlationId: bound.correlationId, data })]);
    return warmed;
  } catch (error) {
    // Nobody knows which instances there are, and so nothing of what they hold.
    seen = { atMs: now, instances: [{ instanceId: "instances", shares: undefined, why: reasonOf(error) }] };
    throw error;
  } finally {
    await updateDatabaseSeen(context, database.id, () => ({ ...(seen !== undefined && { seen }) }));
  }
}

/** One that cannot be reached keeps no other from being warmed. */
async function warmInstance(
  { instances, pace }: Ports,
  database: DatabaseToWarm,
  { id }: DatabaseInstance,
  { untilMs }: Bound,
): Promise<InstanceWarmed["report"]> {
  const { relations, statements, budget } = database;
  try {
    const cache = await instances.open(database.id, id);
    try {
      const timeMs = Math.max(0, Math.min(budget.timeMs, untilMs - pace.nowMs()));
      return await warmDatabase({ cache, pace }, { instanceId: id, relations, statements, budget: { ...budget, timeMs } });
    } finally {
      await cache.close();
    }
  } catch (error) {
    return { state: "unreachable", code: error instanceof CalltimeError ? error.code : "database-unreachable", reason: reasonOf(error) };
  }
}

/** Lets warm readers in, and says which readers viewers' questions reach. Where that fails, those they reached already are not known. */
async function admittedTo(instances: DatabaseInstances, databaseId: string, warm: readonly string[]) {
  try {
    const members = await instances.admit(databaseId, warm);
    return { reaches: (id: string) => members?.has(id) ?? true, failure: undefined };
  } catch (error) {
    return { reaches: () => false, failure: reasonOf(error) };
  }
}

/** What the verdict rests on: the share of what was asked for, relation by relation and statement by statement, that is there. */
function seenOf(database: DatabaseToWarm, { id, report, takesViewers }: InstanceWarmed, failure: string | undefined): InstanceSeen {
  if (report.state === "unreachable") return { instanceId: id, shares: undefined, why: `${report.reason} (${report.code})` };
  const { after, failures } = report;
  const parts = database.relations.length + database.statements.length + 1;
  const cold = after.filter((relation) => cachedShare([relation]) < WARM_SHARE).length;
  const unanswered = database.statements.filter((statement) => failures.some(({ what }) => what === statement)).length;
  const kept = takesViewers ? 0 : 1;
  // Bytes that the budget leaves out are left out the next time too.
  const refused = failures.filter(({ code }) => code === "cache-over-budget").length;
  const shares: WarmUpShares = {
    held: (parts - cold - unanswered - kept) / parts,
    refused: Math.min(refused, cold + unanswered) / parts,
    unproven: 0,
  };
  const cached = `${Math.floor(cachedShare(after) * 1000) / 10} % of the hot blocks cached`;
  const codes = [...new Set(failures.map(({ code }) => code))];
  const out = takesViewers ? [] : [failure ?? "viewers do not reach it yet"];
  return { instanceId: id, shares, why: [cached, ...codes, ...out].join(", ") };
}

function toldOf({ id: instanceId, role, report, takesViewers }: InstanceWarmed) {
  if (report.state === "unreachable") {
    const failures = [{ code: report.code, what: "looking at it", reason: report.reason }];
    return { instanceId, role, state: report.state, cachedBefore: null, cachedAfter: null, bytes: 0, tookMs: 0, takesViewers, failures };
  }
  const { state, before, after, bytes, tookMs } = report;
  const failures = report.failures.map(({ code, what, reason }) => ({ code, what, reason }));
  return {
    instanceId,
    role,
    state,
    cachedBefore: cachedShare(before),
    cachedAfter: cachedShare(after),
    bytes,
    tookMs,
    takesViewers,
    failures,
  };
}
