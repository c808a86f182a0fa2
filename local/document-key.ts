import { CalltimeError } from "../shared/core/error.ts";

/** Largest document, in bytes of JSON: DynamoDB's item limit, so that what is kept on a laptop can be kept there too. */
export const MAX_DOCUMENT_BYTES = 400 * 1024;

const KEY = /^[A-Za-z0-9._~()+ -]+(\/[A-Za-z0-9._~()+ -]+)*$/;

/** `key`, or throws `document-key` when it is not a `/`-separated path of allowed segments. */
export function documentKey(key: string): string {
  if (KEY.test(key)) return key;
  throw new CalltimeError("document-key", `document key "${key}": use /-separated segments of A-Z a-z 0-9 . _ ~ ( ) + - and space`);
}
