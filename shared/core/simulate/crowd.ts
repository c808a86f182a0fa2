import { belongsTo } from "../schedule/occasion.ts";
import type { Programme } from "../schedule/programme.ts";
import { MINUTE_MS } from "../time.ts";
import { derive, normal, roundByChance, uniform } from "./seeded.ts";
import type { TrueOccasion } from "./world.ts";

/** Minutes before the real start at which the first people of an occasion come. */
const EARLIEST_MINUTES = 10;
/** Of those who have not come, the share that comes in a minute: at the earliest, and at the height of the burst. */
const FIRST_HAZARD = 0.002;
const BURST_HAZARD = 0.2;
/** How much sharper or duller one occasion's burst is than another's (sigma of the logarithm). */
const BURST_SIGMA = 0.1;
/** Minutes after the real start at which the burst is highest. */
const BURST_MINUTE = 2;
/** People who come and go in the middle of an occasion: the share of those watching that leaves in a minute, and is soon back. */
const PAUSE_HAZARD = 0.006;
/** Minutes after the real end until leaving is in full swing. */
const GOODBYE_MINUTES = 3;

/** An occasion as it really happens: when, and who leaves how. */
export type PlacedOccasion = {
  readonly occasion: string;
  /** Real start and end: the guide's, and what the occasion is late by. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** By channel: its place in `world.channels`, and everyone who means to watch there. */
  readonly parts: readonly { readonly channel: number; readonly people: number }[];
  /** What the burst at its height adds to `lateHazard`. */
  readonly burstHazard: number;
  /** Share of late-comers (and of those who paused) that arrives in a minute, once the burst is over. */
  readonly lateHazard: number;
  /** Share of those still there that leaves in a minute once it is over. */
  readonly leaveHazard: number;
  /** Of those who leave at the end, the share that goes on to another programme. */
  readonly elsewhereShare: number;
  /** Minutes that those who come spend logging in: as many spend each of 1 … so many. 0: they watch at once. */
  readonly loginMinutes: number;
  readonly seed: number;
};

/** Where the people of one part of an occasion are. */
export type Crowd = {
  readonly watching: number;
  readonly away: number;
  /** On the home page or logging in, by the minutes until they watch, soonest first. Left out: nobody is. */
  readonly home?: readonly number[];
};

/** What one part of a crowd did in a minute. `logins` came to the home page. */
export type CrowdStep = { readonly crowd: Crowd; readonly arrivals: number; readonly departures: number; readonly logins: number };

/**
 * An occasion put on the clock and split over its channels, or undefined when the guide has no slot of it and it states no times of
 * its own, or when it is on no channel of `channels`. Its slots are found as an expectation's are. `usualAt` gives the usual viewers by channel at an instant: a crowd takes in the
 * usual audience of its channels, so that together they are the occasion's viewers.
 */
export function placeOccasion(
  occasion: TrueOccasion,
  programmes: readonly Programme[],
  channels: readonly { readonly id: string }[],
  usualAt: (atMs: number) => readonly number[],
  worldSeed: number,
  loginMinutes: number,
): PlacedOccasion | undefined {
  const slots =
    occasion.unlisted === true
      ? []
      : programmes.filter(
          // The window first: it is cheap, and leaves few titles to look at.
          (slot) => slot.startsAtMs >= occasion.windowStartMs && slot.startsAtMs < occasion.windowEndMs && belongsTo(occasion, slot),
        );
  const guideStartMs = occasion.startsAtMs ?? slots.reduce((first, slot) => Math.min(first, slot.startsAtMs), Infinity);
  const guideEndMs = occasion.endsAtMs ?? slots.reduce((last, slot) => Math.max(last, slot.endsAtMs), -Infinity);
  const on = new Set(slots.length > 0 ? slots.map((slot) => slot.channelId) : occasion.channels);
  const places = channels.flatMap((channel, index) => (on.has(channel.id) ? [{ id: channel.id, index }] : []));
  if (!Number.isFinite(guideStartMs) || !Number.isFinite(guideEndMs) || places.length === 0) return undefined;

  const seed = derive(worldSeed, "occasion", occasion.occasion, occasion.windowStartMs);
  const startsAtMs = guideStartMs + occasion.startsLateMinutes * MINUTE_MS;
  const plannedEndMs = guideEndMs + occasion.endsLateMinutes * MINUTE_MS;
  const { calledOffAfterMinutes = Infinity } = occasion;
  const endsAtMs = Math.min(plannedEndMs, startsAtMs + calledOffAfterMinutes * MINUTE_MS);
  // A tenth or two of the late-comers are left after the first third; of long occasions they come more slowly.
  const firstThirdMinutes = (plannedEndMs - startsAtMs) / MINUTE_MS / 3;
  const lateHazard = Math.min(0.12, Math.max(0.03, 1.8 / firstThirdMinutes));
  const weights = places.map(({ id }) => Math.exp(0.5 * normal(seed, "share", id)));
  const allWeights = weights.reduce((sum, weight) => sum + weight, 0);
  const usual = usualAt(startsAtMs);
  const parts = places.map(({ index }, place) => {
    const watching = Math.max(0, (occasion.viewers * (weights[place] ?? 0)) / allWeights - (usual[index] ?? 0));
    // On the plateau as many come back as pause: then `watching` of these people watch.
    return { channel: index, people: Math.round(watching * (1 + PAUSE_HAZARD / lateHazard)) };
  });
  const halfLifeMinutes = 3 + 2 * uniform(seed, "half-life");
  const elsewhereShare = 0.2 + 0.15 * uniform(seed, "elsewhere");
  return {
    occasion: occasion.occasion,
    startsAtMs,
    endsAtMs,
    parts,
    burstHazard: BURST_HAZARD * Math.exp(BURST_SIGMA * normal(seed, "burst")) - lateHazard,
    lateHazard,
    leaveHazard: Math.LN2 / halfLifeMinutes,
    elsewhereShare,
    loginMinutes,
    seed,
  };
}

