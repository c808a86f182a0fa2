import type { Aired, Forecast, ForecastMinute } from "../forecast/forecast.ts";
import { timingOf } from "../forecast/air.ts";
import type { LoadMinute } from "../measurement.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";
import { connectionsOf, unitsForConnections, unitsForLoad, unitsForTail, unitsWithinConnections, withZoneReserve } from "./capacity.ts";
import { factorAt, type Override } from "./override.ts";
import { stepAt, type Limit, type Plan, type PlanPolicy, type Reason } from "./plan.ts";

/** Units to have *serving*, and why. `wantedUnits` is what would be needed without limits; `limit` is what cut it, if it was cut. */
export type NeededUnits = {
  readonly units: number;
  readonly wantedUnits: number;
  readonly limit: Limit | undefined;
  readonly reasons: readonly Reason[];
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
  readonly overrides: readonly Override[];
  readonly policy: PlanPolicy;
  readonly now: number;
  /** The database this target opens connections to, if any. */
  readonly database: Target | undefined;
  /** Targets that open connections to this one, with the units that may be up by minute. */
  readonly clients: readonly Client[];
};

/** A target that opens connections to another, with the units of it that may be up in each minute (by the minute's start). */
export type Client = { readonly target: Target; readonly units: ReadonlyMap<number, number> };

/** Units that carry what is forecast for a minute, with the reserve for the loss of a zone while an occasion is on air. */
export function unitsForMinute(target: Target, minute: ForecastMinute): number {
  if (minute.kind === "unknown") return 0;
  const expected = unitsForLoad(target, minute.medianRps);
  const reserved = minute.contributions.length > 0 ? withZoneReserve(target, expected) : 0;
  return Math.max(expected, unitsForTail(target, minute.tailRps), reserved);
}

/** What a target needs in each forecast minute, preceded by what the newest measured minutes needed. */
export function needsOf(input: DemandInput): readonly Need[] {
  const measured: Need[] = [];
  for (const minute of input.recent) {
    if (minute.kind === "known") measured.push(needOfMeasured(input, minute.atMs, minute.loadRps));
  }
  return [...measured, ...input.forecast.minutes.map((minute) => needOf(input, minute))];
}

/**
 * A planned target as the database behind it sees it. Units connect as soon as they start, which may be a lead ahead of the minute that
 * needs them: what counts is the floor, and beyond the plan's end the need.
 */
export function clientOf(target: Target, plan: Plan, needs: readonly Need[]): Client {
  const units = new Map<number, number>();
  for (const [index, need] of needs.entries()) {
    const needed = neededUnits(need)?.units ?? 0;
    // A database may be looked at in minutes in which its client was not: until the next one that was, the same are needed.
    const nextMs = needs[index + 1]?.atMs ?? need.atMs + MINUTE_MS;
    for (let atMs = need.atMs; atMs < nextMs; atMs += MINUTE_MS) {
      const up = Math.max(stepAt(plan, atMs)?.floorUnits ?? 0, needed);
      if (up > 0) units.set(atMs, up);
    }
  }
  return { target, units };
}

// Metrics are one to three minutes old when they come; after so long without any, nobody knows what is going on.
const FRESH_MS = 10 * MINUTE_MS;

/** Why nothing may be lowered at `now`, whatever was forecast, or undefined when nothing speaks against it (design rules 4 and 6). */
export function lowersNothing({ nowcast }: Forecast, now: number): string | undefined {
  if (nowcast.suddenFall) return "the load fell suddenly with a programme on air: an outage until shown otherwise";
  if (nowcast.newestMs === undefined || now - nowcast.newestMs > FRESH_MS)
    return "no load was measured lately: nothing shows that less will do";
  return undefined;
}

const USUAL_UNKNOWN = "the usual load of this part of the week was never measured: at least what is known of is asked for";

function needOfMeasured(input: DemandInput, atMs: number, loadRps: number): Need {
  const carried = multiplied(input, atMs, unitsForLoad(input.target, loadRps), [{ type: "measured-load", loadRps }]);
  const needed = limited(input, carried.units, carried.reasons);
  return { kind: "known", atMs, ...needed };
}

