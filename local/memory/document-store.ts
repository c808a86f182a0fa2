import type { DocumentStore, Json, Versioned } from "../../shared/app/ports.ts";
import { compareText } from "../../shared/core/schedule/programme.ts";
import { documentKey, MAX_DOCUMENT_BYTES } from "../../shared/app/ports/document-key.ts";
import { frozen } from "../frozen.ts";
import type { Sections } from "../sections.ts";
import { storedJson } from "../../shared/app/ports/stored-json.ts";

/** Documents in memory, for fast simulation. What is read is frozen, so nobody can change what is stored. */
export function memoryDocumentStore(sections: Sections): DocumentStore {
  const documents = new Map<string, Versioned<Json>>();

  /** Puts `next` in place, or removes, and says how to take it back. */
  const set = (key: string, next: Versioned<Json> | undefined, undo: (how: () => void) => void): void => {
    const before = documents.get(key);
    const put = (document: Versioned<Json> | undefined) => (document === undefined ? documents.delete(key) : documents.set(key, document));
    undo(() => void put(before));
    put(next);
  };

  return {
    read: async (key) => sections.operation(() => documents.get(documentKey(key))),
    write: async (key, value, expected) => {
      const json = storedJson(`document ${documentKey(key)}`, value, MAX_DOCUMENT_BYTES);
      return sections.operation((undo) => {
        if ((documents.get(key)?.version ?? 0) !== expected) return "conflict";
        set(key, Object.freeze({ value: frozen(JSON.parse(json) as Json), version: expected + 1 }), undo);
        return "written";
      });
    },
    list: async (prefix) =>
      sections.operation(() =>
        [...documents]
          .filter(([key]) => key.startsWith(prefix))
          .sort(([a], [b]) => compareText(a, b))
          .map(([key, document]) => ({ key, ...document })),
      ),
    remove: async (key, expected) =>
      sections.operation((undo) => {
        const document = documents.get(documentKey(key));
        if (document === undefined) return "written";
        if (document.version !== expected) return "conflict";
        set(key, undefined, undo);
        return "written";
      }),
  };
}
