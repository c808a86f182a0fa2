import {
  contentCostUsd,
  EDGE_ROLES,
  HELD_AFTER_START_MS,
  type ContentBudget,
  type ContentPrice,
  type ContentState,
  type EdgeRole,
} from "../core/warm/content.ts";
import { allowance } from "./allowance.ts";
import type { EdgeCache, Pace } from "./ports.ts";
import { warmEdge, type EdgeOutcome } from "./warm-edge.ts";

/** What one occasion's viewers fetch first, and where it is to be held. */
export type ContentOrder = {
  readonly occasionId: string;
  readonly startsAtMs: number;
  /** When whoever warms has to be done; its start when left out. */
  readonly untilMs?: number;
  /** Addresses that viewers begin with: pages, documents, artwork, playlists. What a manifest lists is fetched after it. */
  readonly urls: readonly string[];
  /** The host names that may be asked for, as `host` or `host:port`; nothing else is, whatever a manifest or a redirect says. */
  readonly hosts: readonly string[];
  readonly edges: readonly { readonly id: string; readonly role: EdgeRole }[];
  /** Segments of each rendition. */
  readonly segments: number;
  /** As players send them: an edge that keeps each in an encoding of its own is asked for each. Empty: the header is not sent. */
  readonly acceptEncodings: readonly string[];
  readonly budget: ContentBudget;
  readonly price: ContentPrice;
};

/** What became of an order. */
export type ContentReport = {
  readonly occasionId: string;
  readonly atMs: number;
  readonly outcomes: readonly EdgeOutcome[];
  /** How many outcomes there are of each kind. */
  readonly counts: Readonly<Record<ContentState["kind"], number>>;
  readonly bytes: number;
  readonly requests: number;
  readonly costUsd: number;
};

/**
 * Fetches what an order names through its edges until each holds it: those nearest to the origin first, so that they, not the origin,
 * answer the others. Asked again it finds what is there and fetches what is missing: it keeps no list of what it did. It ends at the
 * programme's start: whatever comes later, viewers fetch themselves.
 */
export async function warmContent(ports: { readonly edges: EdgeCache; readonly pace: Pace }, order: ContentOrder): Promise<ContentReport> {
  const { budget, price, occasionId, startsAtMs, untilMs = startsAtMs } = order;
  const deadlineMs = Math.min(startsAtMs, untilMs);
  const atMs = ports.pace.nowMs();
  const allowed = allowance(budget, ports.pace);
  const outcomes: EdgeOutcome[] = [];
  for (const role of EDGE_ROLES) {
    const edges = order.edges.filter((edge) => edge.role === role);
    const warmed = edges.map(({ id }) =>
      warmEdge(ports, { ...order, edgeId: id, allowed, deadlineMs, neededUntilMs: startsAtMs + HELD_AFTER_START_MS }),
    );
    outcomes.push(...(await Promise.all(warmed)).flat());
  }
  const counts = { warm: 0, unproven: 0, refused: 0, failed: 0 };
  for (const { state } of outcomes) counts[state.kind] += 1;
  const spent = allowed.spent();
  return { occasionId, atMs, outcomes, counts, ...spent, costUsd: contentCostUsd(spent, price) };
}
