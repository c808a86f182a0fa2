import { assessAir, followsFromCrowd, HARD_CAP_MS, measuredPlateau, type Air } from "../core/forecast/air.ts";
import { learnEvening, tellsOfEvening, unstretched, type MeasuredBroadcast } from "../core/forecast/audience.ts";
import { measuredViewers } from "../core/forecast/learn.ts";
import type { Model } from "../core/forecast/model.ts";
import { ARRIVAL_MS } from "../core/forecast/shape.ts";
import type { AudienceMinute } from "../core/measurement.ts";
import { saidEndOf, saidStartOf, type Corrections } from "../core/schedule/correction.ts";
import { byIdOf } from "../core/schedule/guide.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { AIR_KEY, EMPTY_AIR, occasionsKnown, type AirLog, type Judged, type Outcome, type Revealed } from "./air-log.ts";
import type { Context } from "./context.ts";
import { crowdIsAbove, excessViewers, turnedOutAbove } from "./crowd.ts";
import { readDocument, replaceDocument } from "./documents.ts";
import { keepForTheDay } from "./broadcast-day.ts";
import { impactsOf } from "./impacts.ts";
import { LEARN_AFTER_MS, lessonOf } from "./learn-air.ts";
import { learn, readModel, type Lesson } from "./model.ts";
import { listOverrides } from "./override.ts";
import { occasionsAround } from "./situation.ts";

// After a pause of Calltime's own, a broadcast is still learned from for a while after it was due.
const CATCH_UP_MS = 30 * MINUTE_MS;
// Metrics that are throttled are readable minutes later, so learning waits for them; but a source that stays silent must not keep the others
// from being learned from: so long before the last look it goes on without it.
const LAST_CALL_MS = 10 * MINUTE_MS;
const FORGET_MS = DAY_MS;
// How tonight goes for a channel is noted at the guide's end of a programme, for those that follow; later it is no news.
const NOTED_WITHIN_MS = 5 * MINUTE_MS;
// What one document can hold for weeks; a report that wants more has the event log.
const MOST_TOLD = 500;
// Metrics that come late may still change what the newest minutes said.
const LOOK_BACK_MS = 30 * MINUTE_MS;

/** The air log while it is being brought up to date, with what was learned on the way. */
export type Following = {
  readonly context: Context;
  readonly model: Model;
  readonly corrections: Corrections;
  readonly now: number;
  /** When Calltime first looked. */
  readonly sinceMs: number;
  readonly air: Record<string, Air>;
  readonly occasions: Record<string, Occasion>;
  readonly revealed: Record<string, Revealed>;
  readonly outcomes: Record<string, Outcome>;
  readonly learned: Record<string, number>;
  readonly judged: Record<string, Judged>;
  readonly tally: Record<Judged["impact"], number>;
  readonly lessons: Lesson[];
  /** What is kept for the groups to learn from when the day is over. */
  readonly kept: MeasuredBroadcast[];
};

/**
 * Follows every occasion that has started: how it was judged, whether its crowd came, when it left, and what it teaches. The log is
 * stored before the model learns: should Calltime stop between the two, a broadcast is missed, never learned from twice.
 */
