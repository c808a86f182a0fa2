import { contentWarmed, isoOf, newEvent } from "../../events/index.ts";
import { contentOf } from "../core/warm/content.ts";
import { aboutToStart } from "./about-to-start.ts";
import type { Context } from "./context.ts";
import type { EdgeCache, Pace } from "./ports.ts";
import { publish } from "./publish.ts";
import { warmContent, type ContentReport } from "./warm-content.ts";
import type { EdgeOutcome } from "./warm-edge.ts";
import { updateContentSeen, type ContentSeen, type EdgeSeen } from "./warm-ups.ts";

/** What came of being told that an occasion is about to start. */
export type OccasionWarmed =
  | { readonly kind: "warmed"; readonly report: ContentReport }
  /** `nothing-listed`: nothing was said of its content. */
  | { readonly kind: "left-alone"; readonly why: "nothing-listed" | "unlisted" | "too-early" | "started" | "switched-off" | "under-way" };

/**
 * Has the edges hold what an occasion's viewers fetch first, keeps what each was seen to hold for the verdict, and tells of it. When the
 * occasion starts is read from what is known now, not from what an event said. `untilMs`: when whoever calls has to be done.
 */
export async function warmOccasion(
  context: Context,
  ports: { readonly edges: EdgeCache; readonly pace: Pace },
  asked: { readonly occasionId: string; readonly untilMs: number; readonly correlationId?: string | undefined },
): Promise<OccasionWarmed> {
  const { content } = context.settings;
  const { occasionId, untilMs, correlationId } = asked;
  const now = ports.pace.nowMs();
  if (content === undefined) return { kind: "left-alone", why: "nothing-listed" };
  const about = await aboutToStart(context, occasionId, now);
  if (about.kind === "not-now") return { kind: "left-alone", why: about.why };
  const { startsAtMs, name } = about.occasion;
  const wanted = contentOf(content, about.occasion);
  if (wanted === undefined) return { kind: "left-alone", why: "nothing-listed" };

  let isOurs = false;
  // Two at a time would fetch everything twice.
  await updateContentSeen(context, occasionId, now, (before) => {
    isOurs = (before?.busyUntilMs ?? 0) <= now;
    return isOurs ? { ...(before ?? { spent: { bytes: 0, requests: 0, costUsd: 0 } }), startsAtMs, busyUntilMs: untilMs } : undefined;
  });
  if (!isOurs) return { kind: "left-alone", why: "under-way" };
  let report: ContentReport | undefined;
  try {
    const { edges, ...said } = content;
    const places = edges.map(({ id, role }) => ({ id, role }));
    report = await warmContent(ports, { occasionId, startsAtMs, untilMs, ...said, ...wanted, edges: places });
  } finally {
    await updateContentSeen(context, occasionId, now, (before) => before && afterwards(before, report));
  }
  const data = {
    occasionId,
    name,
    startsAt: isoOf(startsAtMs),
    edges: seenAt(report).map(({ edgeId, counts, reasons }) => ({
      edgeId,
      objects: Object.values(counts).reduce((sum, count) => sum + count, 0),
      ...counts,
      reasons: [...reasons],
    })),
    bytes: report.bytes,
    requests: report.requests,
    costUsd: report.costUsd,
  };
  const id = `content.warmed/${occasionId}/${isoOf(now)}`;
  await publish(context, [newEvent(contentWarmed, { id, atMs: ports.pace.nowMs(), correlationId, data })]);
  return { kind: "warmed", report };
}

function afterwards({ startsAtMs, seen, spent }: ContentSeen, report: ContentReport | undefined): ContentSeen {
  if (report === undefined) return { startsAtMs, ...(seen !== undefined && { seen }), spent };
  const { bytes, requests, costUsd } = spent;
  return {
    startsAtMs,
    seen: { atMs: report.atMs, edges: seenAt(report) },
    spent: { bytes: bytes + report.bytes, requests: requests + report.requests, costUsd: costUsd + report.costUsd },
  };
}

/** What each edge was seen to hold, in the order in which they were asked. */
function seenAt({ outcomes }: ContentReport): readonly EdgeSeen[] {
  const byEdge = new Map<string, EdgeOutcome[]>();
  for (const outcome of outcomes) byEdge.set(outcome.edgeId, [...(byEdge.get(outcome.edgeId) ?? []), outcome]);
  return [...byEdge].map(([edgeId, here]) => {
    const counts = { warm: 0, unproven: 0, refused: 0, failed: 0 };
    const reasons = new Map<string, { code: string; objects: number; example: string }>();
    for (const { state, url } of here) {
      counts[state.kind] += 1;
      if (state.kind === "warm") continue;
      const code = state.kind === "unproven" ? "content-unproven" : state.code;
      const reason = reasons.get(code) ?? { code, objects: 0, example: url };
      reasons.set(code, { ...reason, objects: reason.objects + 1 });
    }
    return { edgeId, counts, reasons: [...reasons.values()].sort((a, b) => b.objects - a.objects) };
  });
}
