import { Command, Option } from "commander";
import { clockChangesBetween } from "../local/clock-changes.ts";
import { parseTargets } from "../shared/config/targets.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { instantText, lengthText } from "../shared/core/instant-text.ts";
import { coverageOf, lengthOf, overlapsOf, unionOf, type ChannelCoverage, type Stretch } from "../shared/core/schedule/coverage.ts";
import { CHANGE_KINDS, diffSchedules, type ChangeKind } from "../shared/core/schedule/diff.ts";
import { identify } from "../shared/core/schedule/identity.ts";
import { countOf, MOST_LISTED, type Finding, type Findings } from "../shared/core/schedule/findings.ts";
import type { Listing } from "../shared/core/schedule/listing.ts";
import { boundsAt, judgeListing, SANITY_THRESHOLDS, type SanityVerdict } from "../shared/core/schedule/sanity.ts";
import { compareText, type Schedule } from "../shared/core/schedule/programme.ts";
import { isFiller } from "../shared/core/schedule/title.ts";
import { coveragePicture, PICTURE_LEGEND, slotFor } from "./coverage-picture.ts";
import { readFeedFile, type ReadFile } from "./feed-file.ts";
import { textOf } from "./files.ts";
import { withIsoTimes } from "./json.ts";
import { instant, positiveWhole } from "./option-values.ts";
import { whole } from "./text.ts";

type Options = {
  readonly against?: string;
  readonly zone?: string;
  readonly now?: number;
  readonly targets?: string;
  readonly channels: number;
  readonly all: boolean;
  readonly json: boolean;
};

/** What became of a file, and the exit code that says so. */
const EXIT = { accepted: 0, "accepted-with-repairs": 1, quarantined: 2, unreadable: 3 } as const;
type Outcome = keyof typeof EXIT;

/** A channel's coverage, with where its programmes overlapped as the feed has them. */
type CheckedChannel = ChannelCoverage & { readonly overlaps: readonly Stretch[] };

type Checked = {
  readonly file: string;
  readonly outcome: Exclude<Outcome, "unreadable">;
  readonly nowMs: number;
  readonly listing: Listing;
  readonly verdict: SanityVerdict;
  /** How many changes of each kind it would bring, beside a last good feed. */
  readonly changes: readonly (readonly [kind: ChangeKind, count: number])[] | undefined;
  /** The worst first. */
  readonly channels: readonly CheckedChannel[];
};

/** Examples told of each kind of repair or reject, and warnings told of channels, unless all are asked for. */
const TOLD = 5;
const DEFAULT_CHANNELS = 20;
const DEFAULT_COLUMNS = 120;

/** `calltime feed check`: what would become of a feed, without a platform. */
export function feedCheckCommand(): Command {
  return new Command("check")
    .description(
      "Read a feed and tell what the gate would make of it: counts, repairs, rejects, warnings, and a picture of what is on when.",
    )
    .argument("<file>", "the feed, plain or packed with gzip or zstd")
    .option("--against <file>", "the last good feed, to be judged beside it")
    .option("--zone <name>", "zone that the guide goes by, such as Europe/Amsterdam; changes of clocks of every zone when left out")
    .option("--now <instant>", "the instant to judge it as at; the present when left out", instant)
    .option("--targets <file>", "the file of targets, for its feedGate thresholds; the defaults when left out")
    .addOption(
      new Option("--channels <number>", "channels in the picture, the worst first").argParser(positiveWhole).default(DEFAULT_CHANNELS),
    )
    .option("--all", "list every repair, reject and warning", false)
    .option("--json", "print the whole report as JSON", false)
    .addHelpText(
      "after",
      "\nExit code: 0 accepted, 1 accepted with repairs or items left out, 2 quarantined (or a wrong call), 3 could not be read at all.",
    )
    .exitOverride()
    .action(async (file: string, options: Options) => {
      try {
        const checked = await check(file, options);
        process.stdout.write(
          options.json ? `${JSON.stringify(jsonOf(checked), null, 2)}\n` : `${textOfCheck(checked, options).join("\n")}\n`,
        );
        process.exitCode = EXIT[checked.outcome];
      } catch (error) {
        if (!(error instanceof CalltimeError)) throw error;
        process.stderr.write(`calltime: ${error.message} (${error.code})\n`);
        const { code, message } = error;
        if (options.json) process.stdout.write(`${JSON.stringify({ file, outcome: "unreadable", error: { code, message } }, null, 2)}\n`);
        process.exitCode = EXIT.unreadable;
      }
    });
}

