import { Command } from "commander";
import { parseContent } from "../shared/config/content.ts";
import { CalltimeError } from "../shared/core/error.ts";
import type { ContentSettings } from "../shared/core/warm/content.ts";
import { warmContent, type ContentReport } from "../shared/app/warm-content.ts";
import type { EdgeOutcome } from "../shared/app/warm-edge.ts";
import { httpEdges } from "../shared/edges/http-edges.ts";
import { MACHINE_PACE } from "../shared/app/ports/machine-pace.ts";
import { readManifest } from "../shared/manifests/read-manifest.ts";
import { bytesOf, textOf } from "./files.ts";
import { withIsoTimes } from "./json.ts";
import { httpUrl, instant, positiveWhole } from "./option-values.ts";
import { whole } from "./text.ts";

/** Objects told of each edge and reason, unless all are asked for. */
const TOLD = 3;

/** `calltime content`: what viewers fetch first, held by the caches before they come. */
export function contentCommand(): Command {
  return new Command("content")
    .description("Have caches hold what the viewers of a programme fetch first, and see what a manifest leads to.")
    .exitOverride()
    .addCommand(warmCommand())
    .addCommand(manifestCommand());
}

function warmCommand(): Command {
  return new Command("warm")
    .description("Fetch an occasion's content through each edge until a GET is a hit, within the budget of the file.")
    .argument("<file>", "the file of content (docs/content.md)")
    .requiredOption("--occasion <name>", "which occasion of the file")
    .requiredOption("--starts-at <instant>", "when it starts; nothing is fetched after that", instant)
    .option("--all", "list every object that is not warm", false)
    .option("--json", "print every object as JSON", false)
    .addHelpText("after", "\nExit code: 0 all of it is warm, 1 something is not (or the file is wrong), 2 a wrong call.")
    .exitOverride()
    .action(async (file: string, options: WarmOptions) => {
      const report = await warmed(parseContent(await textOf(file, "the file of content"), file), file, options);
      const { warm, ...rest } = report.counts;
      process.stdout.write(
        options.json ? `${JSON.stringify(withIsoTimes(report), null, 2)}\n` : `${textOfReport(report, options.all).join("\n")}\n`,
      );
      if (warm === 0 || Object.values(rest).some((count) => count > 0)) process.exitCode = 1;
    });
}

type WarmOptions = { readonly occasion: string; readonly startsAt: number; readonly all: boolean; readonly json: boolean };

async function warmed(settings: ContentSettings, file: string, { occasion, startsAt }: WarmOptions): Promise<ContentReport> {
  const entry = settings.content.find((candidate) => candidate.occasion === occasion);
  if (entry === undefined) {
    const right = settings.content.map((candidate) => candidate.occasion).join(", ");
    throw new CalltimeError("occasion-unknown", `${file}: it has no occasion ${JSON.stringify(occasion)}; right would be one of ${right}`);
  }
  const { hosts, acceptEncodings, budget, price } = settings;
  const edges = httpEdges(settings.edges);
  try {
    return await warmContent(
      { edges, pace: MACHINE_PACE },
      {
        occasionId: occasion,
        startsAtMs: startsAt,
        urls: entry.urls,
        segments: entry.segments,
        edges: settings.edges.map(({ id, role }) => ({ id, role })),
        hosts,
        acceptEncodings,
        budget,
        price,
      },
    );
  } finally {
    edges.close();
  }
}

function textOfReport({ occasionId, outcomes, counts, bytes, requests, costUsd }: ContentReport, all: boolean): readonly string[] {
  const lines = [`${occasionId}: ${whole(counts.warm)} of ${whole(outcomes.length)} objects warm`];
  for (const edgeId of new Set(outcomes.map((outcome) => outcome.edgeId))) {
    const here = outcomes.filter((outcome) => outcome.edgeId === edgeId);
    const warm = here.filter(({ state }) => state.kind === "warm").length;
    lines.push(`  ${edgeId}: ${whole(warm)} of ${whole(here.length)} warm`);
    for (const [why, same] of byReason(here)) {
      lines.push(`    ${whole(same.length)} ${why}`);
      for (const { url } of all ? same : same.slice(0, TOLD)) lines.push(`      ${url}`);
      if (!all && same.length > TOLD) lines.push(`      … and ${whole(same.length - TOLD)} more (--all lists them)`);
    }
  }
  lines.push(`  ${whole(requests)} requests, ${whole(bytes)} bytes, $${costUsd.toFixed(4)}`);
  return lines;
}

function byReason(outcomes: readonly EdgeOutcome[]): ReadonlyMap<string, readonly EdgeOutcome[]> {
  const reasons = new Map<string, EdgeOutcome[]>();
  for (const outcome of outcomes) {
    const { state } = outcome;
    if (state.kind === "warm") continue;
    const why = `${state.kind}: ${state.why}${state.kind === "unproven" ? "" : ` (${state.code})`}`;
    reasons.set(why, [...(reasons.get(why) ?? []), outcome]);
  }
  return reasons;
}

function manifestCommand(): Command {
  return new Command("manifest")
    .description("Tell what a player fetches first of an HLS playlist or a DASH presentation, or why nothing of it is warmed.")
    .argument("<file>", "the manifest")
    .requiredOption("--url <url>", "where viewers fetch it", httpUrl)
    .option("--segments <number>", "segments of each rendition", positiveWhole, 3)
    .exitOverride()
    .action(async (file: string, { url, segments }: { readonly url: string; readonly segments: number }) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of bytesOf(file, file)) pieces.push(piece);
      const manifest = await readManifest(Buffer.concat(pieces), { url, segments });
      if (manifest.kind === "live") process.stdout.write(`nothing is warmed: ${manifest.why}\n`);
      if (manifest.kind === "multivariant") process.stdout.write(`${manifest.playlists.join("\n")}\n`);
      if (manifest.kind !== "media") return;
      const objects = manifest.tracks.flatMap((track) => [...track.init, ...track.segments]);
      const lines = objects.map(({ url: from, range }) =>
        range === undefined ? from : `${from} bytes ${range.offset}-${range.offset + range.length - 1}`,
      );
      process.stdout.write(`${lines.join("\n")}\n`);
    });
}
