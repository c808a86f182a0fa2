import { Command } from "commander";
import { CalltimeError } from "../shared/core/error.ts";
import { instantText, lengthText } from "../shared/core/instant-text.ts";
import { CHANGE_KINDS, diffSchedules, type ScheduleChange } from "../shared/core/schedule/diff.ts";
import { identify } from "../shared/core/schedule/identity.ts";
import type { Programme } from "../shared/core/schedule/programme.ts";
import { boundsAt, SANITY_THRESHOLDS } from "../shared/core/schedule/sanity.ts";
import { readFeedFile } from "./feed-file.ts";
import { instant } from "./option-values.ts";
import { whole } from "./text.ts";

type Options = { readonly now?: number; readonly all: boolean; readonly json: boolean };
type Diff = {
  readonly before: string;
  readonly after: string;
  /** Undefined when nobody said it: then nothing is told of the notice that was given. */
  readonly nowMs: number | undefined;
  readonly changes: readonly ScheduleChange[];
};

const SAME = 0;
const CHANGED = 1;
const UNREADABLE = 3;
const TOLD = 50;

/** `calltime feed diff`: what changed from one edition of a feed to the next, as facts. */
export function feedDiffCommand(): Command {
  return new Command("diff")
    .description("What changed from one edition of a feed to the next: added, cancelled, moved, extended, shortened, retitled, revised.")
    .argument("<before>", "the earlier feed")
    .argument("<after>", "the later feed")
    .option("--now <instant>", "when the later one came: tells how long before air each change was known", instant)
    .option("--all", `list every change, not the first ${TOLD}`, false)
    .option("--json", "print every change as JSON", false)
    .addHelpText("after", "\nExit code: 0 nothing changed, 1 something did, 2 a wrong call, 3 a file could not be read.")
    .exitOverride()
    .action(async (before: string, after: string, options: Options) => {
      try {
        const diff = await diffOf(before, after, options);
        process.stdout.write(options.json ? `${JSON.stringify(jsonOf(diff), null, 2)}\n` : `${linesOf(diff, options).join("\n")}\n`);
        process.exitCode = diff.changes.length === 0 ? SAME : CHANGED;
      } catch (error) {
        if (!(error instanceof CalltimeError)) throw error;
        process.stderr.write(`calltime: ${error.message} (${error.code})\n`);
        process.exitCode = UNREADABLE;
      }
    });
}

async function diffOf(before: string, after: string, { now }: Options): Promise<Diff> {
  const { latestStartMs: _any, ...repeats } = boundsAt(now ?? Date.now(), SANITY_THRESHOLDS);
  const old = identify((await readFeedFile(before, repeats)).listing, undefined);
  const next = identify((await readFeedFile(after, repeats)).listing, old);
  // What had ended when the later edition begins fell off its front.
  const sinceMs = now ?? next.programmes[0]?.startsAtMs ?? -Infinity;
  return { before, after, nowMs: now, changes: diffSchedules(old, next, sinceMs) };
}

function jsonOf({ before, after, nowMs, changes }: Diff): unknown {
  return {
    before,
    after,
    now: nowMs === undefined ? null : new Date(nowMs).toISOString(),
    counts: Object.fromEntries(CHANGE_KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length])),
    changes: changes.map((change) => ({
      kind: change.kind,
      programmeId: change.programmeId,
      channelId: programmeOf(change).channelId,
      before: change.kind === "added" ? null : slotOf(change.before),
      after: change.kind === "cancelled" ? null : slotOf(change.after),
      minutesBeforeAir: nowMs === undefined ? null : Math.floor(change.ageMs / 60_000),
    })),
  };
}

function slotOf({ title, startsAtMs, endsAtMs }: Programme) {
  return { title, startsAt: new Date(startsAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString() };
}

function linesOf({ before, after, nowMs, changes }: Diff, { all }: Options): readonly string[] {
  const counts = CHANGE_KINDS.flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${whole(count)} ${kind}`];
  });
  const told = changes.slice(0, all ? undefined : TOLD);
  return [
    `from ${before} to ${after}: ${counts.length === 0 ? "nothing changed" : counts.join(", ")}`,
    ...told.map((change) => lineOf(change, nowMs)),
    ...(changes.length > told.length ? [`… and ${whole(changes.length - told.length)} more; --all lists them`] : []),
  ];
}

function lineOf(change: ScheduleChange, nowMs: number | undefined): string {
  const { channelId, title } = programmeOf(change);
  return `${change.kind.padEnd(9)}  ${channelId}  "${title}": ${whatOf(change)}${nowMs === undefined ? "" : `, ${noticeOf(change.ageMs)}`}`;
}

function whatOf(change: ScheduleChange): string {
  switch (change.kind) {
    case "added":
      return spanOf(change.after);
    case "cancelled":
      return `was ${spanOf(change.before)}`;
    case "moved": {
      const byMs = change.after.startsAtMs - change.before.startsAtMs;
      const [was, is] = [lengthOf(change.before), lengthOf(change.after)];
      const length = was === is ? "" : `, ${lengthText(is)} instead of ${lengthText(was)} long`;
      return `${spanOf(change.before)}, now ${spanOf(change.after)} (${lengthText(Math.abs(byMs))} ${byMs > 0 ? "later" : "earlier"}${length})`;
    }
    case "extended":
    case "shortened": {
      return `${lengthText(lengthOf(change.before))}, now ${lengthText(lengthOf(change.after))}, ${spanOf(change.after)}`;
    }
    case "retitled":
      return `was "${change.before.title}", ${spanOf(change.after)}`;
    case "revised":
      return `another ${detailsThatChanged(change.before, change.after).join(", ")}, ${spanOf(change.after)}`;
    default:
      return change satisfies never;
  }
}

function detailsThatChanged(before: Programme, after: Programme): readonly string[] {
  return [
    ...(before.subTitle === after.subTitle ? [] : ["sub-title"]),
    ...(before.episode === after.episode ? [] : ["episode number"]),
    ...(before.description === after.description ? [] : ["description"]),
    ...(before.categories.join("\n") === after.categories.join("\n") ? [] : ["categories"]),
    ...(before.live === after.live ? [] : ["mark as live"]),
  ];
}

function lengthOf({ startsAtMs, endsAtMs }: Programme): number {
  return endsAtMs - startsAtMs;
}

function noticeOf(ageMs: number): string {
  if (ageMs > 0) return `${lengthText(ageMs)} before air`;
  return ageMs === 0 ? "as it went on air" : `${lengthText(-ageMs)} after it began`;
}

function spanOf({ startsAtMs, endsAtMs }: Programme): string {
  const [from, to] = [instantText(startsAtMs), instantText(endsAtMs)];
  return from.slice(0, 10) === to.slice(0, 10) ? `${from.slice(0, 16)}–${to.slice(11)}` : `${from}–${to}`;
}

function programmeOf(change: ScheduleChange): Programme {
  return change.kind === "cancelled" ? change.before : change.after;
}
