import { createApi } from "../shared/api/api.ts";
import type { Evening } from "./evening.ts";
import { serveApi, type Served } from "./server.ts";
import { writeToken } from "./token.ts";

/**
 * The API and the status page of an evening on 127.0.0.1. `tokenDirectory` is where the write token is kept, or made. A request that
 * writes waits for the tick under way, and is kept or undone as a whole. Throws as `serveApi` and `writeToken` do.
 */
export function serveEvening(
  evening: Evening,
  { port, tokenDirectory }: { readonly port: number; readonly tokenDirectory: string },
): Promise<Served> {
  const token = writeToken(tokenDirectory);
  const { context, nowMs, act } = evening;
  return serveApi(createApi({ context, now: nowMs, writers: { kind: "token", token }, exclusively: act }), { port });
}
