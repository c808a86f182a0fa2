/** Values by id. Of its next version only what changed is written, and what is left of the one before stays as it was. */
export type Lookup<T> = Pick<ReadonlyMap<string, T>, "get" | "has"> & {
  /** The next version: with these values, and without those that are undefined. */
  readonly changed: (changes: Iterable<readonly [id: string, value: T | undefined]>) => Lookup<T>;
};

// So many changes are copied with each version; a copy of all the values of a large guide takes as long as a hundred of those.
const MOST_CHANGES = 512;

/** A lookup of these values. */
export function lookupOf<T>(values: ReadonlyMap<string, T>): Lookup<T> {
  return changedLookup(values, new Map());
}

function changedLookup<T>(values: ReadonlyMap<string, T>, changes: ReadonlyMap<string, T | undefined>): Lookup<T> {
  const get = (id: string): T | undefined => (changes.has(id) ? changes.get(id) : values.get(id));
  return {
    get,
    has: (id) => get(id) !== undefined,
    changed: (more) => {
      const all = new Map([...changes, ...more]);
      if (all.size <= MOST_CHANGES) return changedLookup(values, all);
      const next = new Map(values);
      for (const [id, value] of all) {
        if (value === undefined) next.delete(id);
        else next.set(id, value);
      }
      return lookupOf(next);
    },
  };
}
