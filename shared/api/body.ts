import type * as z from "zod/mini";
import { CalltimeError } from "../core/error.ts";

/** A feed of a week, gzipped, is a few megabytes; sixty-four leave room for one that is not gzipped. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;

/** What a person asks for is a few hundred bytes; this leaves room for a list of all targets. */
const MAX_JSON_BYTES = 64 * 1024;

const SMALLER_FEED = "the feed gzipped, or of fewer channels or days,";

/** The bytes of a request's body as they come. Throws `body-too-large` at the first byte too many, or before when the request says so itself. */
export async function* bodyOf(request: Request, maxBytes: number, right = SMALLER_FEED): AsyncGenerator<Uint8Array, void, undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes, right);
  if (request.body === null) return;
  let seen = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    seen += chunk.length;
    if (seen > maxBytes) throw tooLarge(maxBytes, right);
    yield chunk;
  }
}

/**
 * The JSON of a request's body as `schema` reads it. Throws `body-invalid`, naming everything that is wrong or unknown, and
 * `body-too-large`.
 */
export async function readJsonBody<Schema extends z.ZodMiniObject>(schema: Schema, request: Request): Promise<z.output<Schema>> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let value: unknown;
  try {
    let text = "";
    for await (const chunk of bodyOf(request, MAX_JSON_BYTES, "what the documentation lists"))
      text += decoder.decode(chunk, { stream: true });
    value = JSON.parse(text + decoder.decode());
  } catch (error) {
    if (error instanceof CalltimeError) throw error;
    throw new CalltimeError("body-invalid", "the body is no JSON in UTF-8; an object as docs/openapi.json describes it would be right", {
      cause: error,
    });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const known = Object.keys(schema.shape).join(", ");
  const problems = read.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${key.slice(0, 60)}: there is no such field; there are ${known}`)
      : [`${issue.path.length === 0 ? "the body" : issue.path.join(".")}: ${issue.message}`],
  );
  throw new CalltimeError("body-invalid", problems.join("; "));
}

function tooLarge(maxBytes: number, right: string): CalltimeError {
  return new CalltimeError("body-too-large", `the body is larger than ${maxBytes} bytes; ${right} would be right`);
}
