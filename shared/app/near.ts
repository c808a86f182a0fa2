import { learningTiming, timingOf, type Followed } from "../core/forecast/air.ts";
import { GROWTH_LOOK_BACK_MINUTES, standAlike } from "../core/forecast/growth.ts";
import {
  firstNear,
  learnNear,
  nearLearner,
  type Near,
  type NearForecast,
  type NearInput,
  type NearLearner,
} from "../core/forecast/near.ts";
import type { Timing } from "../core/forecast/shape.ts";
import type { LoadMinute } from "../core/measurement.ts";
import { isReserved } from "../core/plan/envelope.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type ZoneOffsets } from "../core/time.ts";
import type { AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { readDocument, replaceDocument } from "./documents.ts";
import { isReadable, nearFrom, storedNear, type StoredNear } from "./near-document.ts";
import type { Versioned } from "./ports.ts";

// A new deployment reads two days of what its targets carried: apart from crowds nothing is remembered for longer.
const HISTORY_MS = 2 * DAY_MS;
// Before the first minute that is learned from, so much says how the load moved.
const LOOK_BACK_MS = GROWTH_LOOK_BACK_MINUTES * MINUTE_MS;
// The newest minute is up to three old when it comes.
const LAG_MINUTES = 3;
// Beyond the start-up there are the minutes that a plan looks further, and those that the newest measured one is old.
const BEYOND_START_UP_MINUTES = 10;
const MOST_MINUTES_AHEAD = 40;
// What was learned longer ago is not gone on from: the hours since then are to be learned first.
const STALE_MS = 3 * HOUR_MS;

/** The longest stretch of load that a plan reads; longer than any nowcast looks back. */
export const MOST_READ_MS = STALE_MS + LOOK_BACK_MS;

/** The occasions that a target's load is read by: those that count, and those that were followed on air. */
export function followedOf(counted: readonly Followed[], { occasions, air }: AirLog): readonly Followed[] {
  const byId = new Map<string, Followed>();
  for (const [id, occasion] of Object.entries(occasions)) byId.set(id, { occasion, air: air[id] ?? { kind: "ahead" } });
  for (const each of counted) byId.set(each.occasion.id, each);
  return [...byId.values()].sort((a, b) => a.occasion.startsAtMs - b.occasion.startsAtMs);
}

/** Starts and ends to learn by, and to look ahead by: the same list where they do not differ. */
type Timings = { readonly now: number; readonly learning: readonly Timing[]; readonly looking: readonly Timing[] };

// All targets of a tick follow the same occasions, and most ticks find them where the tick before did: what is known of where minutes stand by
// a list of timings is kept with the list.
const timingsKnown = new WeakMap<readonly Followed[], Timings>();
const timingsLately = new WeakMap<Context, Timings>();

function timingsOf(context: Context, followed: readonly Followed[], now: number): Timings {
  const known = timingsKnown.get(followed);
  if (known?.now === now) return known;
  const before = timingsLately.get(context);
  const [learningNow, lookingNow] = [followed.map((each) => learningTiming(each, now)), followed.map((each) => timingAt(each, now))];
  const [learning, looking] = [theSame(before?.learning, learningNow), theSame(before?.looking, lookingNow)];
  const timings = { now, learning, looking: theSame(learning, looking) };
  timingsKnown.set(followed, timings);
  timingsLately.set(context, timings);
  return timings;
}

function timingAt({ occasion, air }: Followed, now: number): Timing {
  return timingOf(occasion, air, now);
}

/** The list of before, where the next one does not differ. */
function theSame(before: readonly Timing[] | undefined, next: readonly Timing[]): readonly Timing[] {
  return before !== undefined && isSameTimings(before, next) ? before : next;
}

type Given = { readonly target: Target; readonly followed: readonly Followed[]; readonly now: number };

function inputOf(context: Context, { target, followed, now }: Given, measured: readonly LoadMinute[]): NearInput {
  const { settings } = context;
  const { throughputRps, baselineUnits } = target;
  return {
    measured,
    timings: timingsOf(context, followed, now).learning,
    zone: settings.zone,
    throughputRps,
    leadMinutes: Math.ceil(target.startUpMs / MINUTE_MS) + LAG_MINUTES,
    leastRps: baselineUnits * throughputRps,
    unservedPerMillion: settings.policy.unservedPerMillion,
  };
}

function keyOf(targetId: string): string {
  return `model/near/${targetId}`;
}

async function readNear({ ports }: Context, { id, startUpMs }: Target) {
  const minutesAhead = Math.min(MOST_MINUTES_AHEAD, Math.ceil(startUpMs / MINUTE_MS) + BEYOND_START_UP_MINUTES);
  const document = await readDocument<StoredNear>(ports.documents, keyOf(id));
  return { minutesAhead, document, isUsable: document !== undefined && isReadable(document.value, minutesAhead) };
}

/** Hours whose growth has to be learned, from when on a target's load has to be read for it, and what was learned before. */
export type NearDue = {
  readonly hours: { readonly fromMs: number; readonly toMs: number };
  readonly readFromMs: number;
  readonly document: Versioned<StoredNear> | undefined;
  readonly before: Near;
};

/** What of a target's growth has to be learned before `toMs`; undefined for what is reserved for evenings, which has no near minutes. */
export async function nearDue(context: Context, target: Target, toMs: number): Promise<NearDue | undefined> {
  if (isReserved(target)) return undefined;
  const { minutesAhead, document, isUsable } = await readNear(context, target);
  const stored = isUsable ? document?.value : undefined;
  const fromMs = stored?.throughMs ?? toMs - HISTORY_MS;
  const before = stored === undefined ? firstNear(minutesAhead) : nearFrom(stored);
  return { hours: { fromMs, toMs }, readFromMs: fromMs - LOOK_BACK_MS, document, before };
}

/** Learns how a target's load grows from what it carried in the hours that are due, by what was on air then. */
export async function learnNearHours(context: Context, given: Given, due: NearDue, measured: readonly LoadMinute[]): Promise<void> {
  const { hours, document, before } = due;
  const from = Math.max(
    0,
    measured.findIndex(({ atMs }) => atMs >= due.readFromMs),
  );
  const learned = learnNear(before, inputOf(context, given, measured.slice(from)), hours.fromMs);
  await replaceDocument<StoredNear>(context.ports.documents, keyOf(given.target.id), document, storedNear(learned, hours.toMs));
}

/** From when on a target's load has to be read to look ahead from its newest minutes; undefined where too little was learned of it lately. */
export async function nearSince(context: Context, target: Target, now: number): Promise<NearSince | undefined> {
  const { document, isUsable } = await readNear(context, target);
  if (document === undefined || !isUsable || now - document.value.throughMs > STALE_MS) return undefined;
  return { document, fromMs: document.value.throughMs - LOOK_BACK_MS };
}

/** What was learned of a target's growth, and from when on its load has to be read for it. */
export type NearSince = { readonly document: Versioned<StoredNear>; readonly fromMs: number };

/** What was learned from the minutes since the stored hours; the same whether it comes minute by minute or, after a restart, at once. */
type Lately = {
  /** Of what is stored, which it goes on from. */
  readonly version: number;
  readonly learner: NearLearner;
  readonly minutesAhead: number;
  readonly timings: readonly Timing[];
  /** From the first one that was learned from to the newest known. */
  readonly minutes: readonly LoadMinute[];
};

const lately = new WeakMap<Context, Map<string, Lately>>();

/** The coming minutes of a target as its newest ones let them be seen, from its load since `since.fromMs`; undefined where none is known. */
export function nearForecast(
  context: Context,
  { document, fromMs }: NearSince,
  given: Given,
  measured: readonly LoadMinute[],
): NearForecast | undefined {
  const { target, followed, now } = given;
  const { value: stored, version } = document;
  const newest = measured.findLastIndex(({ kind }) => kind === "known");
  const first = measured.findIndex(({ atMs }) => atMs >= fromMs);
  if (first < 0 || newest < first) return undefined;
  const input = inputOf(context, given, measured.slice(first, newest + 1));
  const { timings, measured: known } = input;
  const unstored = known.findIndex(({ atMs }) => atMs >= stored.throughMs);
  const minutes = unstored < 0 ? [] : known.slice(unstored);
  let memory = lately.get(context);
  if (memory === undefined) lately.set(context, (memory = new Map()));
  const before = memory.get(target.id);
  const goesOn = before?.version === version && followsOn(before, { minutes, timings }, input.zone);
  const learner = goesOn ? before.learner : nearLearner(nearFrom(stored));
  const next = minutes[goesOn ? before.minutes.length : 0];
  // What it learned is in the learner: it is remembered together with the minutes, or not at all.
  memory.delete(target.id);
  if (next !== undefined) learner.learn(input, next.atMs);
  memory.set(target.id, { version, learner, minutesAhead: stored.minutesAhead, timings, minutes });
  return learner.look({ ...input, timings: timingsOf(context, followed, now).looking });
}

/** Whether what was learned before is what the beginning of these minutes teaches by these timings. */
function followsOn(before: Lately, { minutes, timings }: Pick<Lately, "minutes" | "timings">, zone: ZoneOffsets): boolean {
  const [first, last] = [before.minutes[0], before.minutes.at(-1)];
  if (first === undefined || last === undefined) return true;
  if (!startsAlike(minutes, before.minutes)) return false;
  const lookedAt = { fromMs: first.atMs, untilMs: last.atMs + before.minutesAhead * MINUTE_MS };
  return isSameTimings(before.timings, timings) || standAlike(before.timings, timings, { ...lookedAt, zone });
}

function isSameTimings(a: readonly Timing[], b: readonly Timing[]): boolean {
  return (
    a.length === b.length && a.every(({ startsAtMs, endsAtMs }, nth) => b[nth]?.startsAtMs === startsAtMs && b[nth].endsAtMs === endsAtMs)
  );
}

/** Whether `minutes` begin with those `before`. */
function startsAlike(minutes: readonly LoadMinute[], before: readonly LoadMinute[]): boolean {
  for (let nth = 0; nth < before.length; nth += 1) {
    const [minute, now] = [before[nth], minutes[nth]];
    if (minute !== now && (minute === undefined || !isAlike(minute, now))) return false;
  }
  return true;
}

function isAlike(a: LoadMinute, b: LoadMinute | undefined): boolean {
  if (a.atMs !== b?.atMs) return false;
  return a.kind === "known" ? b.kind === "known" && a.loadRps === b.loadRps : b.kind === "unknown";
}
