import { CalltimeError } from "../error.ts";
import { MINUTE_MS, minuteOf } from "../time.ts";
import type { Crowd } from "./crowd.ts";
import { goingElsewhere, stepCrowd } from "./crowd.ts";
import type { PreparedWorld } from "./prepare.ts";
import { drawnViewers } from "./prepare.ts";
import { derive, roundByChance } from "./seeded.ts";
import { usualCurve, usualViewers } from "./usual.ts";

/** An ordinary session lasts 40 minutes on average: this share of them ends in a minute, on the quietest evening too. */
const CHURN = 1 / 40;
/** Share of the gap to what a channel draws that is closed in a minute: people find a good programme sooner than they leave a dull one. */
const JOIN = 0.12;
const DRIFT_OFF = 0.05;

/** Who is watching at the start of minute `atMs`. Plain data. */
export type AudienceState = {
  readonly atMs: number;
  /** Ordinary sessions, by channel in the order of `world.channels`. */
  readonly ordinary: readonly number[];
  /** By occasion, then by part, in the order of `world.occasions`. */
  readonly crowds: readonly (readonly Crowd[])[];
};

/** One minute of the audience. Sessions at its end are those at its start, plus arrivals, less departures. */
export type AudienceFlow = {
  readonly atMs: number;
  /** Sessions at the end of the minute, by channel id; whole numbers. */
  readonly viewers: Readonly<Record<string, number>>;
  /** Sessions that began and that ended in the minute, on all channels. */
  readonly arrivals: number;
  readonly departures: number;
  /** People who came to the home page to log in. Left out: nobody has to. */
  readonly logins?: number;
};

// Every target asks for the sum of the same minute.
const totals = new WeakMap<AudienceFlow["viewers"], number>();

/** Sessions on all channels. */
export function totalViewers({ viewers }: AudienceFlow): number {
  const known = totals.get(viewers);
  if (known !== undefined) return known;
  let total = 0;
  for (const sessions of Object.values(viewers)) total += sessions;
  totals.set(viewers, total);
  return total;
}

/** Sessions by channel id, and their sum, which every target asks for. */
function byChannel({ channels, nobody }: PreparedWorld, viewers: readonly number[]): Record<string, number> {
  // A copy of an object that has the keys already is many times faster than one that gets them one by one.
  const named = { ...nobody };
  let total = 0;
  for (let index = 0; index < channels.length; index++) {
    const sessions = viewers[index] ?? 0;
    named[channels[index]?.id ?? ""] = sessions;
    total += sessions;
  }
  totals.set(named, total);
  return named;
}

/**
 * A minute of the usual week, whatever the guide says: no occasions, every programme drawing what its slot usually draws. In balance,
 * so it needs no minute before it.
 */
export function usualMinute(world: PreparedWorld, atMs: number): AudienceFlow {
  const viewers = usualViewers(world, atMs);
  let total = 0;
  for (let index = 0; index < viewers.length; index++) {
    const whole = Math.round(viewers[index] ?? 0);
    viewers[index] = whole;
    total += whole;
  }
  const growth = total * (1 - usualCurve(atMs - MINUTE_MS) / usualCurve(atMs));
  const arrivals = Math.round(total * CHURN + Math.max(0, growth));
  const flow = { atMs, viewers: byChannel(world, viewers), arrivals, departures: Math.round(total * CHURN + Math.max(0, -growth)) };
  return hasLogins(world) ? { ...flow, logins: arrivals } : flow;
}

/** The audience as the usual week leaves it at the start of the minute of `fromMs`. Occasions already on air fill from there. */
export function beginAudience(world: PreparedWorld, fromMs: number): AudienceState {
  const atMs = minuteOf(fromMs);
  return {
    atMs,
    ordinary: usualViewers(world, atMs - MINUTE_MS).map(Math.round),
    crowds: world.occasions.map((occasion) => occasion.parts.map((part) => ({ watching: 0, away: part.people }))),
  };
}

function hasLogins(world: PreparedWorld): boolean {
  return (world.setting.world.loginMinutes ?? 0) > 0;
}

/** Of those whom a dark service has turned away, the share that is back so many minutes after it: nearly all within three. */
function backAfter(minutes: number): number {
  return 1 - Math.exp(-1.2 * Math.max(0, minutes));
}