function needOf(input: DemandInput, minute: ForecastMinute): Need {
  const { target, policy } = input;
  if (minute.kind === "unknown") {
    const { units, reasons } = raised(input, minute.atMs, 0, []);
    return { kind: "unknown", atMs: minute.atMs, why: minute.reason, asked: units > 0 ? limited(input, units, reasons) : undefined };
  }
  const reasons: Reason[] = [];
  if (minute.usualRps !== undefined) reasons.push({ type: "usual-load", loadRps: minute.usualRps });
  for (const contribution of minute.contributions) {
    const aired = input.occasions.find(({ occasion }) => occasion.id === contribution.occasionId);
    if (aired === undefined) continue;
    reasons.push({
      type: "occasion",
      occasionId: aired.occasion.id,
      name: aired.occasion.name,
      medianRps: contribution.medianRps,
      phase: phaseOf(aired, minute.atMs, input.now),
    });
  }
  if (minute.surpriseRps > 0) reasons.push({ type: "surprise", loadRps: minute.surpriseRps });
  reasons.push({
    type: "tail",
    medianRps: minute.medianRps,
    tailRps: minute.tailRps,
    unservedPerMillion: policy.unservedPerMillion,
  });
  const expected = unitsForLoad(target, minute.medianRps);
  let units = Math.max(expected, unitsForTail(target, minute.tailRps));
  const reserved = minute.contributions.length > 0 ? withZoneReserve(target, expected) : 0;
  if (reserved > units) {
    reasons.push({ type: "zone-reserve", zones: target.zones, units: reserved });
    units = reserved;
  }
  const carried = multiplied(input, minute.atMs, units, reasons);
  const asked = raised(input, minute.atMs, carried.units, carried.reasons);
  const needed = limited(input, asked.units, asked.reasons);
  // What the occasions bring comes on top of a usual load that nobody knows: it is the least there is to carry.
  if (minute.usualRps === undefined) return { kind: "unknown", atMs: minute.atMs, why: USUAL_UNKNOWN, asked: needed };
  return { kind: "known", atMs: minute.atMs, ...needed };
}

/** A person's factor on what the load asks for; never on what anybody holds (design rule 3). */
function multiplied(
  { overrides, target }: DemandInput,
  atMs: number,
  loadUnits: number,
  because: readonly Reason[],
): { units: number; reasons: readonly Reason[] } {
  const override = factorAt(overrides, target.id, atMs);
  if (override === undefined) return { units: loadUnits, reasons: because };
  const { id: overrideId, factor, author, why } = override;
  const units = Math.max(0, Math.ceil(loadUnits * factor - 1e-9));
  return { units, reasons: [...because, { type: "factor", overrideId, factor, units, author, why }] };
}

/** Clients' connections and overrides may ask for more than the load does. The largest wins, they do not add up. */
function raised(
  input: DemandInput,
  atMs: number,
  loadUnits: number,
  loadReasons: readonly Reason[],
): { units: number; reasons: readonly Reason[] } {
  const reasons = [...loadReasons];
  let units = loadUnits;
  const clients = input.clients.flatMap(({ target, units: byMinute }) => {
    const up = byMinute.get(atMs) ?? 0;
    const connections = connectionsOf(target, up, input.target);
    return connections > 0 ? [{ targetId: target.id, units: up, connections }] : [];
  });
  const connected = unitsForConnections(
    input.target,
    clients.reduce((sum, { connections }) => sum + connections, 0),
  );
  if (connected > units) {
    reasons.push({ type: "connections", clients: clients.map(({ targetId, units: up }) => ({ targetId, units: up })), units: connected });
    units = connected;
  }
  for (const override of input.overrides) {
    if (override.kind !== "floor") continue;
    const holds = override.targetIds.includes(input.target.id) && atMs >= override.fromMs && atMs < override.untilMs;
    if (holds && override.floorUnits > units) {
      reasons.push({ type: "override", overrideId: override.id, units: override.floorUnits, author: override.author, why: override.why });
      units = override.floorUnits;
    }
  }
  return { units, reasons };
}

function limited(input: DemandInput, wantedUnits: number, because: readonly Reason[]): NeededUnits {
  const { target, database } = input;
  const reasons = [...because];
  let units = wantedUnits;
  let limit: Limit | undefined;
  const connections = database === undefined ? undefined : unitsWithinConnections(target, database);
  if (database !== undefined && connections !== undefined && units > Math.max(connections, target.baselineUnits)) {
    reasons.push({ type: "connection-budget", database: database.id, units: connections });
    units = Math.max(connections, target.baselineUnits);
    limit = "connections";
  }
  if (units > target.ceilingUnits) {
    reasons.push({ type: "ceiling", units: target.ceilingUnits, shortUnits: wantedUnits - target.ceilingUnits });
    units = target.ceilingUnits;
    limit = "ceiling";
  }
  if (units <= target.baselineUnits) {
    reasons.push({ type: "baseline", units: target.baselineUnits });
    units = target.baselineUnits;
  }
  return { units, wantedUnits, limit, reasons };
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
