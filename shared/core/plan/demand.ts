import type { Aired, Forecast, ForecastMinute } from "../forecast/forecast.ts";
import { timingOf } from "../forecast/air.ts";
import type { LoadMinute } from "../measurement.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";
import { connectionUnits, unitsForLoad, unitsForTail, unitsWithinConnections, withZoneReserve } from "./capacity.ts";
import type { FloorOverride, PlanPolicy, Reason } from "./plan.ts";

/** Units needed *serving* in one minute, and why. `wantedUnits` is what would be needed without limits. */
export type Need =
  | {
      readonly kind: "known";
      readonly atMs: number;
      readonly units: number;
      readonly wantedUnits: number;
      readonly limit: "ceiling" | "connections" | undefined;
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: "unknown"; readonly atMs: number; readonly why: string };

export type DemandInput = {
  readonly target: Target;
  readonly forecast: Forecast;
  /** Measured minutes before the forecast begins; what was needed then still holds for a while. */
  readonly recent: readonly LoadMinute[];
  readonly occasions: readonly Aired[];
  readonly overrides: readonly FloorOverride[];
  readonly policy: PlanPolicy;
  readonly now: number;
  /** The database this target opens connections to, if any. */
  readonly database: Target | undefined;
  /** Targets that open connections to this one, with their own needs by minute. */
  readonly clients: readonly { readonly target: Target; readonly needs: ReadonlyMap<number, number> }[];
};

/** What a target needs in each forecast minute, preceded by what the newest measured minutes needed. */
export function needsOf(input: DemandInput): readonly Need[] {
  const measured: Need[] = [];
  for (const minute of input.recent) {
    if (minute.kind === "known") measured.push(needOfMeasured(input, minute.atMs, minute.loadRps));
  }
  return [...measured, ...input.forecast.minutes.map((minute) => needOf(input, minute))];
}

function needOfMeasured(input: DemandInput, atMs: number, loadRps: number): Need {
  return limited(input, atMs, unitsForLoad(input.target, loadRps), [{ type: "measured-load", loadRps }]);
}

function needOf(input: DemandInput, minute: ForecastMinute): Need {
  const { target, policy } = input;
  if (minute.kind === "unknown") {
    // Nobody knows this minute's load; what a person or a client's connections ask for is known all the same.
    const asked = raised(input, minute.atMs, 0, []);
    return asked.units > 0
      ? limited(input, minute.atMs, asked.units, asked.reasons)
      : { kind: "unknown", atMs: minute.atMs, why: minute.reason };
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
  const asked = raised(input, minute.atMs, units, reasons);
  return limited(input, minute.atMs, asked.units, asked.reasons);
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
  for (const client of input.clients) {
    const clientUnits = client.needs.get(atMs) ?? 0;
    const held = connectionUnits(client.target, clientUnits, input.target);
    if (held > units) {
      reasons.push({ type: "connections", clientId: client.target.id, clientUnits, units: held });
      units = held;
    }
  }
  for (const override of input.overrides) {
    const holds = override.targetIds.includes(input.target.id) && atMs >= override.fromMs && atMs < override.untilMs;
    if (holds && override.floorUnits > units) {
      reasons.push({ type: "override", overrideId: override.id, units: override.floorUnits, author: override.author, why: override.why });
      units = override.floorUnits;
    }
  }
  return { units, reasons };
}

function limited(input: DemandInput, atMs: number, wanted: number, because: readonly Reason[]): Need {
  const { target, database } = input;
  const reasons = [...because];
  let units = wanted;
  let limit: "ceiling" | "connections" | undefined;
  const connections = database === undefined ? undefined : unitsWithinConnections(target, database);
  if (database !== undefined && connections !== undefined && units > connections) {
    reasons.push({ type: "connection-budget", database: database.id, units: connections });
    units = connections;
    limit = "connections";
  }
  if (units > target.ceilingUnits) {
    reasons.push({ type: "ceiling", units: target.ceilingUnits, shortUnits: wanted - target.ceilingUnits });
    units = target.ceilingUnits;
    limit = "ceiling";
  }
  if (units <= target.baselineUnits) {
    reasons.push({ type: "baseline", units: target.baselineUnits });
    units = target.baselineUnits;
  }
  return { kind: "known", atMs, units, wantedUnits: wanted, limit, reasons };
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
