import { CalltimeError } from "../../shared/core/error.ts";
import { instantText, lengthText } from "../../shared/core/instant-text.ts";
import { DAY_MS, MINUTE_MS, minuteOf } from "../../shared/core/time.ts";

/** One value of a file. `undefined` is a cell that holds no number: not known, and not zero. */
export type Sample = { readonly atMs: number; readonly value: number | undefined };

/** Something that was found in a load file, and what was made of it. */
export type LoadNote = { readonly code: string; readonly what: string };

/** The load of one service, minute by minute in [fromMs, toMs). */
export type LoadSeries = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Mean requests a second of each minute; undefined where it is not known. */
  readonly rps: readonly (number | undefined)[];
  readonly notes: readonly LoadNote[];
};

/** What the values of a file are: how many requests there were since the value before, or how many a second. */
export type LoadUnit = "count" | "per-second";

// A year and a day; more is a date that was misread.
const LONGEST_MS = 367 * DAY_MS;
// A minute of seconds is known when so much of it is; what is there stands for the rest.
const KNOWN_SHARE = 0.8;

/**
 * Load by minute from the values of a file, finer than a minute or not, in whatever order. What is missing or below zero stays unknown, and
 * what was mended is told in `notes`. `name` is the file's. Throws `load-empty`, `load-too-coarse`, `load-too-long`.
 */
export function loadSeriesOf(samples: readonly Sample[], { name, unit }: { readonly name: string; readonly unit: LoadUnit }): LoadSeries {
  const notes: LoadNote[] = [];
  const ordered = singleSamples(inOrder(samples, notes), notes);
  const usable = ordered.filter(({ value }) => value !== undefined && value >= 0);
  tell(notes, "load-negative", ordered.filter(({ value }) => value !== undefined && value < 0).length, "below zero: taken as not known");
  tell(notes, "load-missing", ordered.filter(({ value }) => value === undefined).length, "without a number: not known, which is not zero");
  const [first] = ordered;
  const last = ordered.at(-1);
  if (first === undefined || last === undefined || usable.length === 0) {
    throw new CalltimeError("load-empty", `${name}: no minute of load in it; give a time and a count of requests a row`);
  }
  const stepMs = stepOf(ordered);
  if (stepMs > MINUTE_MS) {
    const right = "give one value a minute or finer (CloudWatch: --period 60), since a crowd comes within minutes";
    throw new CalltimeError("load-too-coarse", `${name}: a value every ${lengthText(stepMs)}; ${right}`);
  }
  const fromMs = minuteOf(first.atMs);
  const toMs = minuteOf(last.atMs) + MINUTE_MS;
  if (toMs - fromMs > LONGEST_MS) {
    const range = `${instantText(fromMs)} to ${instantText(toMs)}`;
    throw new CalltimeError("load-too-long", `${name}: ${range} is more than a year; a date may be misread, or give a part of it`);
  }
  const rps = byMinute(usable, { fromMs, toMs, stepMs, unit });
  const gaps = rps.filter((value) => value === undefined).length;
  tell(notes, "load-gaps", gaps, "not known: nothing is taken for them, and they are not scored", "minute");
  return { fromMs, toMs, rps, notes };
}

function tell(notes: LoadNote[], code: string, count: number, what: string, of = "value"): void {
  if (count > 0) notes.push({ code, what: `${count} ${of}${count === 1 ? "" : "s"} ${what}` });
}

function inOrder(samples: readonly Sample[], notes: LoadNote[]): readonly Sample[] {
  let late = 0;
  for (let index = 1; index < samples.length; index += 1) {
    if ((samples[index]?.atMs ?? 0) < (samples[index - 1]?.atMs ?? 0)) late += 1;
  }
  if (late === 0) return samples;
  const sorted = samples.toSorted((a, b) => a.atMs - b.atMs);
  // CloudWatch answers with the newest first.
  if (late < samples.length - 1) tell(notes, "load-out-of-order", late, "out of order: sorted by time");
  return sorted;
}

/** Of values of one instant the largest: a log that was read twice says the same twice, and the part of a minute is less than all of it. */
function singleSamples(ordered: readonly Sample[], notes: LoadNote[]): readonly Sample[] {
  const single: Sample[] = [];
  let doubled = 0;
  for (const sample of ordered) {
    const before = single.at(-1);
    if (before === undefined || before.atMs !== sample.atMs) {
      single.push(sample);
      continue;
    }
    doubled += 1;
    if ((sample.value ?? -1) > (before.value ?? -1)) single[single.length - 1] = sample;
  }
  tell(notes, "load-doubled", doubled, "of an instant that had one already: the larger counts");
  return single;
}

/** How far apart values usually are: the median distance. One value alone is taken for a minute's. */
function stepOf(ordered: readonly Sample[]): number {
  const steps = ordered.slice(1).map(({ atMs }, index) => atMs - (ordered[index]?.atMs ?? atMs));
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? MINUTE_MS;
}

function byMinute(
  samples: readonly Sample[],
  { fromMs, toMs, stepMs, unit }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number; readonly unit: LoadUnit },
): readonly (number | undefined)[] {
  const length = (toMs - fromMs) / MINUTE_MS;
  const sums = new Float64Array(length);
  const counts = new Float64Array(length);
  for (const { atMs, value = 0 } of samples) {
    const index = Math.floor((atMs - fromMs) / MINUTE_MS);
    sums[index] = (sums[index] ?? 0) + value;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  const perMinute = Math.max(1, Math.round(MINUTE_MS / stepMs));
  const seconds = unit === "count" ? (MINUTE_MS / 1_000) * (1 / perMinute) : 1;
  return Array.from(sums, (sum, index) => {
    const count = counts[index] ?? 0;
    return count < KNOWN_SHARE * perMinute ? undefined : sum / count / seconds;
  });
}
