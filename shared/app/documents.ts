import { CalltimeError } from "../core/error.ts";
import type { DocumentStore, Json, Versioned } from "./ports.ts";

// Two writers of one document are rare (an API call and a tick): a handful of tries is plenty, and a bound keeps a tick short.
const MOST_TRIES = 8;

/** A document of ours, as the type it was written with. */
export async function readDocument<T>(documents: DocumentStore, key: string): Promise<Versioned<T> | undefined> {
  return (await documents.read(key)) as Versioned<T> | undefined;
}

/**
 * Replaces a document by what `change` makes of it, again and again until nobody else wrote in between. `change` returns undefined to
 * leave it as it is. Throws `document-contested` when it never got its turn.
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
