import type { DocumentStore, Json } from "../shared/app/ports.ts";
import type { Database } from "./database.ts";
import { documentKey, MAX_DOCUMENT_BYTES } from "../shared/app/ports/document-key.ts";
import { storedJson } from "../shared/app/ports/stored-json.ts";

/** Documents in the local store. A document that is created again after its removal starts at version 1 again. */
export function sqliteDocumentStore(database: Database): DocumentStore {
  const { sql } = database;
  const read = sql.prepare("SELECT json, version FROM document WHERE key = ?");
  const insert = sql.prepare("INSERT INTO document (key, version, json) VALUES (?, 1, ?) ON CONFLICT DO NOTHING");
  const replace = sql.prepare("UPDATE document SET version = version + 1, json = ? WHERE key = ? AND version = ?");
  // Keys are ASCII below 0x7f, so SQLite's byte order is code-unit order and 0x7f lies after everything that starts with the prefix.
  const list = sql.prepare("SELECT key, json, version FROM document WHERE key >= ? AND key < ? || char(127) ORDER BY key");
  const remove = sql.prepare("DELETE FROM document WHERE key = ? AND version = ?");

  return {
    read: async (key) => {
      const row = await database.operation(() => read.get(documentKey(key)));
      return row === undefined ? undefined : { value: parsed(row["json"]), version: Number(row["version"]) };
    },
    write: async (key, value, expected) => {
      const json = storedJson(`document ${documentKey(key)}`, value, MAX_DOCUMENT_BYTES);
      const { changes } = await database.operation(() => (expected === 0 ? insert.run(key, json) : replace.run(json, key, expected)));
      return changes === 0 ? "conflict" : "written";
    },
    list: async (prefix) => {
      const rows = await database.operation(() => list.all(prefix, prefix));
      return rows.map((row) => ({ key: String(row["key"]), value: parsed(row["json"]), version: Number(row["version"]) }));
    },
    remove: async (key, expected) =>
      database.operation(() => {
        if (read.get(documentKey(key)) === undefined) return "written";
        return remove.run(key, expected).changes === 0 ? "conflict" : "written";
      }),
  };
}

const parsed = (json: unknown): Json => JSON.parse(String(json)) as Json;
