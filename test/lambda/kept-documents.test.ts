import { expect, test } from "vitest";
import { memoryDocumentStore } from "../../local/memory/document-store.ts";
import { memorySections } from "../../local/memory/sections.ts";
import type { DocumentStore } from "../../shared/app/ports.ts";
import { keptDocuments } from "../../shared/deployed/kept-documents.ts";

function made() {
  const store = memoryDocumentStore(memorySections());
  const asked: string[] = [];
  let now = 0;
  const counted: DocumentStore = {
    ...store,
    read: (key) => (asked.push(key), store.read(key)),
    list: (prefix) => (asked.push(`${prefix}*`), store.list(prefix)),
  };
  const documents = keptDocuments(counted, { prefixes: ["model/usual/"], forMs: 600_000, nowMs: () => now });
  return { store, documents, asked, passMs: (ms: number) => void (now += ms) };
}

test("a document that is kept is read once while it is, as the same object; others are read every time", async () => {
  const { store, documents, asked, passMs } = made();
  for (const key of ["model/usual/api", "floor/api"]) await store.write(key, { key }, 0);
  const first = await documents.read("model/usual/api");
  await documents.read("floor/api");
  passMs(599_999);
  expect(await documents.read("model/usual/api")).toBe(first);
  await documents.read("floor/api");
  expect(asked).toEqual(["model/usual/api", "floor/api", "floor/api"]);
  passMs(1);
  await documents.read("model/usual/api");
  expect(asked.at(-1)).toBe("model/usual/api");
});

test("what was written here is read at once, and a list with it", async () => {
  const { documents } = made();
  await documents.write("model/usual/api", 1, 0);
  expect(await documents.list("model/usual/")).toHaveLength(1);
  expect((await documents.read("model/usual/api"))?.value).toBe(1);
  await documents.write("model/usual/api", 2, 1);
  expect((await documents.read("model/usual/api"))?.value).toBe(2);
  expect((await documents.list("model/usual/"))[0]?.value).toBe(2);
});

test("whoever loses to another writer sees what that one wrote", async () => {
  const { store, documents } = made();
  await documents.write("model/usual/api", 1, 0);
  const seen = await documents.read("model/usual/api");
  await store.write("model/usual/api", 2, 1);
  expect(await documents.write("model/usual/api", 3, seen?.version ?? 0)).toBe("conflict");
  expect((await documents.read("model/usual/api"))?.value).toBe(2);
});
