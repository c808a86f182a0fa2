import { CalltimeError } from "../core/error.ts";
import type { DocumentStore, Json, Versioned } from "./ports.ts";

// Two writers of one document are rare (an API call and a tick): a handful of tries is plenty, and a bound keeps a tick short.
const MOST_TRIES = 8;

/** A document of ours, as the type it was written with. */
export async function readDocument<T>(documents: DocumentStore, key: string): Promise<Versioned<T> | undefined> {
  return (await documents.read(key)) as Versioned<T> | undefined;
}

/**
 * Replaces a document by what `change` makes of it, again and again until nobody else wrote in between; for documents that several
 * may write. `change` returns undefined to leave it as it is. Throws `document-contested` when it never got its turn.
 */
export async function updateDocument<T>(
  documents: DocumentStore,
  key: string,
  change: (before: T | undefined) => T | undefined,
): Promise<T | undefined> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const before = await readDocument<T>(documents, key);
    const after = change(before?.value);
    if (after === undefined) return before?.value;
    if ((await documents.write(key, after as unknown as Json, before?.version ?? 0)) === "written") return after;
  }
  throw new CalltimeError("document-contested", `${key}: ${MOST_TRIES} writes in a row lost to somebody else's; run it again`);
}

/**
 * Replaces the document that was read as `before` (undefined: there was none) and returns it as it now stands; for documents that one
 * writer at a time keeps. Throws `document-contested` when somebody else wrote since: what was concluded from `before` is void then.
 */
export async function replaceDocument<T>(
  documents: DocumentStore,
  key: string,
  before: Versioned<T> | undefined,
  value: T,
): Promise<Versioned<T>> {
  const version = before?.version ?? 0;
  if ((await documents.write(key, value as unknown as Json, version)) === "written") return { value, version: version + 1 };
  throw new CalltimeError("document-contested", `${key}: somebody else wrote it after version ${version} was read; run it again`);
}
