import { afterAll } from "vitest";
import { openDatabase, type Database } from "../../local/database.ts";
import { sqliteDocumentStore } from "../../local/document-store.ts";
import { memoryDocumentStore } from "../../local/memory/document-store.ts";
import { plainDocuments } from "../../local/memory/plain.ts";
import { memorySections } from "../../local/memory/sections.ts";
import { keptDocuments } from "../../shared/deployed/kept-documents.ts";
import { documentStoreLaws } from "./document-store.laws.ts";

const open: Database[] = [];
const opened = (place: Parameters<typeof openDatabase>[0]): Database => {
  const database = openDatabase(place);
  open.push(database);
  return database;
};
afterAll(() => Promise.all(open.map((database) => database.close())));

documentStoreLaws("sqlite in memory", async () => sqliteDocumentStore(opened({ kind: "memory" })));
documentStoreLaws("plain, checked", async () => plainDocuments([], { checked: true }));
documentStoreLaws("plain", async () => plainDocuments(), {
  excused: {
    "a caller that changes what it wrote or what it read changes nothing that is stored":
      "nothing is copied: whoever reads must not change",
    "refuses keys outside its alphabet": "the same evenings are played with checks in a test",
    "takes 400,000 bytes of JSON in UTF-8 and refuses one byte more": "the same",
    "refuses a value that JSON would change": "the same",
  },
});
documentStoreLaws("memory, some of it kept for a while", async () =>
  keptDocuments(memoryDocumentStore(memorySections()), { prefixes: [""], forMs: 60_000, nowMs: () => 0 }),
);
documentStoreLaws("memory", async () => memoryDocumentStore(memorySections()));