export async function followAir(context: Context, now: number): Promise<void> {
  const stored = await readDocument<AirLog>(context.ports.documents, AIR_KEY);
  const before = stored?.value ?? EMPTY_AIR;
  const guide = await context.guide(now);
  const listed = occasionsKnown(guide, before, await listOverrides(context, now), now);
  const byId = byIdOf(listed);
  const following: Following = {
    context,
    model: await readModel(context),
    corrections: guide.corrections,
    now,
    sinceMs: before.sinceMs ?? now,
    air: { ...before.air },
    occasions: Object.fromEntries(
      Object.entries(before.occasions).map(([id, occasion]) => [id, asItEnded(before, byId.get(id) ?? occasion)]),
    ),
    revealed: { ...before.revealed },
    outcomes: { ...before.outcomes },
    learned: { ...before.learned },
    judged: { ...before.judged },
    tally: { ...before.tally },
    lessons: [],
    kept: [],
  };
  const { sinceMs } = following;
  const current = occasionsAround(listed, now - openFor(true), now + 1)
    .map((occasion) => asItEnded(before, occasion))
    .filter(
      ({ id, endsAtMs }) =>
        endsAtMs > sinceMs && before.learned[id] === undefined && endsAtMs > now - openFor(before.air[id] !== undefined),
    );
  const views = current.map((occasion) => ({ occasion, fromMs: audienceFrom(following, occasion, before.throughMs) }));
  const audience = await context.ports.loads.audience(Math.min(now, ...views.map(({ fromMs }) => fromMs)), now);
  // After a pause a broadcast may be over and the next of its kind begun: what the one taught is known when the other is judged.
  const isJudged = ({ occasion }: (typeof views)[number]): boolean => before.judged[occasion.id] !== undefined;
  const [known, fresh] = [views.filter(isJudged), views.filter((view) => !isJudged(view))];
  await followEach(following, known, audience);
  const learned = following.lessons.reduce((taught, lesson) => lesson.apply(taught), following.model.learned);
  const judging = { ...following, model: { ...following.model, learned } };
  await followEach(judging, fresh, audience);
  await replaceDocument<AirLog>(context.ports.documents, AIR_KEY, stored, logOf(following, current));
  await keepForTheDay(context, following.kept, now);
  if (following.lessons.length > 0) await learn(context, following.lessons, now);
}

/** What is over is learned from as it was known when it ended: an override that expires since is no news of it. */
function asItEnded({ air, occasions }: AirLog, occasion: Occasion): Occasion {
  const stand = air[occasion.id];
  return stand?.kind === "ended" && (stand.by === "crowd" || stand.by === "cap") ? (occasions[occasion.id] ?? occasion) : occasion;
}

/** How long after the guide's end an occasion is still looked at. */
function openFor(tracked: boolean): number {
  return LEARN_AFTER_MS + (tracked ? HARD_CAP_MS + HOUR_MS : CATCH_UP_MS);
}

/** The log to keep. What is over is forgotten when nothing asks for it any more. */
function logOf(following: Following, current: readonly Occasion[]): AirLog {
  const { air, occasions, now, sinceMs } = following;
  const tracked = (id: string): boolean => air[id] !== undefined && (occasions[id]?.endsAtMs ?? 0) > now - FORGET_MS;
  const open = new Set(current.map(({ id }) => id));
  const learned = only(following.learned, (id) => (following.learned[id] ?? 0) > now - openFor(tracked(id)));
  return {
    sinceMs,
    throughMs: now,
    air: only(air, tracked),
    occasions: only(occasions, tracked),
    learned,
    revealed: newest(following.revealed),
    outcomes: newest(following.outcomes),
    judged: only(following.judged, (id) => open.has(id) || tracked(id) || learned[id] !== undefined),
    tally: following.tally,
  };
}

/** From when on the audience of an occasion has to be read: all of it to see an end or to learn, else what is new. */
function audienceFrom({ air, now, sinceMs }: Following, { id, startsAtMs, endsAtMs }: Occasion, throughMs: number | undefined): number {
  const stand = air[id];
  // Begun before Calltime looked, and not followed (yet): nothing will be learned from it.
  if (stand === undefined && startsAtMs < sinceMs) return now;
  const dueMs = (stand?.kind === "ended" ? stand.endedAtMs : endsAtMs) + LEARN_AFTER_MS;
  const wholly = stand?.kind === "on-air" ? now > endsAtMs : now >= dueMs;
  return wholly ? startsAtMs : Math.max(startsAtMs, (throughMs ?? startsAtMs) - LOOK_BACK_MS);
}

type View = { readonly occasion: Occasion; readonly fromMs: number };

async function followEach(following: Following, views: readonly View[], audience: readonly AudienceMinute[]): Promise<void> {
  for (const { occasion, fromMs } of views) {
    const seen = since(audience, fromMs);
    const due = follow(following, occasion, seen);
    noteEvening(following, occasion, seen);
    if (due !== undefined) await learnFrom(following, occasion, seen, due);
  }
}

/** A broadcast that is over and due to be learned from, with what had been thought of it. */
type Due = { readonly overMs: number; readonly thought: Judged };