async function check(file: string, options: Options): Promise<Checked> {
  const thresholds =
    options.targets === undefined ? SANITY_THRESHOLDS : parseTargets(await textOf(options.targets, "--targets"), options.targets).feedGate;
  const nowMs = options.now ?? Date.now();
  const bounds = boundsAt(nowMs, thresholds);
  const { listing, raw } = await readFeedFile(file, bounds);
  const { latestStartMs: _any, ...repeats } = bounds;
  const lastGood = options.against === undefined ? undefined : identify((await readFeedFile(options.against, repeats)).listing, undefined);
  const window = windowOf(coverageOf(listing.programmes));
  const clocks = window === undefined ? [] : clockChangesBetween(options.zone, window.fromMs, window.toMs);
  const verdict = judgeListing({ listing, lastGood, now: nowMs, changes: clocks, thresholds });
  const changes = lastGood === undefined ? undefined : changesOf(lastGood, listing, nowMs);
  const mended = listing.findings.length > 0;
  const outcome = verdict.kind === "quarantined" ? "quarantined" : mended ? "accepted-with-repairs" : "accepted";
  return { file, outcome, nowMs, listing, verdict, changes, channels: worstFirst(listing, raw) };
}

function changesOf(lastGood: Schedule, listing: Listing, nowMs: number): NonNullable<Checked["changes"]> {
  const changes = diffSchedules(lastGood, identify(listing, lastGood), nowMs);
  return CHANGE_KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const);
}

function worstFirst(listing: Listing, raw: ReadFile["raw"]): readonly CheckedChannel[] {
  const lists = new Set(listing.channels.filter(({ parallel }) => parallel === true).map(({ id }) => id));
  return coverageOf(listing.programmes)
    .map((channel): CheckedChannel => {
      // What is on together in a list is as it should be.
      if (lists.has(channel.channelId)) return { ...channel, overlaps: [] };
      const believed = (raw.get(channel.channelId) ?? []).flatMap((programme) => {
        const { startsAtMs, endsAtMs } = programme;
        return endsAtMs === undefined || endsAtMs <= startsAtMs || isFiller(programme)
          ? []
          : [{ startsAtMs, endsAtMs, title: programme.title }];
      });
      // What is listed twice is one programme, and no overlap.
      const once = new Map(believed.map((programme) => [`${programme.startsAtMs} ${programme.title}`, programme]));
      return { ...channel, overlaps: overlapsOf([...once.values()]) };
    })
    .sort(
      (a, b) =>
        b.gapMs - a.gapMs ||
        lengthOf(b.overlaps) - lengthOf(a.overlaps) ||
        b.fillerMs - a.fillerMs ||
        compareText(a.channelId, b.channelId),
    );
}

function windowOf(channels: readonly Stretch[]): Stretch | undefined {
  if (channels.length === 0) return undefined;
  return {
    fromMs: channels.reduce((least, { fromMs }) => Math.min(least, fromMs), Infinity),
    toMs: channels.reduce((most, { toMs }) => Math.max(most, toMs), -Infinity),
  };
}

function jsonOf({ file, outcome, nowMs, listing, verdict, changes, channels }: Checked): unknown {
  const window = windowOf(channels);
  return withIsoTimes({
    file,
    outcome,
    judgedAtMs: nowMs,
    counts: listing.counts,
    window: window ?? null,
    changes: changes === undefined ? null : Object.fromEntries(changes),
    quarantine: verdict.kind === "quarantined" ? verdict.findings.map(({ code, sentence }) => ({ code, what: sentence })) : [],
    warnings: verdict.warnings.map(({ code, sentence, channelId }) => ({ code, what: sentence, channelId: channelId ?? null })),
    findingCounts: listing.findingCounts,
    findings: listing.findings.map(({ kind, code, what, line, channelId }) => ({
      kind,
      code,
      what,
      line: line ?? null,
      channelId: channelId ?? null,
    })),
    coverage: channels.map(({ overlaps, ...channel }) => ({ ...channel, overlaps, overlapMs: lengthOf(overlaps) })),
  });
}

