import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { CalltimeError } from "../shared/core/error.ts";

/** A server that listens. */
export type Served = {
  /** Where the page is, without a trailing slash; the API is below it, at `/v1`. */
  readonly url: string;
  /** Takes no more requests, lets those under way end (for two seconds at most), and resolves when the port is free. */
  readonly close: () => Promise<void>;
};

/** What answers everything that is no file of the page. */
export type App = { readonly fetch: (request: Request) => Response | Promise<Response> };

const LOOPBACK = "127.0.0.1";
const CLOSE_WITHIN_MS = 2_000;
const IDLE_EVERY_MS = 20;
const PAGE = join(import.meta.dirname, "../console");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

// The page runs its own script and style, speaks to its own origin, and nothing else.
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves the API and the page on this machine alone; port 0 takes a free one. Throws `port-in-use`, and `port-unusable` when the
 * machine does not let us listen there.
 */
export function serveApi(app: App, { port }: { readonly port: number }): Promise<Served> {
  const page = pageFiles();
  return serveApp({ fetch: (request) => pageAnswer(page, request) ?? app.fetch(request) }, { port });
}

/** Serves an application on this machine alone, without the page. Throws as `serveApi`. */
export async function serveApp(app: App, { port }: { readonly port: number }): Promise<Served> {
  const server = createAdaptorServer({ fetch: (request) => misdirected(request) ?? app.fetch(request) });
  await listening(server, port);
  const { port: taken } = server.address() as AddressInfo;
  return { url: `http://${LOOPBACK}:${taken}`, close: () => closed(server) };
}

type PageFile = { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string };

/** The page by path, read once. What is not in here cannot be asked for, whatever a path spells. */
function pageFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const entry of readdirSync(PAGE, { withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = { bytes: new Uint8Array(readFileSync(join(PAGE, entry.name))), type };
    files.set(entry.name === "index.html" ? "/" : `/${entry.name}`, file);
  }
  return files;
}

function pageAnswer(page: ReadonlyMap<string, PageFile>, request: Request): Response | undefined {
  const file = page.get(new URL(request.url).pathname);
  if (file === undefined || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
  const headers = { ...PAGE_HEADERS, "content-type": file.type, "content-length": String(file.bytes.length) };
  return new Response(request.method === "HEAD" ? null : file.bytes, { headers });
}

/** Refuses a request under another name: a page from elsewhere may have pointed that name at this machine to read what is here. */
function misdirected(request: Request): Response | undefined {
  const { hostname } = new URL(request.url);
  if (hostname === LOOPBACK || hostname === "localhost") return undefined;
  const message = `this server answers as ${LOOPBACK} or localhost only`;
  return Response.json({ error: { code: "host-unknown", message } }, { status: 421 });
}

async function listening(server: ServerType, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, port)));
    server.listen(port, LOOPBACK, resolve);
  });
}

function listenError(error: Error, port: number): CalltimeError {
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    const right = "stop the program that listens there (an earlier Calltime?), or choose another port; 0 takes a free one";
    return new CalltimeError("port-in-use", `port ${port} of ${LOOPBACK} is in use; ${right}`, { cause: error });
  }
  const message = `port ${port} of ${LOOPBACK} cannot be listened on (${error.message}); a port from 1024 to 65535, or 0 for a free one, would be right`;
  return new CalltimeError("port-unusable", message, { cause: error });
}

async function closed(server: ServerType): Promise<void> {
  if (!server.listening) return;
  // Node closes the connections that are idle now; one whose answer was under way stays open until its client leaves.
  const idle = setInterval(() => "closeIdleConnections" in server && server.closeIdleConnections(), IDLE_EVERY_MS);
  const force = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), CLOSE_WITHIN_MS);
  try {
    await new Promise<void>((resolve, reject) => void server.close((error) => (error === undefined ? resolve() : reject(error))));
  } finally {
    clearInterval(idle);
    clearTimeout(force);
  }
}
