import { lookup } from "node:dns/promises";
import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import ipaddr from "ipaddr.js";
import { CalltimeError } from "../core/error.ts";
import type { EdgeAsk, EdgeCache, EdgeReply } from "../app/ports.ts";
import { ageOf, heldOf, lifetimeOf } from "./cache-headers.ts";
import type { Edge } from "../core/warm/edge.ts";

/** How the warmer calls itself, so that its requests can be told from viewers'. */
const USER_AGENT = "Calltime-warmer/1 (+content warm-up before a programme)";

const UNPACK = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/**
 * Edges of any CDN, and caches of one's own, over HTTP/1.1. An address is looked up once for each request, and the connection goes to what
 * was found and judged: a name that leads elsewhere a moment later changes nothing. Redirects are told, never followed. Bytes in the
 * sockets when an answer is broken off are not counted.
 */
export function httpEdges(edges: readonly Edge[]): EdgeCache & { readonly close: () => void } {
  const known = new Map(edges.map((edge) => [edge.id, edge]));
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  return {
    get: async (ask) => {
      const edge = known.get(ask.edgeId);
      if (edge === undefined)
        throw new CalltimeError("edge-unknown", `${ask.edgeId} is no edge here; right would be one of ${[...known.keys()].join(", ")}`);
      const url = new URL(ask.url);
      const scheme = edge.scheme ?? (url.protocol === "http:" ? "http" : "https");
      const place = await within(ask.timeoutMs, placeOf(edge, url, scheme));
      return "kind" in place ? place : exchange({ edge, ask, url, scheme, place, agents });
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Where an edge is, or why that is not known: a look-up has no end of its own. */
async function within(timeoutMs: number, place: Promise<Place | EdgeReply>): Promise<Place | EdgeReply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<EdgeReply>((resolve) => {
    timer = setTimeout(() => resolve(failed("edge-address-unknown", `its address was not found within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([place, late]);
  } catch (error) {
    return failed("edge-address-unknown", String(error));
  } finally {
    clearTimeout(timer);
  }
}

type Place = { readonly address: string; readonly port: number };

async function placeOf(edge: Edge, url: URL, scheme: "http" | "https"): Promise<Place | EdgeReply> {
  // An IPv6 address stands in brackets in an address of the web.
  const name = (edge.address ?? url.hostname).replace(/^\[|\]$/g, "");
  const address = isIP(name) === 0 ? (await lookup(name)).address : name;
  if (edge.private !== true && !isPublic(address)) {
    return failed(
      "edge-address-private",
      `${name} is at ${address}, which is not public; right would be private: true on an edge of your own`,
      true,
    );
  }
  return { address, port: edge.port ?? Number(url.port || (scheme === "http" ? 80 : 443)) };
}

function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  return parsed.range() === "unicast";
}

type Exchange = {
  readonly edge: Edge;
  readonly ask: EdgeAsk;
  readonly url: URL;
  readonly scheme: "http" | "https";
  readonly place: Place;
  readonly agents: { readonly http: http.Agent; readonly https: https.Agent };
};

function exchange({ edge, ask, url, scheme, place, agents }: Exchange): Promise<EdgeReply> {
  const headers: Record<string, string> = {
    host: url.host,
    "user-agent": USER_AGENT,
    accept: "*/*",
    ...(ask.acceptEncoding !== undefined && { "accept-encoding": ask.acceptEncoding }),
    ...(ask.range !== undefined && { range: `bytes=${ask.range.offset}-${ask.range.offset + ask.range.length - 1}` }),
  };
  const options = { host: place.address, port: place.port, path: `${url.pathname}${url.search}`, headers };
  // A name that is an address has no certificate name to ask for.
  const servername = isIP(url.hostname) === 0 ? url.hostname : "";
  return new Promise((resolve) => {
    let bytes = 0;
    const request =
      scheme === "http" ? http.request({ ...options, agent: agents.http }) : https.request({ ...options, agent: agents.https, servername });
    const timer = setTimeout(() => {
      end(failed("edge-timeout", `no whole answer within ${ask.timeoutMs} ms`, false, bytes));
    }, ask.timeoutMs);
    const end = (reply: EdgeReply): void => {
      clearTimeout(timer);
      resolve(reply);
      request.destroy();
    };
    request.on("error", (error) => end(failed("edge-unreachable", error.message, false, bytes)));
    request.on("response", (response) => {
      const said = {
        kind: "answered" as const,
        status: response.statusCode ?? 0,
        held: heldOf(response.headers, edge.hitHeader),
        lifetimeMs: lifetimeOf(response.headers, headers),
        ageMs: ageOf(response.headers),
        ...(response.headers.location !== undefined && { location: response.headers.location }),
      };
      // One that is known to be too long is not begun.
      if (Number(response.headers["content-length"] ?? 0) > ask.mostBytes) return end({ ...said, bytes: 0, whole: false });
      const kept: Buffer[] = [];
      response.on("error", (error) => end(failed("edge-broken-off", error.message, false, bytes)));
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ask.mostBytes) return end({ ...said, bytes: ask.mostBytes, whole: false });
        if (bytes <= ask.keepBytes) kept.push(chunk);
      });
      response.on("end", () => {
        if (!response.complete) return end(failed("edge-broken-off", "the answer ended before its end", false, bytes));
        clearTimeout(timer);
        const encoding = response.headers["content-encoding"];
        const whole = { ...said, bytes, whole: true };
        if (bytes > ask.keepBytes || ask.keepBytes === 0) return resolve(whole);
        unpacked(Buffer.concat(kept), encoding, ask.keepBytes).then(
          (body) => resolve({ ...whole, body }),
          (error: unknown) => resolve(failed("edge-body-unreadable", `its ${encoding} cannot be unpacked: ${String(error)}`, true, bytes)),
        );
      });
    });
    request.end();
  });
}

async function unpacked(packed: Uint8Array, encoding: string | undefined, mostBytes: number): Promise<Uint8Array> {
  if (encoding === undefined || encoding === "identity") return packed;
  const unpack = Object.entries(UNPACK).find(([name]) => name === encoding.toLowerCase())?.[1];
  if (unpack === undefined) throw new Error(`right would be one of ${Object.keys(UNPACK).join(", ")}`);
  return unpack(packed, { maxOutputLength: mostBytes });
}

function failed(code: string, reason: string, refused = false, bytes = 0): EdgeReply {
  return { kind: "failed", code, reason, bytes, refused };
}