function textOfCheck(checked: Checked, options: Options): readonly string[] {
  const { verdict, listing } = checked;
  const told = options.all ? Infinity : TOLD;
  return [
    headline(checked),
    ...linesOfVerdict(verdict, options),
    "",
    ...linesOfCounts(checked),
    ...linesOfChanges(checked, options),
    ...linesOfFindings("left out", "rejected", listing, told),
    ...linesOfFindings("repaired", "repaired", listing, told),
    ...linesOfWarnings(verdict, told),
    ...linesOfPicture(checked, options),
  ];
}

function headline({ file, outcome, listing, verdict }: Checked): string {
  const rejected = countOf(listing.findingCounts, "rejected");
  const repaired = countOf(listing.findingCounts, "repaired");
  const warned = verdict.warnings.filter(({ code }) => code !== "channel-gaps").length;
  const details = [
    ...(repaired > 0 ? [counted(repaired, "repair")] : []),
    ...(rejected > 0 ? [`${counted(rejected, "item")} left out`] : []),
    ...(warned > 0 ? [counted(warned, "warning")] : []),
  ];
  const word = outcome === "quarantined" ? "QUARANTINED" : "accepted";
  return `${file}: ${word}${details.length === 0 ? "" : `, ${details.join(", ")}`}`;
}

function linesOfVerdict(verdict: SanityVerdict, options: Options): readonly string[] {
  if (verdict.kind === "accepted") return [];
  const stale = verdict.findings.some(({ code }) => code === "stale") && options.now === undefined;
  return [
    ...verdict.findings.map(({ code, sentence }) => `  ${sentence} (${code})`),
    `  ${options.against === undefined ? "The last good schedule" : options.against} would stay in force.`,
    ...(stale ? ["  It was judged as at the present; --now judges it as at another instant, such as when it was published."] : []),
  ];
}

function linesOfCounts({ listing: { counts }, channels }: Checked): readonly string[] {
  const window = windowOf(channels);
  const items = counts.programmesRead + counts.itemsUnreadable;
  const empty = counts.channelsDeclared - channels.length;
  return [
    line(
      "read",
      `${counted(items, "item")}: ${counted(counts.programmesRead, "programme")}${counts.itemsUnreadable === 0 ? "" : ` and ${whole(counts.itemsUnreadable)} that could not be read`}`,
    ),
    line(
      "kept",
      `${counted(counts.programmesKept, "programme")} on ${counted(channels.length, "channel")}${empty > 0 ? `; ${whole(empty)} more declared, with none` : ""}`,
    ),
    ...(window === undefined
      ? []
      : [line("from", `${instantText(window.fromMs)} to ${instantText(window.toMs)} (${lengthText(window.toMs - window.fromMs)})`)]),
  ];
}

function linesOfChanges({ changes }: Checked, { against = "" }: Options): readonly string[] {
  if (changes === undefined) return [];
  const told = changes.flatMap(([kind, count]) => (count === 0 ? [] : [`${whole(count)} ${kind}`]));
  return [
    line("changes", told.length === 0 ? `none since ${against}` : `${told.join(", ")} since ${against}; calltime feed diff tells them`),
  ];
}

function linesOfFindings(word: string, kind: Finding["kind"], { findings, findingCounts }: Findings, told: number): readonly string[] {
  const counts = findingCounts.filter((each) => each.kind === kind);
  if (counts.length === 0) return [line(word, "nothing")];
  return counts.flatMap(({ code, count }, i) => {
    const listed = findings.filter((finding) => finding.kind === kind && finding.code === code);
    const shown = listed.slice(0, told);
    const rest =
      shown.length === listed.length
        ? "counted alone"
        : `--all lists ${listed.length === count ? "them" : `the first ${whole(MOST_LISTED)}`}`;
    return [
      line(i === 0 ? word : "", `${whole(count)} × ${code in MEANINGS ? `${MEANINGS[code]} (${code})` : code}`),
      ...shown.map(({ what, line: at }) => line("", `  ${at === undefined ? "" : `line ${at}: `}${what}`)),
      ...(count > shown.length ? [line("", `  … and ${whole(count - shown.length)} more; ${rest}`)] : []),
    ];
  });
}

