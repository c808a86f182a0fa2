import fc from "fast-check";
import { expect, test } from "vitest";
import { lookupOf, type Lookup } from "../../../shared/core/schedule/lookup.ts";

const IDS = Array.from({ length: 1_000 }, (_, nth) => `${nth}`);
const change = fc.tuple(fc.constantFrom(...IDS), fc.option(fc.nat(), { nil: undefined }));
const anyVersions = fc.array(fc.array(change, { minLength: 300, maxLength: 400, size: "max" }), { minLength: 4, maxLength: 6 });

const all = ({ get, has }: Pick<Lookup<number>, "get" | "has">) => IDS.map((id) => [get(id), has(id)]);
const allOf = (map: ReadonlyMap<string, number>) => all({ get: (id) => map.get(id), has: (id) => map.has(id) });

test("a lookup has what was changed last, however much was, and the one before stays as it was", () => {
  const isLike = (versions: readonly (readonly (readonly [string, number | undefined])[])[]): boolean => {
    const map = new Map([["1", 1]]);
    let lookup = lookupOf(new Map(map));
    return versions.every((changes) => {
      const before = { lookup, all: JSON.stringify(all(lookup)) };
      for (const [id, value] of changes) {
        if (value === undefined) map.delete(id);
        else map.set(id, value);
      }
      lookup = lookup.changed(changes);
      return JSON.stringify(all(lookup)) === JSON.stringify(allOf(map)) && JSON.stringify(all(before.lookup)) === before.all;
    });
  };
  fc.assert(fc.property(anyVersions, isLike), { numRuns: 20, endOnFailure: true });
  expect(isLike([[["1", undefined]]])).toBe(true);
});
