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

function byChannel(world: PreparedWorld, viewers: readonly number[]): Record<string, number> {
  return Object.fromEntries(world.channels.map((channel, index) => [channel.id, viewers[index] ?? 0]));
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
  return {
    atMs,
    viewers: byChannel(world, viewers),
    arrivals: Math.round(total * CHURN + Math.max(0, growth)),
    departures: Math.round(total * CHURN + Math.max(0, -growth)),
  };
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
  let arrivals = 0;
  let departures = 0;
  let elsewhere = 0;
  const crowds = world.occasions.map((occasion, index) =>
    occasion.parts.map((part, place) => {
      const step = stepCrowd(occasion, place, state.crowds[index]?.[place] ?? { watching: 0, away: 0 }, atMs);
      watching[part.channel] = (watching[part.channel] ?? 0) + step.crowd.watching;
      arrivals += step.arrivals;
      departures += step.departures;
      elsewhere += goingElsewhere(occasion, step.departures, atMs);
      return step.crowd;
    }),
  );

  const drawn = drawnViewers(world, atMs);
  const allDrawn = drawn.reduce((sum, viewers) => sum + viewers, 0);
  const ordinary = world.channels.map((channel, index) => {
    const before = state.ordinary[index] ?? 0;
    const draw = drawn[index] ?? 0;
    const passingOn = allDrawn > 0 ? (elsewhere * draw) / allDrawn : 0;
    const coming = draw * CHURN + JOIN * Math.max(0, draw - before) + passingOn;
    const leaving = before * CHURN + DRIFT_OFF * Math.max(0, before - draw);
    const minuteSeed = derive(channel.seed, atMs);
    const came = roundByChance(coming, minuteSeed, "come");
    const left = roundByChance(leaving, minuteSeed, "leave");
    arrivals += came;
    departures += left;
    const after = before + came - left;
    watching[index] = (watching[index] ?? 0) + after;
    return after;
  });
  return { state: { atMs: atMs + MINUTE_MS, ordinary, crowds }, flow: { atMs, viewers: byChannel(world, watching), arrivals, departures } };
}
