import { afterAll } from "vitest";
import { openDatabase, type Database } from "../../local/database.ts";
import { sqliteDocumentStore } from "../../local/document-store.ts";
import { memoryDocumentStore } from "../../local/memory/document-store.ts";
import { memorySections } from "../../local/memory/sections.ts";
import { documentStoreLaws } from "./document-store.laws.ts";

const open: Database[] = [];
const opened = (place: Parameters<typeof openDatabase>[0]): Database => {
  const database = openDatabase(place);
  open.push(database);
  return database;
};
afterAll(() => Promise.all(open.map((database) => database.close())));

documentStoreLaws("sqlite in memory", async () => sqliteDocumentStore(opened({ kind: "memory" })));
documentStoreLaws("memory", async () => memoryDocumentStore(memorySections()));