/** Follows an occasion on air, until it is due to be learned from. */
function follow(following: Following, occasion: Occasion, audience: readonly AudienceMinute[]): Due | undefined {
  const { context, model, now, air, revealed } = following;
  const { id } = occasion;
  const thought = thoughtOf(following, occasion);
  if (thought.impact !== "above" && revealed[id] === undefined && !beganEarly(following, occasion)) {
    const viewers = turnedOutAbove(context, model, occasion, audience);
    if (viewers !== undefined && !sharesItsChannel(following, occasion)) {
      revealed[id] = { ...sketchOf(occasion), impact: thought.impact, viewers };
    }
  }
  if (thought.impact === "above" || revealed[id] !== undefined) {
    const { corrections } = following;
    const said = { startedAtMs: saidStartOf(occasion, corrections), end: saidEndOf(occasion, corrections) };
    const known = { occasion, before: air[id], expected: thought.expectedViewers, said, now };
    const excess = followsFromCrowd(known) ? excessViewers(model, occasion, audience, context.settings.zone) : [];
    const stand = assessAir({ ...known, excess });
    if (stand.kind !== "ahead") {
      air[id] = stand;
      following.occasions[id] = sketched(occasion);
    }
  }
  const stand = air[id];
  const overMs = stand === undefined ? occasion.endsAtMs : stand.kind === "ended" ? stand.endedAtMs : undefined;
  return overMs === undefined || now < overMs + LEARN_AFTER_MS ? undefined : { overMs, thought };
}

/** What a programme that reaches the guide's end says of those that its channel shows next. */
function noteEvening(following: Following, occasion: Occasion, audience: readonly AudienceMinute[]): void {
  const { context, model, now, lessons } = following;
  const { zone } = context.settings;
  if (now < occasion.endsAtMs || now >= occasion.endsAtMs + NOTED_WITHIN_MS) return;
  if (!tellsOfEvening(model.learned.audience, occasion) || sharesItsChannel(following, occasion)) return;
  const viewers = measuredPlateau(occasion, excessViewers(model, occasion, audience, zone));
  if (viewers === undefined || learnEvening(model.learned.audience, occasion, viewers, zone) === model.learned.audience) return;
  lessons.push({
    apply: (learned) => ({ ...learned, audience: learnEvening(learned.audience, occasion, viewers, zone) }),
    cause: "occasion",
    what: undefined,
    occasionId: occasion.id,
  });
}

/** What was on air before Calltime first looked is held to its real end like any other, but teaches nothing: nobody knows how it began. */
function beganEarly({ sinceMs }: Following, { startsAtMs }: Occasion): boolean {
  return startsAtMs < sinceMs;
}

/** Settles what a broadcast that is over has shown, and keeps what it teaches. */
async function learnFrom(following: Following, occasion: Occasion, audience: readonly AudienceMinute[], due: Due): Promise<void> {
  const { context, model, now, revealed } = following;
  const { id } = occasion;
  const { overMs, thought } = due;
  const tracked = thought.impact === "above" || revealed[id] !== undefined;
  const excess = excessViewers(model, occasion, audience, context.settings.zone);
  const viewers = beganEarly(following, occasion) ? undefined : measuredViewers(occasion, excess);
  if (viewers === undefined || (!tracked && sharesItsChannel(following, occasion))) {
    following.learned[id] = occasion.endsAtMs;
    return;
  }
  const insists = now < overMs + LEARN_AFTER_MS + (tracked ? HOUR_MS : CATCH_UP_MS - LAST_CALL_MS);
  const before = { revealed: revealed[id], outcome: following.outcomes[id] };
  settle(following, occasion, Math.round(viewers), thought);
  // A passing crowd that was not its own is no news of it.
  const confirmed = thought.impact === "above" || revealed[id] !== undefined;
  try {
    const { lesson, kept } = await lessonOf(following, { occasion, excess, viewers, thought, tracked: confirmed, overMs, insists });
    following.learned[id] = occasion.endsAtMs;
    following.lessons.push(lesson);
    if (kept !== undefined) following.kept.push(kept);
  } catch (error) {
    // Not learned from yet: the next tick looks again, at all of it.
    if (!insists) throw error;
    if (before.revealed !== undefined) revealed[id] = before.revealed;
    if (before.outcome === undefined) delete following.outcomes[id];
  }
}

