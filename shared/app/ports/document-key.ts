import { CalltimeError } from "../../core/error.ts";

/** Largest document, in bytes of JSON: an item of DynamoDB holds 409,600 with its key and names, and what is kept on a laptop has to fit there. */
export const MAX_DOCUMENT_BYTES = 400_000;

/** Longest key, in characters: DynamoDB sorts by 1,024 bytes. */
const MAX_KEY_CHARACTERS = 1_000;

const KEY = /^[A-Za-z0-9._~()+ -]+(\/[A-Za-z0-9._~()+ -]+)*$/;

/** `key`, or throws `document-key` when it is not a `/`-separated path of allowed segments, or too long. */
export function documentKey(key: string): string {
  if (KEY.test(key) && key.length <= MAX_KEY_CHARACTERS) return key;
  const right = `use /-separated segments of A-Z a-z 0-9 . _ ~ ( ) + - and space, ${MAX_KEY_CHARACTERS} characters at most`;
  throw new CalltimeError("document-key", `document key "${key.slice(0, 200)}": ${right}`);
}
