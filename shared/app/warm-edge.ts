import { CalltimeError } from "../core/error.ts";
import { judgeAnswer, type ContentBudget, type ContentState } from "../core/warm/content.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { MAX_MANIFEST_BYTES, readManifest } from "../manifests/read-manifest.ts";
import type { Allowance } from "./allowance.ts";
import type { EdgeAsk, EdgeCache, EdgeReply, Pace } from "./ports.ts";

/** What became of one object at one edge. */
export type EdgeOutcome = {
  readonly edgeId: string;
  readonly url: string;
  readonly range?: { readonly offset: number; readonly length: number };
  readonly acceptEncoding?: string;
  readonly state: ContentState;
  readonly bytes: number;
  readonly requests: number;
};

type EdgeOrder = {
  readonly edgeId: string;
  readonly urls: readonly string[];
  readonly hosts: readonly string[];
  readonly segments: number;
  readonly acceptEncodings: readonly string[];
  readonly budget: ContentBudget;
  readonly allowed: Allowance;
  readonly deadlineMs: number;
  readonly neededUntilMs: number;
};

/** One object to be held. `playlist`: it may list others. `depth`: manifests and redirects on the way to it. */
type Wanted = Pick<EdgeAsk, "url" | "range" | "acceptEncoding"> & { readonly playlist: boolean; readonly depth: number };

type Ports = { readonly edges: EdgeCache; readonly pace: Pace };

/** Answers of one kind in a row after which an edge is let alone: whatever stands behind it has enough to do. */
const SUFFERING_AFTER = 5;

/** Fetches through one edge what an order names and what its manifests list, a few at a time, the first-named first. */
export async function warmEdge(ports: Ports, order: EdgeOrder): Promise<readonly EdgeOutcome[]> {
  const outcomes: EdgeOutcome[] = [];
  const queue: Wanted[] = [];
  const seen = new Set<string>();
  const encodings = order.acceptEncodings.length === 0 ? [undefined] : order.acceptEncodings;
  let suffering = 0;

  const want = (objects: readonly Omit<Wanted, "acceptEncoding">[]): void => {
    for (const object of objects) {
      for (const acceptEncoding of encodings) {
        const wanted = acceptEncoding === undefined ? object : { ...object, acceptEncoding };
        const key = JSON.stringify([wanted.url, wanted.range, acceptEncoding]);
        // More than there may be requests cannot be fetched, and a list of them could be endless.
        if (seen.has(key) || seen.size >= order.budget.requests) continue;
        seen.add(key);
        queue.push(wanted);
      }
    }
  };

  const next = async (): Promise<void> => {
    for (let wanted = queue.shift(); wanted !== undefined; wanted = queue.shift()) {
      const stopped = suffering >= SUFFERING_AFTER ? "what stands behind this edge answers with errors: it is let alone" : undefined;
      const warmed = stopped === undefined ? await warmObject(ports, order, wanted) : giveUp("content-origin-suffering", stopped);
      const { state, bytes, requests, leadsTo } = warmed;
      if (stopped === undefined) suffering = state.kind === "failed" && state.code === "content-origin-error" ? suffering + 1 : 0;
      const { playlist: _playlist, depth: _depth, ...asked } = wanted;
      outcomes.push({ edgeId: order.edgeId, ...asked, state, bytes, requests });
      want(leadsTo);
    }
  };

  want(order.urls.map((url) => ({ url, playlist: true, depth: 0 })));
  while (queue.length > 0) await Promise.all(Array.from({ length: order.budget.concurrency }, next));
  return outcomes;
}

type Warmed = Pick<EdgeOutcome, "state" | "bytes" | "requests"> & { readonly leadsTo: readonly Omit<Wanted, "acceptEncoding">[] };

/** What an object is while it is still to be asked for: the next GET, if there is time for one, says more. */
const OUT_OF_TIME: ContentState = { kind: "failed", code: "content-out-of-time", why: "the programme starts" };

async function warmObject({ edges, pace }: Ports, order: EdgeOrder, wanted: Wanted): Promise<Warmed> {
  const { budget, allowed } = order;
  const forbidden = forbiddenBy(order.hosts, wanted, budget.depth);
  if (forbidden !== undefined) return { state: forbidden, bytes: 0, requests: 0, leadsTo: [] };
  let [bytes, requests] = [0, 0];
  let state: ContentState = OUT_OF_TIME;
  let leadsTo: Warmed["leadsTo"] = [];
  for (let attempt = 0; attempt < budget.tries; attempt += 1) {
    // Longer each time: a cache needs a moment to keep what it has just passed on, an origin more to recover.
    if (attempt > 0) await pace.wait((0.5 + pace.random()) * 200 * 2 ** attempt);
    if (pace.nowMs() >= order.deadlineMs) break;
    const taken = await allowed.take();
    if (taken === undefined) {
      state = giveUp("content-over-budget", "the budget of bytes or requests is used up").state;
      break;
    }
    const { mostBytes, settle } = taken;
    const leftMs = order.deadlineMs - pace.nowMs();
    if (leftMs <= 0) {
      settle(undefined);
      break;
    }
    const { url, range, acceptEncoding } = wanted;
    const reply = await edges
      .get({
        edgeId: order.edgeId,
        url,
        ...(range !== undefined && { range }),
        ...(acceptEncoding !== undefined && { acceptEncoding }),
        mostBytes,
        keepBytes: wanted.playlist ? MAX_MANIFEST_BYTES : 0,
        timeoutMs: Math.min(budget.timeoutMs, leftMs),
      })
      .catch((error: unknown): EdgeReply => ({ kind: "failed", code: "edge-failed", reason: String(error), bytes: 0, refused: false }));
    settle(reply.bytes);
    bytes += reply.bytes;
    requests += 1;
    const judged = await judge(reply, wanted, { ...order, mostBytes, nowMs: pace.nowMs() });
    // What a playlist lists is known once it was read, whatever becomes of the GET that was to prove it.
    if (judged.leadsTo.length > 0) leadsTo = judged.leadsTo;
    if (judged.state.kind !== "ask-again") state = judged.state;
    else if (attempt < budget.tries - 1) state = OUT_OF_TIME;
    else state = giveUp("content-not-held", `asked ${requests} times, the edge had to fetch it every time`).state;
    if (state.kind !== "failed" || state.code === "content-expires-early" || state.code === "content-over-budget") break;
  }
  return { state, bytes, requests, leadsTo };
}

