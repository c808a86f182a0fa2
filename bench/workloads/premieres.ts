import type { Programme, Schedule } from "../../shared/core/schedule/programme.ts";
import { normal, uniform, wander } from "../../shared/core/simulate/seeded.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../shared/core/time.ts";
import type { PremiereParameters } from "./premiere-parameters.ts";

/** What happened on a night that the guide did not say. */
export type Happening = "as-listed" | "overrun" | "slip" | "cancelled" | "flop" | "surprise";

/** A premiere as it really was. */
export type Night = {
  readonly programme: Programme;
  readonly happening: Happening;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Viewers once everybody is there; none of what was cancelled. */
  readonly viewers: number;
};

/** Synthetic load by minute from `fromMs`, with the guide that was sent beforehand and what is true. */
export type PremiereNights = {
  readonly label: "synthetic";
  readonly schedule: Schedule;
  readonly fromMs: number;
  readonly rps: readonly number[];
  readonly nights: readonly Night[];
};

/** Monday 5 January 2026, 00:00 UTC. */
const FROM_MS = Date.UTC(2026, 0, 5);
const STEP_MS = 10 * SECOND_MS;
const STEPS = MINUTE_MS / STEP_MS;

/** Nights of premieres, the same for the same seed. Deterministic: every draw has a name of its own, so one night more shifts no other. */
export function premiereNights(seed: number, parameters: PremiereParameters): PremiereNights {
  const nights = Array.from({ length: parameters.nights }, (_, nth) => nightOf(seed, parameters, nth));
  const minutes = ((parameters.usualDays + parameters.nights) * DAY_MS) / MINUTE_MS;
  const rps = Array.from({ length: minutes }, (_, index) => usualRps(seed, parameters, FROM_MS + index * MINUTE_MS));
  for (const night of nights) addCrowd(rps, parameters, night);
  const programmes = nights.map(({ programme }) => programme);
  return { label: "synthetic", schedule: { channels: [{ id: "premieres", name: "Premieres" }], programmes }, fromMs: FROM_MS, rps, nights };
}

/** Load without any premiere: a day's curve, weekends, what wanders, and noise. */
function usualRps(seed: number, parameters: PremiereParameters, atMs: number): number {
  const { usualPeakRps, usualLowShare, usualBusiestHour, weekendFactor, noiseSpread, wanderSpread } = parameters;
  const hour = (atMs % DAY_MS) / HOUR_MS;
  const curve = usualLowShare + (1 - usualLowShare) * ((1 + Math.cos(((hour - usualBusiestHour) * Math.PI) / 12)) / 2);
  const weekend = [0, 6].includes(new Date(atMs).getUTCDay()) ? weekendFactor : 1;
  const noise = noiseSpread * normal(seed, "noise", atMs) + wanderSpread * wander(seed, atMs, HOUR_MS / 2);
  return usualPeakRps * curve * weekend * Math.exp(noise);
}

function oneOf(choices: readonly number[], draw: number): number {
  return choices[Math.floor(draw * choices.length)] ?? 0;
}

function nightOf(seed: number, parameters: PremiereParameters, nth: number): Night {
  const show = Math.floor(uniform(seed, "show", nth) * parameters.shows);
  // A show keeps its hour and its length.
  const startsAtMs = FROM_MS + (parameters.usualDays + nth) * DAY_MS + oneOf(parameters.startHours, uniform(seed, "hour", show)) * HOUR_MS;
  const endsAtMs = startsAtMs + oneOf(parameters.lengthMinutes, uniform(seed, "length", show)) * MINUTE_MS;
  const programme: Programme = {
    id: `premiere-${nth}`,
    channelId: "premieres",
    title: `Show ${show + 1}`,
    episode: `${nth + 1}`,
    categories: ["drama"],
    live: false,
    startsAtMs,
    endsAtMs,
  };
  const happening = happeningOf(parameters, uniform(seed, "happening", nth));
  const late = minutesOf(parameters, happening, uniform(seed, "minutes", nth)) * MINUTE_MS;
  return {
    programme,
    happening,
    startedAtMs: startsAtMs + (happening === "slip" ? late : 0),
    endedAtMs: endsAtMs + late,
    viewers: viewersOf(seed, parameters, { show, nth, happening, startsAtMs }),
  };
}

