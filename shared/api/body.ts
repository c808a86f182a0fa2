import { CalltimeError } from "../core/error.ts";

/** A feed of a week, gzipped, is a few megabytes; sixty-four leave room for one that is not gzipped. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The bytes of a request's body as they come. Throws `body-too-large` at the first byte too many, or before when the request says so itself. */
export async function* bodyOf(request: Request, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return;
  let seen = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    seen += chunk.length;
    if (seen > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function tooLarge(maxBytes: number): CalltimeError {
  const message = `the body is larger than ${maxBytes} bytes; the feed gzipped, or of fewer channels or days, would be right`;
  return new CalltimeError("body-too-large", message);
}
