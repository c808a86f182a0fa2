import type { DocumentStore, Json, Versioned } from "../app/ports.ts";

/** How documents are kept. */
export type Keeping = {
  /** Beginnings of the keys of those that are kept. */
  readonly prefixes: readonly string[];
  readonly forMs: number;
  readonly nowMs: () => number;
};

type Listed = Awaited<ReturnType<DocumentStore["list"]>>;

/**
 * Documents of which some are kept in memory for a while: each read of a large one is billed, and what is learned of a week once an hour may be
 * minutes old. What this process writes itself it sees at once; when somebody else wrote first, the document is read anew.
 */
export function keptDocuments(documents: DocumentStore, { prefixes, forMs, nowMs }: Keeping): DocumentStore {
  const read = new Map<string, { readonly atMs: number; readonly document: Versioned<Json> | undefined }>();
  const listed = new Map<string, { readonly atMs: number; readonly all: Listed }>();
  const isKept = (key: string): boolean => prefixes.some((prefix) => key.startsWith(prefix));
  const isFresh = (known: { readonly atMs: number } | undefined): boolean => {
    const ageMs = known === undefined ? Infinity : nowMs() - known.atMs;
    return ageMs >= 0 && ageMs < forMs;
  };
  const changed = (key: string): void => {
    read.delete(key);
    for (const prefix of listed.keys()) if (key.startsWith(prefix)) listed.delete(prefix);
  };
  return {
    read: async (key) => {
      if (!isKept(key)) return documents.read(key);
      const known = read.get(key);
      if (known !== undefined && isFresh(known)) return known.document;
      const document = await documents.read(key);
      read.set(key, { atMs: nowMs(), document });
      return document;
    },
    list: async (prefix) => {
      if (!isKept(prefix)) return documents.list(prefix);
      const known = listed.get(prefix);
      if (known !== undefined && isFresh(known)) return known.all;
      const all = await documents.list(prefix);
      listed.set(prefix, { atMs: nowMs(), all });
      return all;
    },
    write: async (key, value, expected) => {
      changed(key);
      return documents.write(key, value, expected);
    },
    remove: async (key, expected) => {
      changed(key);
      return documents.remove(key, expected);
    },
  };
}
