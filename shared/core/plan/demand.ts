import type { Aired, Forecast, ForecastMinute } from "../forecast/forecast.ts";
import { timingOf } from "../forecast/air.ts";
import { ARRIVAL_MS, DECAY_MS } from "../forecast/shape.ts";
import type { LoadMinute } from "../measurement.ts";
import type { Occasion } from "../schedule/occasion.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";
import { connectionsOf, unitsForConnections, unitsForLoad, unitsForTail, unitsWithinConnections, withZoneReserve } from "./capacity.ts";
import type { OverCap } from "./cap.ts";
import { factorAt, type Override } from "./override.ts";
import { stepAt, type Limit, type Plan, type PlanPolicy, type Reason } from "./plan.ts";

/** Units to have *serving*, and why. `wantedUnits` is what would be needed without limits; `limit` is what cut it, if it was cut. */
export type NeededUnits = {
  readonly units: number;
  readonly wantedUnits: number;
  readonly limit: Limit | undefined;
  /** Worked out when asked for: only the minutes that a step rests on are. */
  readonly reasons: () => readonly Reason[];
};

/** What a target needs in the minute that starts at `atMs`. */
export type Need =
  | ({ readonly kind: "known"; readonly atMs: number } & NeededUnits)
  /**
   * The load of this minute is unknown, or all but what occasions add to it. They, a person or a client's connections may ask for some units
   * all the same: at least so many.
   */
  | { readonly kind: "unknown"; readonly atMs: number; readonly why: string; readonly asked: NeededUnits | undefined };

/** The units that a minute is known to need, whether or not its load is known; undefined when nothing is known of it. */
export function neededUnits(need: Need): NeededUnits | undefined {
  return need.kind === "known" ? need : need.asked;
}

/** Everything that a target's needs follow from. */
export type DemandInput = {
  readonly target: Target;
  readonly forecast: Forecast;
  /** Measured minutes before the forecast begins; what was needed then still holds for a while. */
  readonly recent: readonly LoadMinute[];
  readonly occasions: readonly Aired[];
  /** What people called off: nothing is asked for it, and the reasons say so. */
  readonly calledOff?: readonly Occasion[];
  /** What the spending cap leaves out of the forecast, and the reasons say so. */
  readonly overCap?: readonly OverCap[];
  readonly overrides: readonly Override[];
  readonly policy: PlanPolicy;
  readonly now: number;
  /** The database this target opens connections to, if any. */
  readonly database: Target | undefined;
  /** Targets that open connections to this one, with the units that may be up by minute. */
  readonly clients: readonly Client[];
};

/** A target that opens connections to another, with the units of it that may be up in the minute that starts at an instant. */
export type Client = { readonly target: Target; readonly unitsAt: (atMs: number) => number };

/** Units that the load forecast for a minute needs, whatever else asks for some; none where it is unknown. */
export function unitsForMinute(target: Target, minute: ForecastMinute): number {
  return minute.kind === "unknown" ? 0 : loaded(target, minute);
}

/** What a target needs in each forecast minute, preceded by what the newest measured minutes needed. */
export function needsOf(input: DemandInput): readonly Need[] {
  const needs: Need[] = [];
  for (const minute of input.recent) {
    if (minute.kind === "known") needs.push(needOfMeasured(input, minute.atMs, minute.loadRps));
  }
  for (const minute of input.forecast.minutes) needs.push(needOf(input, minute));
  return needs;
}

/**
 * A planned target as the database behind it sees it. Units connect as soon as they start, which may be a lead ahead of the minute that
 * needs them: what counts is the floor, and beyond the plan's end the need.
 */
