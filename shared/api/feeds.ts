import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { examine } from "../app/examine.ts";
import { contested, settle, type IngestReport } from "../app/ingest.ts";
import { lateChanges, type LateChange } from "../app/late-change.ts";
import type { ReadBytes } from "../app/next-edition.ts";
import { CalltimeError } from "../core/error.ts";
import { once } from "../core/once.ts";
import { countOf } from "../core/schedule/findings.ts";
import { bodyOf } from "./body.ts";
import { errorSchema } from "./failure.ts";
import { lateChangesOf, lateChangesSchema } from "./late-change.ts";
import { route, type ApiParts } from "./route.ts";

/** Findings told in one answer; a broken feed has thousands. */
export const MAX_LISTED_FINDINGS = 200;

/** What a feed may be called. */
export const FEED_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const count = z.number().check(z.int(), z.nonnegative());

/** How much was read, and what became of it. */
export const countsSchema = once(() =>
  z.strictObject({
    channelsDeclared: count,
    channelsWithProgrammes: count,
    programmesRead: count,
    programmesKept: count,
    duplicatesDropped: count,
    programmesRejected: count,
    itemsUnreadable: count,
  }),
);

/** What became of one upload. */
export const ingestReportSchema = once(() =>
  annotated(
    z.strictObject({
      feedId: z.string(),
      outcome: described(
        z.enum(["published", "unchanged", "quarantined", "outdated"]),
        "`outdated`: an upload that was stored later is in force already.",
      ),
      generation: described(z.nullable(count), "The generation in force afterwards, or null when there never was one."),
      counts: countsSchema(),
      findingsCount: count,
      findings: described(
        z
          .array(
            z.strictObject({
              kind: z.enum(["repaired", "rejected"]),
              code: z.string(),
              what: z.string(),
              line: described(z.nullable(count), "Line of the feed."),
              channelId: z.nullable(z.string()),
            }),
          )
          .check(z.maxLength(MAX_LISTED_FINDINGS)),
        `What was mended or left out; the first ${MAX_LISTED_FINDINGS}.`,
      ),
      quarantine: described(z.array(z.strictObject({ code: z.string(), what: z.string() })), "Why it was held back; empty otherwise."),
      warningsCount: count,
      warnings: described(
        z
          .array(z.strictObject({ code: z.string(), what: z.string(), channelId: z.nullable(z.string()) }))
          .check(z.maxLength(MAX_LISTED_FINDINGS)),
        `What a person should see, though it holds nothing back; the first ${MAX_LISTED_FINDINGS}.`,
      ),
      load: described(
        z.strictObject({ kind: z.enum(["in-place", "shifted", "unknown"]), what: z.string() }),
        "Whether the load that was measured rose when the feed says; `unknown`: it was not looked at, or could not tell.",
      ),
      changes: z.strictObject({
        added: count,
        cancelled: count,
        moved: count,
        extended: count,
        shortened: count,
        retitled: count,
        revised: count,
      }),
      late: lateChangesSchema(),
    }),
    { id: "IngestReport" },
  ),
);

/** The answer to a feed that was read but held back. */
export const quarantinedSchema = once(() =>
  annotated(z.strictObject({ ...errorSchema().shape, report: ingestReportSchema() }), {
    id: "Quarantined",
    description: "An error with the report of what was read.",
  }),
);

/** One upload of a feed. */
export const feedsRoute = route({
  method: "PUT",
  path: "/v1/feeds/{id}",
  id: FEED_ID,
  body: "file",
  operationId: "ingestFeed",
  about:
    "Puts a schedule feed in force: XMLTV, our own JSON, or CSV, plain or packed with gzip or zstd, as the body. It is read to its end and judged first; whatever fails leaves the last good schedule in force.",
  writes: true,
  query: () => z.strictObject({}),
  responses: {
    200: { about: "It is in force, or was already.", schema: ingestReportSchema },
    422: { about: "It was read and held back (`feed-quarantined`): the last good schedule stays in force.", schema: quarantinedSchema },
  },
  handle: async ({ parts, id, request }) => {
    checkFeedId(id);
    const { ingested, late } = await taken(parts, id, kept(bodyOf(request, parts.maxBodyBytes)));
    const report = reportOf(ingested, late);
    if (ingested.outcome !== "quarantined") return { status: 200, body: report };
    return { status: 422, body: { error: { code: "feed-quarantined", message: heldBack(ingested) }, report } };
  },
});

const MOST_TRIES = 3;

async function taken(
  parts: ApiParts,
  feedId: string,
  read: ReadBytes,
): Promise<{ readonly ingested: IngestReport; readonly late: readonly LateChange[] }> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    // Before it is this write's turn: a slow sender holds nobody up, and one that gives up half-way has written nothing.
    const examined = await examine(parts.context, { feedId, read }, parts.now());
    const settled = await parts.exclusively(async () => {
      const now = parts.now();
      const ingested = await settle(parts.context, examined, now);
      if (ingested === undefined) return undefined;
      const ids = ingested.changes.flatMap((change) => (change.kind === "cancelled" ? [] : [change.programmeId]));
      return { ingested, late: await lateChanges(parts.context, ids, now) };
    });
    if (settled !== undefined) return settled;
  }
  throw contested(feedId);
}

/** A body that can be read again: as it came, which the limit on a body bounds. */
function kept(body: AsyncIterable<Uint8Array>): ReadBytes {
  const chunks: Uint8Array[] = [];
  let first = true;
  return async function* read() {
    if (!first) return yield* chunks;
    first = false;
    for await (const chunk of body) {
      chunks.push(chunk);
      yield chunk;
    }
  };
}

/** Throws `feed-id-invalid`. */
export function checkFeedId(id: string): void {
  if (FEED_ID.test(id)) return;
  const right = "1 to 63 of a-z, 0-9 and -, beginning with a letter or digit, would be right";
  throw new CalltimeError("feed-id-invalid", `${JSON.stringify(id.slice(0, 80))} is no id of a feed; ${right}`);
}

function heldBack({ feedId, quarantine, generation }: IngestReport): string {
  const stays = generation === undefined ? "no schedule of this feed is in force" : `generation ${generation} stays in force`;
  return `${feedId} was held back, ${stays}: ${quarantine.map(({ what }) => what).join(" ")}`;
}

function reportOf(ingested: IngestReport, late: readonly LateChange[]): z.input<ReturnType<typeof ingestReportSchema>> {
  return {
    feedId: ingested.feedId,
    outcome: ingested.outcome,
    generation: ingested.generation ?? null,
    counts: { ...ingested.counts },
    findingsCount: countOf(ingested.findingCounts),
    findings: ingested.findings.slice(0, MAX_LISTED_FINDINGS).map(({ kind, code, what, line, channelId }) => ({
      kind,
      code,
      what,
      line: line ?? null,
      channelId: channelId ?? null,
    })),
    quarantine: ingested.quarantine.map(({ code, what }) => ({ code, what })),
    warningsCount: ingested.warnings.length,
    warnings: ingested.warnings
      .slice(0, MAX_LISTED_FINDINGS)
      .map(({ code, sentence, channelId }) => ({ code, what: sentence, channelId: channelId ?? null })),
    load: { kind: ingested.load.kind, what: ingested.load.sentence },
    changes: { ...ingested.changeCounts },
    late: lateChangesOf(late),
  };
}