function happeningOf({ overruns, slips, cancelled, flops, surprises }: PremiereParameters, draw: number): Happening {
  const shares = { overrun: overruns, slip: slips, cancelled, flop: flops, surprise: surprises };
  let below = 0;
  for (const [happening, { share }] of Object.entries(shares)) {
    below += share;
    if (draw < below) return happening as keyof typeof shares;
  }
  return "as-listed";
}

/** A programme that begins late also ends late by as much. */
function minutesOf({ overruns, slips }: PremiereParameters, happening: Happening, draw: number): number {
  if (happening !== "overrun" && happening !== "slip") return 0;
  const [least, most] = happening === "overrun" ? overruns.minutes : slips.minutes;
  return Math.round(least + draw * (most - least));
}

function viewersOf(
  seed: number,
  parameters: PremiereParameters,
  of: { readonly show: number; readonly nth: number; readonly happening: Happening; readonly startsAtMs: number },
): number {
  const { multiple, largeMultiple, largeShare, showSpread, episodeSpread, viewerRps, flops, surprises } = parameters;
  if (of.happening === "cancelled") return 0;
  // Exactly so many of the shows are large, whatever the seed.
  const isLarge = of.show < Math.round(largeShare * parameters.shows);
  const spread = showSpread * normal(seed, "size", of.show) + episodeSpread * normal(seed, "episode", of.nth);
  const times = (isLarge ? largeMultiple : multiple) * Math.exp(spread);
  const factor = of.happening === "flop" ? flops.factor : of.happening === "surprise" ? surprises.factor : 1;
  return (Math.max(0, times - 1) * usualRps(seed, parameters, of.startsAtMs) * factor) / viewerRps;
}

/** Adds what a night's viewers bring, in steps of ten seconds: arrivals ask more than those who watch, and so does everybody who leaves. */
function addCrowd(rps: number[], parameters: PremiereParameters, { viewers, startedAtMs, endedAtMs }: Night): void {
  if (viewers === 0) return;
  const { viewerRps, arrivalRequests, exitRequests, mostArrivalsAMinute, arrivalFromSeconds, arrivalSeconds } = parameters;
  const { leftBeforeEnd, exitHalfLifeMinutes } = parameters;
  const mostInStep = mostArrivalsAMinute / STEPS;
  // Most of them, nineteen in twenty, are there after `arrivalSeconds`; the rest trickle in.
  const comingShare = 1 - 0.05 ** (STEP_MS / SECOND_MS / (arrivalSeconds - arrivalFromSeconds));
  const leavingShare = leftBeforeEnd * (STEP_MS / (endedAtMs - startedAtMs));
  const exitShare = 1 - 0.5 ** (STEP_MS / (exitHalfLifeMinutes * MINUTE_MS));
  let waiting = viewers;
  let watching = 0;
  for (let atMs = startedAtMs + arrivalFromSeconds * SECOND_MS; ; atMs += STEP_MS) {
    const isOver = atMs >= endedAtMs;
    const arrived = isOver ? 0 : Math.min(mostInStep, waiting * comingShare);
    const left = watching * (isOver ? exitShare : leavingShare);
    waiting -= arrived;
    watching += arrived - left;
    if (isOver && watching < 1) return;
    const index = Math.floor((atMs - FROM_MS) / MINUTE_MS);
    if (index >= rps.length) return;
    const requests = watching * viewerRps * (STEP_MS / SECOND_MS) + arrived * arrivalRequests + (isOver ? left * exitRequests : 0);
    rps[index] = (rps[index] ?? 0) + requests / (MINUTE_MS / SECOND_MS);
  }
}
