import { lengthText } from "../instant-text.ts";
import { MINUTE_MS } from "../time.ts";

/** Where in the path of a request an edge stands: what the origin is nearest to is warmed first, and then answers the others. */
export const EDGE_ROLES = ["shield", "regional", "pop"] as const;
export type EdgeRole = (typeof EDGE_ROLES)[number];

/** How much may be fetched to warm what one occasion needs. */
export type ContentBudget = {
  /** Bytes of bodies, over all edges, second GETs included. */
  readonly bytes: number;
  readonly requests: number;
  /** Bytes of one object. */
  readonly objectBytes: number;
  /** Requests under way at one edge. */
  readonly concurrency: number;
  /** Over all edges. */
  readonly requestsPerSecond: number;
  /** Manifests on the way to a segment; redirects count too. */
  readonly depth: number;
  /** GETs of one object at one edge: the first, the one that must be a hit, and those after it that still may be. */
  readonly tries: number;
  readonly timeoutMs: number;
};

/** Enough for a premiere in six renditions at two edges; a large catalogue needs a larger one. */
export const CONTENT_BUDGET: ContentBudget = {
  bytes: 1_000_000_000,
  requests: 2000,
  objectBytes: 64_000_000,
  concurrency: 6,
  requestsPerSecond: 20,
  depth: 3,
  tries: 4,
  timeoutMs: 15_000,
};

/** What an edge must still hold when the crowd comes: from the start until a little later, when viewers themselves keep it there. */
export const HELD_AFTER_START_MS = 5 * MINUTE_MS;

/** What became of one object at one edge. */
export type ContentState =
  /** A GET was answered from the cache, and will be when the crowd comes. */
  | { readonly kind: "warm" }
  /** Fetched, but whether the edge holds it, or for how long, it does not say. */
  | { readonly kind: "unproven"; readonly why: string }
  /** Not to be warmed, however often it is tried. */
  | { readonly kind: "refused"; readonly code: string; readonly why: string }
  /** May go well another time. */
  | { readonly kind: "failed"; readonly code: string; readonly why: string };

/** What an edge said of an object that it answered in full; as `EdgeReply` has it. */
export type Answered = {
  readonly held: "hit" | "miss" | "unknown";
  readonly lifetimeMs: number | undefined;
  readonly ageMs: number;
};

/** What one answer says of an object; `ask-again`: the next GET must be a hit. */
export function judgeAnswer(
  { held, lifetimeMs, ageMs }: Answered,
  until: { readonly nowMs: number; readonly neededUntilMs: number },
): ContentState | { readonly kind: "ask-again" } {
  if (lifetimeMs === 0) return { kind: "refused", code: "content-not-cacheable", why: "its headers forbid a shared cache to hold it" };
  const neededMs = until.neededUntilMs - until.nowMs;
  if (lifetimeMs !== undefined && lifetimeMs < neededMs) {
    const why = `it is held for ${lengthText(lifetimeMs)}, and the crowd comes later; right would be ${lengthText(neededMs)}`;
    return { kind: "refused", code: "content-ttl-short", why };
  }
  if (lifetimeMs !== undefined && lifetimeMs - ageMs < neededMs) {
    const why = `it is held for another ${lengthText(Math.max(0, lifetimeMs - ageMs))} and gone before the crowd comes; try again after that`;
    return { kind: "failed", code: "content-expires-early", why };
  }
  if (held === "miss") return { kind: "ask-again" };
  if (held === "unknown") return { kind: "unproven", why: "the edge does not say whether it had it" };
  if (lifetimeMs === undefined) return { kind: "unproven", why: "the edge has it, and nothing says how long" };
  return { kind: "warm" };
}

/** Price of content fetched through a CDN. */
export type ContentPrice = { readonly usdPerGigabyte: number; readonly usdPerTenThousandRequests: number };

/** US dollars of what was fetched. A gigabyte is 10⁹ bytes, as CDNs bill it. */
export function contentCostUsd(fetched: { readonly bytes: number; readonly requests: number }, price: ContentPrice): number {
  return (fetched.bytes / 1e9) * price.usdPerGigabyte + (fetched.requests / 10_000) * price.usdPerTenThousandRequests;
}
