import fc from "fast-check";
import { expect } from "vitest";
import type { DocumentStore, Json } from "../../shared/app/ports.ts";
import { compareText } from "../../shared/core/schedule/programme.ts";
import { laws, type Exceptions } from "./law.ts";

/** A fresh, empty store for each law. */
export type MakeDocumentStore = () => Promise<DocumentStore>;

/** Any value of the port's `Json`, as it reads back from JSON (which knows no negative zero). */
const json = fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const key = fc
  .array(fc.constantFrom("plans", "cues", "a", "B", "Z9", "x.y", "n_1", "~", "(1)", "+", "-", " "), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"));

/** What every document store keeps to. */
export function documentStoreLaws(name: string, makeStore: MakeDocumentStore, exceptions: Exceptions = {}): void {
  laws(`document store: ${name}`, exceptions, (law) => {
    law("a key that was never written has no document", async () => {
      const store = await makeStore();
      expect(await store.read("plans/web")).toBeUndefined();
      expect(await store.list("")).toEqual([]);
    });

    law("the first write expects version 0, and each write counts up by one", async () => {
      const store = await makeStore();
      for (const expected of [0, 1, 2, 3]) {
        expect(await store.write("plans/web", { expected }, expected)).toBe("written");
        expect(await store.read("plans/web")).toEqual({ value: { expected }, version: expected + 1 });
      }
    });

    law("a write that expects another version is a conflict and changes nothing", async () => {
      const store = await makeStore();
      expect(await store.write("plans/web", "too early", 1)).toBe("conflict");
      expect(await store.read("plans/web")).toBeUndefined();
      await store.write("plans/web", "first", 0);
      await store.write("plans/web", "second", 1);
      for (const expected of [0, 1, 3, -1]) expect(await store.write("plans/web", "lost", expected)).toBe("conflict");
      expect(await store.read("plans/web")).toEqual({ value: "second", version: 2 });
    });

    law("any JSON value reads back as it was written", async () => {
      const store = await makeStore();
      let version = 0;
      await fc.assert(
        fc.asyncProperty(json, async (value) => {
          expect(await store.write("any", value, version)).toBe("written");
          version += 1;
          expect(await store.read("any")).toEqual({ value, version });
        }),
        { seed: 1 },
      );
    });

    law("a caller that changes what it wrote or what it read changes nothing that is stored", async () => {
      const store = await makeStore();
      const mine = { steps: [{ units: 4 }] };
      await store.write("plans/web", mine, 0);
      for (const step of mine.steps) step.units = 99;
      for (const read of [await store.read("plans/web"), (await store.list("plans/"))[0]]) {
        const value = read?.value as typeof mine;
        expect(value).toEqual({ steps: [{ units: 4 }] });
        try {
          for (const step of value.steps) step.units = 99;
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError); // Frozen: just as well.
        }
      }
      expect((await store.read("plans/web"))?.value).toEqual({ steps: [{ units: 4 }] });
    });

    law("lists exactly the documents whose key starts with the prefix, in code-unit order", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(key, { maxLength: 12 }),
          fc.oneof(key, fc.constantFrom("", "p", "plans/", "a/B")),
          async (keys, prefix) => {
            const store = await makeStore();
            for (const one of keys) await store.write(one, { of: one }, 0);
            const expected = keys.filter((one) => one.startsWith(prefix)).sort(compareText);
            expect(await store.list(prefix)).toEqual(expected.map((one) => ({ key: one, value: { of: one }, version: 1 })));
          },
        ),
        { seed: 1, numRuns: 60 },
      );
    });

    law("removes at the expected version only, and a second time is harmless", async () => {
      const store = await makeStore();
      await store.write("overrides/1", "held", 0);
      await store.write("overrides/1", "held longer", 1);
      expect(await store.remove("overrides/1", 1)).toBe("conflict");
      expect((await store.read("overrides/1"))?.version).toBe(2);
      expect(await store.remove("overrides/1", 2)).toBe("written");
      expect(await store.read("overrides/1")).toBeUndefined();
      expect(await store.remove("overrides/1", 2)).toBe("written");
      expect(await store.write("overrides/1", "again", 0)).toBe("written");
    });

    law("refuses keys outside its alphabet", async () => {
      const store = await makeStore();
      for (const bad of ["", "/", "a//b", "/a", "a/", "å", "a\n", "a*b", "a\0", "a".repeat(1_001)]) {
        await expect(store.write(bad, 1, 0)).rejects.toMatchObject({ code: "document-key" });
        await expect(store.read(bad)).rejects.toMatchObject({ code: "document-key" });
      }
      expect(await store.list("")).toEqual([]);
    });

    law("takes 400,000 bytes of JSON in UTF-8 and refuses one byte more", async () => {
      const store = await makeStore();
      const bytes = 400_000;
      const full = "é".repeat((bytes - 2) / 2);
      expect(await store.write("full", full, 0)).toBe("written");
      await expect(store.write("over", `${full}x`, 0)).rejects.toMatchObject({ code: "value-too-large" });
      expect((await store.list("")).map((document) => document.key)).toEqual(["full"]);
    });

    law("refuses a value that JSON would change", async () => {
      const store = await makeStore();
      const circle: unknown[] = [];
      circle.push(circle);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, undefined, [undefined], { deep: [Number.NaN] }, new Map(), 1n, circle]) {
        await expect(store.write("bad", bad as Json, 0)).rejects.toMatchObject({ code: "value-not-json" });
      }
      expect(await store.read("bad")).toBeUndefined();
      expect(await store.write("good", { kept: 1, left: undefined }, 0)).toBe("written");
      expect((await store.read("good"))?.value).toEqual({ kept: 1 });
    });

    law("loses no update and skips no version, however readers and writers interleave", async () => {
      // Each writer reads, then writes what it read and its own mark; the order of all those steps is drawn.
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat({ max: 3 }), { maxLength: 40 }), async (turns) => {
          const store = await makeStore();
          const held = new Map<number, { readonly value: readonly number[]; readonly version: number }>();
          let kept: readonly number[] = [];
          for (const writer of turns) {
            const mine = held.get(writer);
            if (mine === undefined) {
              const read = await store.read("shared");
              held.set(writer, { value: (read?.value ?? []) as readonly number[], version: read?.version ?? 0 });
              continue;
            }
            held.delete(writer);
            const current = mine.version === kept.length;
            expect(await store.write("shared", [...mine.value, writer], mine.version)).toBe(current ? "written" : "conflict");
            if (current) kept = [...kept, writer];
          }
          expect(await store.read("shared")).toEqual(kept.length === 0 ? undefined : { value: kept, version: kept.length });
        }),
        { seed: 1 },
      );
    });

    law("writers at the same time that read again after each conflict lose nothing", async () => {
      const store = await makeStore();
      const writer = async (): Promise<void> => {
        for (let done = 0; done < 5;) {
          const read = await store.read("count");
          const next = ((read?.value ?? 0) as number) + 1;
          if ((await store.write("count", next, read?.version ?? 0)) === "written") done += 1;
        }
      };
      await Promise.all(Array.from({ length: 8 }, writer));
      expect(await store.read("count")).toEqual({ value: 40, version: 40 });
    });
  });
}