/** Share of those who have not come that comes in the minute whose middle is `minutes` after the real start. */
function arrivalHazard(occasion: PlacedOccasion, minutes: number): number {
  if (minutes < -EARLIEST_MINUTES) return 0;
  const atStart = (occasion.burstHazard + occasion.lateHazard) / 4;
  if (minutes < 0) return FIRST_HAZARD * (atStart / FIRST_HAZARD) ** (1 + minutes / EARLIEST_MINUTES);
  // Rises to its top at the burst's minute and dies away over the next ten; late-comers are there from the start.
  const rise = (minutes + 1) / (BURST_MINUTE + 1);
  return occasion.burstHazard * rise * Math.exp(1 - rise) + occasion.lateHazard * Math.min(1, (minutes + 1) / (BURST_MINUTE + 1));
}

/**
 * The minute [atMs, atMs + 60 s) of one part of an occasion. After the real end nobody comes any more, who is away stays away, and who
 * is still logging in goes with the others.
 */
export function stepCrowd(occasion: PlacedOccasion, part: number, crowd: Crowd, atMs: number): CrowdStep {
  const { loginMinutes, seed } = occasion;
  const middleMs = atMs + MINUTE_MS / 2;
  const [watchNext = 0, ...later] = crowd.home ?? [];
  if (middleMs >= occasion.endsAtMs) {
    const there = crowd.watching + watchNext;
    if (there === 0 && later.length === 0) return { crowd: { watching: 0, away: 0 }, arrivals: 0, departures: 0, logins: 0 };
    // Credits and goodbyes: not all who leave leave in the first minute.
    const ramp = Math.min(1, (middleMs - occasion.endsAtMs + MINUTE_MS / 2) / MINUTE_MS / GOODBYE_MINUTES);
    const departures = roundByChance(there * (1 - Math.exp(-occasion.leaveHazard * ramp)), seed, "leave", part, atMs);
    const left = { watching: there - departures, away: 0 };
    return { crowd: later.length > 0 ? { ...left, home: later } : left, arrivals: watchNext, departures, logins: 0 };
  }
  // Who has to log in comes as much sooner as that takes on average: people mean to see the start.
  const soonerMinutes = loginMinutes === 0 ? 0 : (loginMinutes + 1) / 2;
  const minutes = (middleMs - occasion.startsAtMs) / MINUTE_MS + soonerMinutes;
  const coming = roundByChance(crowd.away * (1 - Math.exp(-arrivalHazard(occasion, minutes))), seed, "come", part, atMs);
  const departures = roundByChance(crowd.watching * PAUSE_HAZARD, seed, "pause", part, atMs);
  const arrivals = loginMinutes === 0 ? coming : watchNext;
  const next = { watching: crowd.watching + arrivals - departures, away: crowd.away - coming + departures };
  if (loginMinutes === 0) return { crowd: next, arrivals, departures, logins: 0 };
  const home = Array.from({ length: loginMinutes }, (_, minute) => {
    const share = Math.floor((coming * (minute + 1)) / loginMinutes) - Math.floor((coming * minute) / loginMinutes);
    return (later[minute] ?? 0) + share;
  });
  return { crowd: home.some((people) => people > 0) ? { ...next, home } : next, arrivals, departures, logins: coming };
}

/** Of `departures` in the minute `atMs`, how many go on to another programme: none before the real end, when they only pause. */
export function goingElsewhere(occasion: PlacedOccasion, departures: number, atMs: number): number {
  return atMs + MINUTE_MS / 2 >= occasion.endsAtMs ? departures * occasion.elsewhereShare : 0;
}
