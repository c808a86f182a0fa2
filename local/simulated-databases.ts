import type { BufferCache, CapacityControl, DatabaseInstance, DatabaseInstances } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { derive } from "../shared/core/simulate/seeded.ts";
import { isDark, type Troubles } from "../shared/core/simulate/troubles.ts";
import { quoted, type DatabaseToWarm, type Relation } from "../shared/core/warm/buffer-cache.ts";
import type { RunState } from "./run-state.ts";

/** Blocks of a relation: between these. */
const LEAST_BLOCKS = 2_000;
const MORE_BLOCKS = 60_000;

/** When each instance of a database came, as it was last listed. One that comes again is another one. */
type Joined = Readonly<Record<string, number>>;

/**
 * Databases of the simulated world. One that lists its instances has those, the first of them the writer; a cluster has a writer and as
 * many readers as its target has serving. A reader that has just come is cold, and one that went is forgotten. `dark` at an instance's id,
 * as `catalogue-2`, keeps it out of reach. What their memory holds is kept with the run.
 */
export function simulatedDatabases(
  databases: readonly DatabaseToWarm[],
  {
    runs,
    capacity,
    troubles,
    nowMs,
  }: {
    readonly runs: RunState;
    readonly capacity: CapacityControl;
    readonly troubles: Troubles | undefined;
    readonly nowMs: () => number;
  },
): DatabaseInstances {
  const joinedOf = async (databaseId: string): Promise<Joined> => ((await runs.read(`database ${databaseId}`)) ?? {}) as Joined;

  async function instancesOf({ id, targetId, instances }: DatabaseToWarm): Promise<readonly DatabaseInstance[]> {
    if (instances.length > 0) return instances.map((instance, nth) => ({ id: instance.id, role: nth === 0 ? "writer" : "reader" }));
    const [state] = targetId === undefined ? [] : await capacity.describe([targetId]);
    if (state?.kind === "unknown") throw new CalltimeError("cluster-dark", state.reason);
    const readers = state?.servingUnits ?? 0;
    return Array.from({ length: readers + 1 }, (_, nth) => ({ id: `${id}-${nth + 1}`, role: nth === 0 ? "writer" : "reader" }));
  }

  function cacheOf(instanceId: string, joinedAtMs: number): BufferCache {
    // Each relation of each instance by itself: they are warmed side by side.
    const keyOf = (relation: Relation): string => `memory ${instanceId} ${joinedAtMs} ${quoted(relation)}`;
    const cachedBlocks = async (relation: Relation): Promise<number> => Number((await runs.read(keyOf(relation))) ?? 0);
    return {
      cached: (relations) =>
        Promise.all(
          relations.map(async (relation) => {
            const blocks = LEAST_BLOCKS + (derive(0, quoted(relation)) % MORE_BLOCKS);
            return { relation, blocks, cachedBlocks: Math.min(blocks, await cachedBlocks(relation)) };
          }),
        ),
      readBlocks: async (relation, _first, last) => {
        await runs.write(keyOf(relation), Math.max(await cachedBlocks(relation), last + 1));
      },
      ask: async () => undefined,
    };
  }

  return {
    list: async (databaseId) => {
      const database = databases.find(({ id }) => id === databaseId);
      if (database === undefined) throw new CalltimeError("database-unknown", `${databaseId}: the world has no such database`);
      const listed = await instancesOf(database);
      const before = await joinedOf(databaseId);
      await runs.write(`database ${databaseId}`, Object.fromEntries(listed.map(({ id }) => [id, before[id] ?? nowMs()])));
      return listed;
    },
    open: async (databaseId, instanceId) => {
      if (isDark(troubles, instanceId, "capacity", nowMs()))
        throw new CalltimeError("database-unreachable", `${instanceId} does not answer`);
      return { ...cacheOf(instanceId, (await joinedOf(databaseId))[instanceId] ?? nowMs()), close: async () => undefined };
    },
    admit: async () => undefined,
  };
}