/** What was thought of an occasion when it started; whoever is told of its audience later thinks it over. */
function thoughtOf(following: Following, occasion: Occasion): Judged {
  const { judged, tally } = following;
  const before = judged[occasion.id];
  if (before !== undefined && !(occasion.toldLater === true && before.impact !== "above")) return before;
  const thought = judge(following, occasion);
  if (before !== undefined && occasion.startsAtMs >= following.sinceMs) tally[before.impact] -= 1;
  return (judged[occasion.id] = thought);
}

/** What the measured crowd of a broadcast that is over says of what had been thought of it. */
function settle({ context, model, revealed, outcomes }: Following, occasion: Occasion, viewers: number, thought: Judged): void {
  const { id, name, startsAtMs } = occasion;
  const known = revealed[id];
  if (known !== undefined) {
    // A moment's crowd passing through is not the occasion's own.
    if (crowdIsAbove(context, model, occasion, viewers)) revealed[id] = { ...known, viewers };
    else delete revealed[id];
  }
  if (thought.impact === "above" && thought.expectedViewers !== undefined) {
    outcomes[id] = { name, startsAtMs, forecastViewers: thought.expectedViewers, measuredViewers: viewers };
  }
}

/** What is thought of an occasion as it starts; counted once, and only when Calltime was there. */
function judge({ context, model, tally, sinceMs }: Following, occasion: Occasion): Judged {
  const { audience, verdict: impact } = impactsOf(context, model, occasion);
  if (occasion.startsAtMs >= sinceMs) tally[impact] += 1;
  return audience.kind === "unknown" ? { impact } : { impact, expectedViewers: Math.round(unstretched(audience.mean)) };
}

/** The minutes from `fromMs` on; there is one entry for each. */
function since(audience: readonly AudienceMinute[], fromMs: number): readonly AudienceMinute[] {
  const [first] = audience;
  return first === undefined ? [] : audience.slice(Math.max(0, Math.ceil((fromMs - first.atMs) / MINUTE_MS)));
}

function sketchOf({ name, startsAtMs, endsAtMs }: Occasion): Omit<Revealed, "viewers" | "impact"> {
  return { name, startsAtMs, endsAtMs };
}

const sketches = new WeakMap<Occasion, Occasion>();

/** An occasion without the texts that only help to tell programmes apart: they are long, and a document is not. */
function sketched(occasion: Occasion): Occasion {
  let sketch = sketches.get(occasion);
  if (sketch === undefined) {
    const programmes = occasion.programmes.map((programme) => {
      const { description: _, ...short } = programme;
      return short;
    });
    sketch = { ...occasion, programmes };
    sketches.set(occasion, sketch).set(sketch, sketch);
  }
  return sketch;
}

/** Whether an occasion that was known to draw a crowd was on one of its channels meanwhile: what was measured there is not this programme's. */
function sharesItsChannel({ air, judged, occasions }: Following, occasion: Occasion): boolean {
  return Object.values(occasions).some((other) => {
    const stand = air[other.id];
    if (stand === undefined || judged[other.id]?.impact !== "above") return false;
    if (other.id === occasion.id || !other.channelIds.some((id) => occasion.channelIds.includes(id))) return false;
    const overMs = (stand.kind === "ended" ? stand.endedAtMs : other.endsAtMs + HARD_CAP_MS) + LEARN_AFTER_MS;
    return other.startsAtMs - ARRIVAL_MS < occasion.endsAtMs && overMs > occasion.startsAtMs;
  });
}

function only<T>(byId: Readonly<Record<string, T>>, keep: (id: string) => boolean): Readonly<Record<string, T>> {
  if (Object.keys(byId).every(keep)) return byId;
  return Object.fromEntries(Object.entries(byId).filter(([id]) => keep(id)));
}

function newest<T extends { readonly startsAtMs: number }>(byId: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  if (Object.keys(byId).length <= MOST_TOLD) return byId;
  return Object.fromEntries(
    Object.entries(byId)
      .toSorted(([, a], [, b]) => a.startsAtMs - b.startsAtMs)
      .slice(-MOST_TOLD),
  );
}
