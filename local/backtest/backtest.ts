import type { Settings } from "../../shared/app/context.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { instantText, lengthText } from "../../shared/core/instant-text.ts";
import { leadMs } from "../../shared/core/plan/capacity.ts";
import { hoursText, loadShiftOf } from "../../shared/core/forecast/load-shift.ts";
import { occasionsOf } from "../../shared/core/schedule/occasion.ts";
import type { Schedule } from "../../shared/core/schedule/programme.ts";
import { DAY_MS, MINUTE_MS, minuteOf } from "../../shared/core/time.ts";
import type { LoadNote, LoadSeries } from "./load-series.ts";
import { outcomeOf, type Outcome } from "./score.ts";
import { walkForward, type Walk } from "./walk.ts";

/** What is to be gone through. */
export type BacktestSetting = {
  /** With the one target whose load it is. */
  readonly settings: Settings;
  readonly schedule: Schedule;
  readonly load: LoadSeries;
  /** The first minute to decide for; when left out, after two weeks to learn from, and not before the day of the first programme. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly onProgress?: (share: number) => void;
};

/** What came of it. */
export type Backtest = {
  readonly walk: Walk;
  readonly outcome: Outcome;
  readonly fromMs: number;
  readonly toMs: number;
  /** How much load there was to learn from before. */
  readonly learnedMs: number;
  /** What a reader has to know of the input. */
  readonly notes: readonly LoadNote[];
};

const LEARNED_MS = 14 * DAY_MS;

/** What Calltime would have done with this load. Throws `load-schedule-apart` and `load-too-short`. */
export async function backtest({ settings, schedule, load, onProgress, ...wanted }: BacktestSetting): Promise<Backtest> {
  const { fromMs, toMs } = periodOf(schedule, load, wanted);
  const [target] = settings.targets;
  if (target === undefined) throw new RangeError("a backtest needs a target");
  const leastMs = leadMs(target, target.startUpMs, 1) + MINUTE_MS;
  if (toMs - fromMs <= leastMs) {
    const have = `${instantText(fromMs)} to ${instantText(toMs)}`;
    const right = `a unit takes ${lengthText(leastMs)} from asking to serving; give a longer load, or an earlier --from`;
    throw new CalltimeError("load-too-short", `${have} is too short to decide anything: ${right}`);
  }
  const walk = await walkForward({
    settings,
    schedule,
    load,
    fromMs,
    toMs,
    onMinutes: (done) => onProgress?.((done * MINUTE_MS) / (toMs - fromMs)),
  });
  const notes = [...load.notes, ...zoneNotes(schedule, load)];
  const learnedMs = Math.min(LEARNED_MS, fromMs - load.fromMs);
  if (learnedMs < LEARNED_MS) {
    const what = `${lengthText(learnedMs)} of load to learn from before ${instantText(fromMs)}; two weeks tell weekdays from weekends`;
    notes.push({ code: "load-little-history", what });
  }
  const outcome = outcomeOf({ walk, load, promise: settings.policy.unservedPerMillion });
  return { walk, outcome, fromMs, toMs, learnedMs, notes };
}

type Wanted = Pick<BacktestSetting, "fromMs" | "toMs">;

function periodOf({ programmes }: Schedule, load: LoadSeries, wanted: Wanted): { readonly fromMs: number; readonly toMs: number } {
  const firstMs = programmes.reduce((first, { startsAtMs }) => Math.min(first, startsAtMs), Infinity);
  const lastMs = programmes.reduce((last, { endsAtMs }) => Math.max(last, endsAtMs), -Infinity);
  if (programmes.length === 0 || firstMs >= load.toMs || lastMs <= load.fromMs) {
    const listed = programmes.length === 0 ? "lists no programme" : `runs from ${instantText(firstMs)} to ${instantText(lastMs)}`;
    const measured = `the load from ${instantText(load.fromMs)} to ${instantText(load.toMs)}`;
    throw new CalltimeError("load-schedule-apart", `the schedule ${listed}, ${measured}: give both for the same weeks`);
  }
  const toMs = minuteOf(Math.min(wanted.toMs ?? Infinity, load.toMs, lastMs + DAY_MS));
  const dayMs = Math.floor(firstMs / DAY_MS) * DAY_MS;
  // Of a load of less than four weeks the first half is learned from.
  const learnedMs = Math.min(LEARNED_MS, (toMs - load.fromMs) / 2);
  const fromMs = minuteOf(wanted.fromMs ?? Math.max(load.fromMs + learnedMs, dayMs));
  return { fromMs: Math.max(load.fromMs, fromMs), toMs };
}

function zoneNotes(schedule: Schedule, load: LoadSeries): readonly LoadNote[] {
  const shift = loadShiftOf(load, occasionsOf(schedule, []));
  if (shift.kind !== "shifted") return [];
  const { hours, programmes, of } = shift;
  const what = `the load rises ${hoursText(hours)} the schedule says, in ${programmes} of ${of} programmes: one of the two is in another zone (--load-zone for times that name none)`;
  return [{ code: "load-zone-suspected", what }];
}
