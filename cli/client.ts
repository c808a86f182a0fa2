import { resolve } from "node:path";
import type { Command } from "commander";
import { readToken } from "../local/token.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { letIn } from "./let-in.ts";
import { DEFAULT_DATA, DEFAULT_PORT, httpUrl } from "./option-values.ts";

/** Where a running Calltime is, and how its answer is printed. */
export type ClientOptions = { readonly url: string; readonly data: string; readonly json: boolean };

/** One request. What writes shows the token of the data directory. */
export type Asked = {
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
};

// Longer than the longest plan takes beside a run at full speed; a server that needs more has gone away.
const PATIENCE_MS = 30_000;

/** Adds the options of every command that speaks to a running Calltime. */
export function withClientOptions(command: Command): Command {
  return command
    .option("--url <url>", "where Calltime answers", httpUrl, `http://127.0.0.1:${DEFAULT_PORT}`)
    .option("--data <dir>", "its data directory; the write token is read there", DEFAULT_DATA)
    .option("--json", "print the answer as JSON", false)
    .exitOverride();
}

/**
 * One answer of the API. Throws what the server refuses with, under its code, `server-unreachable` when nobody answers,
 * `server-unknown` when what answers is no Calltime, and as `readToken` and `letIn`.
 */
export async function answerOf<Body>({ url, data }: ClientOptions, { method, path, query = {}, body }: Asked): Promise<Body> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  const address = `${url.replace(/\/+$/, "")}${path}${search}`;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const ownToken = (): Record<string, string> => (method === undefined ? {} : { authorization: `Bearer ${readToken(resolve(data))}` });
  const lettingIn = (await letIn({ method: method ?? "GET", url: new URL(address), body: text })) ?? ownToken();
  const response = await reached(url, address, {
    method: method ?? "GET",
    headers: { accept: "application/json", ...(text !== undefined && { "content-type": "application/json" }), ...lettingIn },
    // A redirect would carry the token to somebody else.
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(text !== undefined && { body: text }),
  });
  const read: unknown = await response.json().catch(() => undefined);
  const refusal = refusalIn(read);
  if (refusal !== undefined) throw new CalltimeError(refusal.code, refusal.message);
  if (response.status === 401 || response.status === 403)
    throw new CalltimeError(
      "server-refuses",
      `${url}: it does not let these credentials in (${response.status}); right would be some that may ${method === undefined ? "read" : "write"}`,
    );
  if (!response.ok || typeof read !== "object" || read === null)
    throw new CalltimeError("server-unknown", `${url}: what answers there is no Calltime; name the right --url`);
  return read as Body;
}

/** Prints an answer: as JSON, or as lines for people. */
export function print<Body>({ json }: ClientOptions, answer: Body, lines: (answer: Body) => readonly string[]): void {
  const text = json ? JSON.stringify(answer, null, 2) : lines(answer).join("\n");
  process.stdout.write(`${text}\n`);
}

/** An instant of the API for people, to the minute. */
export function minuteText(instant: string): string {
  return `${instant.slice(0, 16)}Z`;
}

async function reached(url: string, address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    const message = `${url}: no Calltime answers there; start it with "calltime start", or name its address with --url`;
    throw new CalltimeError("server-unreachable", message, { cause: error });
  }
}

function refusalIn(body: unknown): { readonly code: string; readonly message: string } | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("code" in error) || !("message" in error)) return undefined;
  return { code: String(error.code), message: String(error.message) };
}