function linesOfWarnings({ warnings }: SanityVerdict, told: number): readonly string[] {
  const [ofChannels, ofFeed] = [
    warnings.filter(({ code }) => code === "channel-gaps"),
    warnings.filter(({ code }) => code !== "channel-gaps"),
  ];
  if (warnings.length === 0) return [line("warnings", "none")];
  return [
    ...ofFeed.map(({ sentence, code }, i) => line(i === 0 ? "warnings" : "", `${sentence} (${code})`)),
    ...ofChannels.slice(0, told).map(({ sentence }) => line("", `  ${sentence}`)),
    ...(ofChannels.length > told ? [line("", `  … and ${counted(ofChannels.length - told, "more channel")}; --all lists them`)] : []),
  ];
}

function linesOfPicture({ channels, listing, nowMs }: Checked, options: Options): readonly string[] {
  const window = windowOf(channels);
  if (window === undefined) return [];
  const columns = process.stdout.columns ?? DEFAULT_COLUMNS;
  const slotMs = slotFor(window, columns);
  const shown = channels.slice(0, options.channels);
  const onChannel = Map.groupBy(listing.programmes, ({ channelId }) => channelId);
  const pictured = shown.map(({ channelId, overlaps }) => {
    const programmes = onChannel.get(channelId) ?? [];
    return { channelId, covered: unionOf(programmes), real: unionOf(programmes.filter((programme) => !isFiller(programme))), overlaps };
  });
  const rest = channels.slice(options.channels);
  const which = rest.length === 0 ? "" : "; the channels with the longest gaps first";
  const now = nowMs > window.fromMs && nowMs < window.toMs ? `, now ${instantText(nowMs)}` : "";
  return [
    "",
    `coverage, ${lengthText(slotMs)} a character, UTC${now}${which}`,
    ...coveragePicture(pictured, window, slotMs),
    ...(rest.length === 0 ? [] : [`and ${counted(rest.length, "more channel")}: ${gapsAmong(rest)}`]),
    PICTURE_LEGEND,
  ];
}

function gapsAmong(channels: readonly CheckedChannel[]): string {
  const silent = channels.filter(({ gapMs }) => gapMs > 0).length;
  if (silent === 0) return "none with a gap";
  return silent === channels.length
    ? "all with shorter gaps"
    : `${whole(silent)} with shorter gaps, ${whole(channels.length - silent)} with none`;
}

/** What the codes of findings say of all of them together; a code that is not here stands for itself. */
const MEANINGS: Readonly<Record<string, string>> = {
  "channel-declared-twice": "a channel declared again; the first declaration counts",
  "channel-undeclared": "a channel that is not declared; added under its id",
  "ampersand-bare": "an & that stands alone; read as one",
  "entity-unknown": "an entity of HTML, which XML does not have; read as HTML's",
  duplicate: "listed more than once; kept once",
  "end-missing": "without an end; ends at the next start",
  overlap: "runs into the next programme; ends when that one starts",
  "ends-before-start": "ends before it starts",
  "zero-length": "ends when it starts",
  "too-long": "longer than 26 hours",
  "too-far-ahead": "a date further ahead than is believed",
  "end-unknown": "without an end, and nothing after it to take one from",
  "time-unreadable": "times that are no instants",
  "title-missing": "without a title",
  "start-missing": "without a start",
  "start-unreadable": "a start that is no time",
  "stop-unreadable": "an end that is no time",
  "channel-missing": "without a channel",
  "channel-id-missing": "a channel without an id",
  "duration-unreadable": "a length that is none",
  "all-day": "a day and no time of day",
  cancelled: "cancelled, as it says itself; left out",
  "calendar-unnamed": "a calendar without a name",
  "zone-assumed": "times without a zone",
  "zone-differs": "a zone that is defined in another way than the place keeps time; the place's was taken",
  "zone-unknown": "in a zone that is not known",
  "time-skipped": "a time that the clocks jump over that night; read as the one after the jump",
  "time-repeated": "a time that the clocks show twice that night; the first was taken",
  "line-unreadable": "lines that are no properties",
  "date-unreadable": "a listed date that is none",
  "recurrence-unreadable": "a rule that is not read",
  "recurrence-endless": "a rule that goes on for too long",
  "range-unreadable": "a change of all later ones",
  "length-of-show": "without a length of its own; as long as its show usually is",
  "station-without-programs": "a station without a list of programmes",
};

function counted(count: number, word: string): string {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}

function line(word: string, text: string): string {
  return `${word.padEnd(9)} ${text}`;
}