/** Share of the audience that can watch at the end of the minute of `atMs`. 1: all of it, as nearly always. */
function sightAt(world: PreparedWorld, atMs: number): number {
  const { dips = [] } = world.setting.world;
  let sight = 1;
  for (const { fromMs, toMs, share } of dips) {
    const endMs = atMs + MINUTE_MS;
    if (endMs <= fromMs || atMs >= toMs + 15 * MINUTE_MS) continue;
    sight = Math.min(sight, endMs <= toMs ? share : share + (1 - share) * backAfter((endMs - toMs) / MINUTE_MS));
  }
  return sight;
}

/**
 * A minute as a service sees it that is or was dark: who cannot watch has gone, and comes back in a burst. `watching` and `before` are
 * those who mean to watch, by channel, at the end of this minute and of the last.
 */
function dimmed(world: PreparedWorld, flow: AudienceFlow, watching: readonly number[], before: readonly number[]): AudienceFlow {
  const sight = sightAt(world, flow.atMs);
  const sightBefore = sightAt(world, flow.atMs - MINUTE_MS);
  if (sight === 1 && sightBefore === 1) return flow;
  let grown = 0;
  const seen = watching.map((sessions, index) => {
    const there = Math.round(sessions * sight);
    grown += there - Math.round((before[index] ?? 0) * sightBefore);
    return there;
  });
  // Besides those who go or come back at once, ordinary coming and going among those who can watch.
  const churn = Math.round(Math.min(flow.arrivals, flow.departures) * Math.min(sight, sightBefore));
  const arrivals = churn + Math.max(0, grown);
  const dim = { atMs: flow.atMs, viewers: byChannel(world, seen), arrivals, departures: churn + Math.max(0, -grown) };
  // Who comes back finds the home page first.
  return hasLogins(world) ? { ...dim, logins: Math.max(arrivals, Math.round((flow.logins ?? 0) * sight)) } : dim;
}

/**
 * The audience of the next minute. It does not depend on capacity: a request that is not served is lost, its viewer stays.
 * @throws CalltimeError `world-state-mismatch` when the state was begun under another setting.
 */
export function stepAudience(world: PreparedWorld, state: AudienceState): { readonly state: AudienceState; readonly flow: AudienceFlow } {
  const { atMs } = state;
  if (state.ordinary.length !== world.channels.length || state.crowds.length !== world.occasions.length) {
    throw new CalltimeError(
      "world-state-mismatch",
      `The audience state holds ${state.ordinary.length} channels and ${state.crowds.length} occasions, its setting ${world.channels.length} and ${world.occasions.length}: step a state with the setting it was begun with.`,
    );
  }
  const watching = world.channels.map(() => 0);
  const before = [...state.ordinary];
  let arrivals = 0;
  let departures = 0;
  let elsewhere = 0;
  let logins = 0;
  const crowds = world.occasions.map((occasion, index) =>
    occasion.parts.map((part, place) => {
      const crowd = state.crowds[index]?.[place] ?? { watching: 0, away: 0 };
      const step = stepCrowd(occasion, place, crowd, atMs);
      before[part.channel] = (before[part.channel] ?? 0) + crowd.watching;
      watching[part.channel] = (watching[part.channel] ?? 0) + step.crowd.watching;
      arrivals += step.arrivals;
      departures += step.departures;
      logins += step.logins;
      elsewhere += goingElsewhere(occasion, step.departures, atMs);
      return step.crowd;
    }),
  );

  const drawn = drawnViewers(world, atMs);
  const allDrawn = drawn.reduce((sum, viewers) => sum + viewers, 0);
  const ordinary = world.channels.map((channel, index) => {
    const there = state.ordinary[index] ?? 0;
    const draw = drawn[index] ?? 0;
    const passingOn = allDrawn > 0 ? (elsewhere * draw) / allDrawn : 0;
    const coming = draw * CHURN + JOIN * Math.max(0, draw - there) + passingOn;
    const leaving = there * CHURN + DRIFT_OFF * Math.max(0, there - draw);
    const minuteSeed = derive(channel.seed, atMs);
    const came = roundByChance(coming, minuteSeed, "come");
    const left = roundByChance(leaving, minuteSeed, "leave");
    arrivals += came;
    departures += left;
    logins += came;
    const after = there + came - left;
    watching[index] = (watching[index] ?? 0) + after;
    return after;
  });
  const flow = { atMs, viewers: byChannel(world, watching), arrivals, departures };
  return {
    state: { atMs: atMs + MINUTE_MS, ordinary, crowds },
    flow: dimmed(world, hasLogins(world) ? { ...flow, logins } : flow, watching, before),
  };
}
