import { lengthText } from "../instant-text.ts";
import { belongsTo, type Occasion, type SlotPattern } from "../schedule/occasion.ts";
import { MINUTE_MS } from "../time.ts";
import type { Edge } from "./edge.ts";

/** Where in the path of a request an edge stands: what the origin is nearest to is warmed first, and then answers the others. */
export const EDGE_ROLES = ["shield", "regional", "pop"] as const;
export type EdgeRole = (typeof EDGE_ROLES)[number];

/** How much one warm-up of what an occasion needs may fetch. */
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

/** Share of an occasion's objects that an edge has to hold before it counts as warm. */
export const EDGE_GOAL_SHARE = 0.99;

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

/** What the viewers of one occasion fetch first. `occasion`: what its owner calls it. */
export type OccasionContent = SlotPattern & { readonly occasion: string; readonly urls: readonly string[]; readonly segments: number };

/** Everything that a platform's owner said of content: which caches, for which occasions, and what it may take. */
export type ContentSettings = {
  /** The only host names that may be asked for, as `host` or `host:port`. */
  readonly hosts: readonly string[];
  readonly edges: readonly Edge[];
  /** Asked for one by one; empty: the header is not sent. */
  readonly acceptEncodings: readonly string[];
  readonly budget: ContentBudget;
  readonly price: ContentPrice;
  readonly content: readonly OccasionContent[];
};

/** What the viewers of an occasion fetch first: everything that was said of one of its slots; undefined when nothing was. */
export function contentOf(
  { content }: Pick<ContentSettings, "content">,
  { programmes }: Pick<Occasion, "programmes">,
): { readonly urls: readonly string[]; readonly segments: number } | undefined {
  const meant = content.filter((entry) => programmes.some((programme) => belongsTo(entry, programme)));
  if (meant.length === 0) return undefined;
  return { urls: [...new Set(meant.flatMap(({ urls }) => urls))], segments: Math.max(...meant.map(({ segments }) => segments)) };
}
