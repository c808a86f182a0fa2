import {
  BLOCK_BYTES,
  BLOCKS_AT_ONCE,
  cachedShare,
  quoted,
  WARM_SHARE,
  type CacheBudget,
  type CachedRelation,
  type Relation,
} from "../core/warm/buffer-cache.ts";
import { CalltimeError } from "../core/error.ts";
import type { BufferCache, Pace } from "./ports.ts";

/** What one instance of a database is to have in its buffer cache. */
export type DatabaseOrder = {
  readonly instanceId: string;
  /** Read whole, the first-named first. */
  readonly relations: readonly Relation[];
  /** Questions that viewers will ask, each asked once before; checked with `readOnlyStatement`. */
  readonly statements: readonly string[];
  readonly budget: CacheBudget;
};

/** One step of a warm-up that did not go well. */
export type DatabaseFailure = { readonly what: string; readonly code: string; readonly reason: string };

/** What became of an order. */
export type DatabaseReport = {
  readonly instanceId: string;
  readonly atMs: number;
  readonly before: readonly CachedRelation[];
  readonly after: readonly CachedRelation[];
  /** Bytes that were read into the cache. */
  readonly bytes: number;
  readonly tookMs: number;
  /** `warm`: every relation is there, and every statement was answered. */
  readonly state: "warm" | "partly";
  readonly failures: readonly DatabaseFailure[];
};

/**
 * Reads relations into the buffer cache of one instance and asks the questions that viewers will, within its budget, and measures what
 * the cache holds before and after. What it already holds whole is not read again, so a second call costs nothing but the measuring.
 * Throws what connecting and measuring throw.
 */
export async function warmDatabase(
  ports: { readonly cache: BufferCache; readonly pace: Pace },
  order: DatabaseOrder,
): Promise<DatabaseReport> {
  const { cache, pace } = ports;
  const { budget, relations, statements, instanceId } = order;
  const atMs = pace.nowMs();
  const failures: DatabaseFailure[] = [];
  const leftMs = (): number => atMs + budget.timeMs - pace.nowMs();
  const before = await cache.cached(relations);
  let bytes = 0;

  for (const { relation, blocks } of before.filter(isCold)) {
    const failure = await attempted(quoted(relation), async () => {
      for (let first = 0; first < blocks; first += BLOCKS_AT_ONCE) {
        const end = Math.min(blocks, first + BLOCKS_AT_ONCE);
        const within = Math.min(end, first + Math.floor((budget.bytes - bytes) / BLOCK_BYTES));
        if (leftMs() <= 0)
          throw new CalltimeError("cache-out-of-time", `${blocks - first} of ${blocks} blocks were left out: no time is left`);
        if (within > first) {
          await cache.readBlocks(relation, first, within - 1, Math.min(budget.statementMs, leftMs()));
          bytes += (within - first) * BLOCK_BYTES;
        }
        if (within < end)
          throw new CalltimeError("cache-over-budget", `${blocks - within} of ${blocks} blocks were left out: no bytes are left`);
      }
    });
    if (failure !== undefined) failures.push(failure);
  }
  for (const statement of statements) {
    const failure = await attempted(statement, async () => {
      if (leftMs() <= 0) throw new CalltimeError("cache-out-of-time", "it was not asked: no time is left");
      await cache.ask(statement, Math.min(budget.statementMs, leftMs()));
    });
    if (failure !== undefined) failures.push(failure);
  }
  const after = await cache.cached(relations);
  const state = failures.length === 0 && !after.some(isCold) ? "warm" : "partly";
  return { instanceId, atMs, before, after, bytes, tookMs: pace.nowMs() - atMs, state, failures };
}

function isCold(relation: CachedRelation): boolean {
  return cachedShare([relation]) < WARM_SHARE;
}

/** What went wrong of one step, which keeps none after it from being taken. */
async function attempted(what: string, work: () => Promise<void>): Promise<DatabaseFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { what, code: error instanceof CalltimeError ? error.code : "cache-failed", reason };
  }
}