type Judged = { readonly state: ContentState | { readonly kind: "ask-again" }; readonly leadsTo: Warmed["leadsTo"] };

/** What one answer says of the object and what it leads to. */
async function judge(
  reply: EdgeReply,
  wanted: Wanted,
  order: EdgeOrder & { readonly mostBytes: number; readonly nowMs: number },
): Promise<Judged> {
  const alone = (state: ContentState) => ({ state, leadsTo: [] });
  if (reply.kind === "failed") return alone({ kind: reply.refused ? "refused" : "failed", code: reply.code, why: reply.reason });
  const { status, location } = reply;
  if (status >= 500 || status === 429) return alone(giveUp("content-origin-error", `it was answered with ${status}`).state);
  if (status >= 300 && status < 400 && location !== undefined) return redirected(location, wanted);
  if (status !== 200 && status !== 206) return alone({ kind: "refused", code: "content-missing", why: `it was answered with ${status}` });
  if (!reply.whole) {
    const why = `it has more than ${order.mostBytes} bytes`;
    if (order.mostBytes < order.budget.objectBytes) return alone(giveUp("content-over-budget", `${why}, and no more are left`).state);
    return alone({ kind: "refused", code: "content-too-large", why: `${why}; right would be a larger budget for one object` });
  }
  const state = judgeAnswer(reply, order);
  if (!wanted.playlist) return { state, leadsTo: [] };
  const named = /\.(m3u8|mpd)$/i.test(new URL(wanted.url).pathname);
  if (reply.body !== undefined && (named || looksLikeManifest(reply.body))) return listedIn(reply.body, wanted, order, state);
  if (!named) return { state, leadsTo: [] };
  return alone({ kind: "refused", code: "manifest-invalid", why: `it has more than ${MAX_MANIFEST_BYTES} bytes` });
}

function redirected(location: string, { url, playlist, depth }: Wanted) {
  if (!URL.canParse(location, url)) {
    return {
      state: { kind: "refused", code: "content-missing", why: `it redirects to ${location}, which is no address` } as const,
      leadsTo: [],
    };
  }
  const to = new URL(location, url).href;
  // Redirects are seldom cached; what they lead to is what viewers wait for.
  return { state: { kind: "unproven", why: `it redirects to ${to}` } as const, leadsTo: [{ url: to, playlist, depth: depth + 1 }] };
}

async function listedIn(body: Uint8Array, { url, depth }: Wanted, { segments }: EdgeOrder, state: Judged["state"]): Promise<Judged> {
  let manifest: Manifest;
  try {
    manifest = await readManifest(body, { url, segments });
  } catch (error) {
    if (!(error instanceof CalltimeError)) throw error;
    return { state: { kind: "refused", code: error.code, why: error.message } as const, leadsTo: [] };
  }
  if (manifest.kind === "live") return { state: { kind: "refused", code: "content-live", why: manifest.why } as const, leadsTo: [] };
  if (manifest.kind === "multivariant") {
    return { state, leadsTo: manifest.playlists.map((playlist) => ({ url: playlist, playlist: true, depth: depth + 1 })) };
  }
  // What a player fetches first comes first: what initialises each rendition, then the first segment of each, then the second.
  const { tracks } = manifest;
  const longest = Math.max(...tracks.map((track) => track.segments.length));
  const inOrder = Array.from({ length: longest }, (_, index) => tracks.flatMap((track) => track.segments[index] ?? [])).flat();
  return {
    state,
    leadsTo: [...tracks.flatMap(({ init }) => init), ...inOrder].map((object) => ({ ...object, playlist: false, depth: depth + 1 })),
  };
}

function looksLikeManifest(body: Uint8Array): boolean {
  const begin = new TextDecoder().decode(body.subarray(0, 1024));
  return /^\s*#EXTM3U/.test(begin) || (/^\s*</.test(begin) && begin.includes("<MPD"));
}

function forbiddenBy(hosts: readonly string[], { url, depth }: Wanted, mostDepth: number): ContentState | undefined {
  const refused = (code: string, why: string): ContentState => ({ kind: "refused", code, why });
  if (!URL.canParse(url)) return refused("content-address-invalid", "right would be an address like https://vod.example/film.m3u8");
  const { protocol, host, username, password } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:")
    return refused("content-address-invalid", `${protocol} is not fetched; right would be https:`);
  if (username !== "" || password !== "") return refused("content-address-invalid", "a name or password in an address is not sent");
  if (!hosts.includes(host))
    return refused("content-host-not-allowed", `${host} is none of the hosts that may be asked for: ${hosts.join(", ")}`);
  if (depth > mostDepth)
    return refused("content-too-deep", `${depth} manifests or redirects lead to it; right would be ${mostDepth} at most`);
  return undefined;
}

function giveUp(code: string, why: string): Warmed & { readonly state: ContentState } {
  return { state: { kind: "failed", code, why }, bytes: 0, requests: 0, leadsTo: [] };
}