export function clientOf(target: Target, plan: Plan, needs: readonly Need[]): Client {
  // Minutes are nearly always asked for in their order.
  let index = 0;
  const unitsAt = (atMs: number): number => {
    if ((needs[index]?.atMs ?? atMs) > atMs) index = 0;
    while ((needs[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) index += 1;
    const need = needs[index];
    if (need === undefined || need.atMs > atMs) return 0;
    // A database may be looked at in minutes in which its client was not: until the next one that was, the same are needed.
    if (index === needs.length - 1 && atMs >= need.atMs + MINUTE_MS) return 0;
    return Math.max(stepAt(plan, atMs)?.floorUnits ?? 0, neededUnits(need)?.units ?? 0);
  };
  return { target, unitsAt };
}

// Metrics are one to three minutes old when they come; after so long without any, nobody knows what is going on.
const FRESH_MS = 10 * MINUTE_MS;

/** Why nothing may be lowered at `now`, whatever was forecast, or undefined when nothing speaks against it (design rules 4 and 6). */
export function lowersNothing(forecast: Forecast, now: number): string | undefined {
  if (forecast.nowcast.suddenFall) return SUDDEN_FALL;
  return hasFreshLoad(forecast, now) ? undefined : NO_FRESH_LOAD;
}

/** Why a floor is held through a fall of the load that no audience makes. */
export const SUDDEN_FALL = "the load fell suddenly with a programme on air: an outage until shown otherwise";
/** Why a floor is held while nobody knows the load. */
export const NO_FRESH_LOAD = "no load was measured lately: nothing shows that less will do";

/** Whether load was measured lately. */
export function hasFreshLoad({ nowcast: { newestMs } }: Forecast, now: number): boolean {
  return newestMs !== undefined && now - newestMs <= FRESH_MS;
}

const USUAL_UNKNOWN = "the usual load of this part of the week was never measured: at least what is known of is asked for";

/** Units asked for; where `reasons` is given they are put into it. */
type Asked = Omit<NeededUnits, "reasons">;

function needOfMeasured(input: DemandInput, atMs: number, loadRps: number): Need {
  const carried = unitsForLoad(input.target, loadRps);
  const { units, wantedUnits, limit } = limited(input, multiplied(input, atMs, carried));
  const reasons = (): readonly Reason[] => {
    const why: Reason[] = [{ type: "measured-load", loadRps }];
    limited(input, multiplied(input, atMs, carried, why), why);
    return why;
  };
  return { kind: "known", atMs, units, wantedUnits, limit, reasons };
}

function needOf(input: DemandInput, minute: ForecastMinute): Need {
  const { atMs } = minute;
  const { units, wantedUnits, limit } = askedIn(input, minute);
  const reasons = (): readonly Reason[] => {
    const why: Reason[] = [];
    askedIn(input, minute, why);
    return why;
  };
  if (minute.kind === "unknown") {
    return { kind: "unknown", atMs, why: minute.reason, asked: wantedUnits > 0 ? { units, wantedUnits, limit, reasons } : undefined };
  }
  // What the occasions bring comes on top of a usual load that nobody knows: it is the least there is to carry.
  if (minute.usualRps === undefined && minute.isNear !== true)
    return { kind: "unknown", atMs, why: USUAL_UNKNOWN, asked: { units, wantedUnits, limit, reasons } };
  return { kind: "known", atMs, units, wantedUnits, limit, reasons };
}

/** What is asked for in a minute, and where `reasons` is given, why. */
function askedIn(input: DemandInput, minute: ForecastMinute, reasons?: Reason[]): Asked {
  let units = 0;
  if (minute.kind === "known") {
    if (reasons !== undefined) explain(input, minute, reasons);
    units = multiplied(input, minute.atMs, loaded(input.target, minute, reasons), reasons);
  }
  return limited(input, raised(input, minute.atMs, units, reasons), reasons);
}

type KnownMinute = Extract<ForecastMinute, { kind: "known" }>;

/** What makes up the load of a minute. */
function explain(input: DemandInput, minute: KnownMinute, reasons: Reason[]): void {
  const { medianRps, tailRps, usualRps, surpriseRps, atMs } = minute;
  if (usualRps !== undefined) reasons.push({ type: "usual-load", loadRps: usualRps });
  for (const contribution of minute.contributions) {
    const aired = input.occasions.find(({ occasion }) => occasion.id === contribution.occasionId);
    if (aired === undefined) continue;
    const { id: occasionId, name } = aired.occasion;
    reasons.push({
      type: "occasion",
      occasionId,
      name,
      medianRps: contribution.medianRps,
      phase: phaseOf(aired, atMs, input.now),
    });
    if (aired.occasion.said !== undefined) reasons.push(...saidOf(aired.occasion));
  }
  for (const occasion of input.calledOff ?? []) if (wouldCount(occasion, atMs)) reasons.push(...saidOf(occasion));
  if (input.overCap !== undefined && input.overCap.length > 0) reasons.push(...capsAt(input.overCap, atMs));
  if (surpriseRps > 0) reasons.push({ type: "surprise", loadRps: surpriseRps });
  reasons.push({ type: minute.isNear === true ? "near" : "tail", medianRps, tailRps, unservedPerMillion: input.policy.unservedPerMillion });
}

/** What people said of an occasion, as reasons. */
export function saidOf({ id: occasionId, name, said = [] }: Occasion): readonly Reason[] {
  return said.map((each) => ({ type: "said", occasionId, name, said: each }));
}

/** What the spending cap leaves out at an instant, as reasons. */
export function capsAt(overCap: readonly OverCap[], atMs: number): readonly Reason[] {
  return overCap
    .filter(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
    .map(({ occasionId, name, units, capUsdPerHour }) => ({ type: "cap", occasionId, name, units, capUsdPerHour }));
}

/** Whether an occasion that was called off would have had its crowd at an instant. */
export function wouldCount({ startsAtMs, endsAtMs }: Occasion, atMs: number): boolean {
  return atMs >= startsAtMs - ARRIVAL_MS && atMs < endsAtMs + DECAY_MS;
}

/** Units that carry what is forecast for a minute, with the reserve for the loss of a zone while an occasion is on air. */
function loaded(target: Target, { medianRps, tailRps, contributions }: KnownMinute, reasons?: Reason[]): number {
  const expected = unitsForLoad(target, medianRps);
  const units = Math.max(expected, unitsForTail(target, tailRps));
  const reserved = contributions.length > 0 ? withZoneReserve(target, expected) : 0;
  if (reserved <= units) return units;
  reasons?.push({ type: "zone-reserve", zones: target.zones, units: reserved });
  return reserved;
}

/** A person's factor on what the load asks for; never on what anybody holds (design rule 3). */
function multiplied({ overrides, target }: DemandInput, atMs: number, loadUnits: number, reasons?: Reason[]): number {
  const override = overrides.length === 0 ? undefined : factorAt(overrides, target.id, atMs);
  if (override === undefined) return loadUnits;
  const { id: overrideId, factor, author, why } = override;
  // A product such as 10 × 1.1 must not cost one more because it is a hair too large in binary.
  const units = Math.max(0, Math.ceil(loadUnits * factor - 1e-9));
  reasons?.push({ type: "factor", overrideId, factor, units, author, why });
  return units;
}

/** Clients' connections and overrides may ask for more than the load does. The largest wins, they do not add up. */
function raised(input: DemandInput, atMs: number, loadUnits: number, reasons?: Reason[]): number {
  const { target, overrides } = input;
  let units = loadUnits;
  let connections = 0;
  for (const client of input.clients) connections += connectionsAt(client, target, atMs);
  const connected = unitsForConnections(target, connections);
  if (connected > units) {
    const clients = input.clients
      .filter((client) => connectionsAt(client, target, atMs) > 0)
      .map((client) => ({ targetId: client.target.id, units: client.unitsAt(atMs) }));
    reasons?.push({ type: "connections", clients, units: connected });
    units = connected;
  }
  for (const override of overrides) {
    if (override.kind !== "floor") continue;
    const { id, targetIds, fromMs, untilMs, floorUnits, author, why } = override;
    if (floorUnits > units && atMs >= fromMs && atMs < untilMs && targetIds.includes(target.id)) {
      reasons?.push({ type: "override", overrideId: id, units: floorUnits, author, why });
      units = floorUnits;
    }
  }
  return units;
}

function connectionsAt({ target: client, unitsAt }: Client, database: Target, atMs: number): number {
  return connectionsOf(client, unitsAt(atMs), database);
}

function limited({ target, database }: DemandInput, wantedUnits: number, reasons?: Reason[]): Asked {
  let units = wantedUnits;
  let limit: Limit | undefined;
  const connections = database === undefined ? undefined : unitsWithinConnections(target, database);
  if (database !== undefined && connections !== undefined && units > Math.max(connections, target.baselineUnits)) {
    reasons?.push({ type: "connection-budget", database: database.id, units: connections });
    units = Math.max(connections, target.baselineUnits);
    limit = "connections";
  }
  if (units > target.ceilingUnits) {
    reasons?.push({ type: "ceiling", units: target.ceilingUnits, shortUnits: wantedUnits - target.ceilingUnits });
    units = target.ceilingUnits;
    limit = "ceiling";
  }
  if (units <= target.baselineUnits) {
    reasons?.push({ type: "baseline", units: target.baselineUnits });
    units = target.baselineUnits;
  }
  return { units, wantedUnits, limit };
}

// The last minutes of a programme belong to the crowd at the end, the first ones to the arrival.
const ARRIVAL_MINUTES = 15;
const END_MINUTES = 5;

function phaseOf({ occasion, air }: Aired, atMs: number, now: number): "arrival" | "on-air" | "end" | "decay" {
  const timing = timingOf(occasion, air, now);
  if (atMs >= timing.endsAtMs + END_MINUTES * MINUTE_MS) return "decay";
  if (atMs >= timing.endsAtMs - END_MINUTES * MINUTE_MS) return "end";
  return atMs < timing.startsAtMs + ARRIVAL_MINUTES * MINUTE_MS ? "arrival" : "on-air";
}
