import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";

// A load that fills its units exactly must not cost one more because a product such as 2600 × 0.7 is a hair too small in binary.
const ROUNDING = 1e-9;

/** Units that carry `loadRps` when each is used no further than its target utilisation. */
export function unitsForLoad(target: Target, loadRps: number): number {
  return wholeUnits(loadRps / (target.throughputRps * target.targetUtilisation));
}

/** Units that just carry `tailRps`, each used to the full: the load that should hardly ever be exceeded needs no comfort on top. */
export function unitsForTail(target: Target, tailRps: number): number {
  return wholeUnits(tailRps / target.throughputRps);
}

/** Units so that those left after the loss of any one zone still are `units`, spread evenly. One zone has no reserve to give. */
export function withZoneReserve(target: Target, units: number): number {
  return target.zones > 1 ? Math.ceil((units * target.zones) / (target.zones - 1)) : units;
}

/** Time from asking for `addedUnits` more to the last of them serving. */
export function leadMs(target: Target, startUpMs: number, addedUnits: number): number {
  return startUpMs + Math.ceil(Math.max(0, addedUnits) / target.launchUnitsPerMinute) * MINUTE_MS;
}

/** Connections that so many units of `client` may open to `database`. Zero when the two are not connected. */
export function connectionsOf(client: Target, clientUnits: number, database: Target): number {
  return client.connections?.database === database.id ? clientUnits * client.connections.poolPerUnit : 0;
}

/** Units of `database` that take so many connections; zero when it is not said how many one unit takes. */
export function unitsForConnections(database: Target, connections: number): number {
  return database.maxConnectionsPerUnit === undefined ? 0 : Math.ceil(connections / database.maxConnectionsPerUnit);
}

/** Units of `client` that so many units of `database` have connections for, beside those that its other clients hold. */
export function unitsWithin(
  client: Target,
  database: Target,
  databaseUnits: number,
  others: readonly { readonly target: Target; readonly units: number }[] = [],
): number {
  const held = others.reduce((sum, { target, units }) => sum + connectionsOf(target, units, database), 0);
  const left = databaseUnits * (database.maxConnectionsPerUnit ?? Infinity) - held;
  return Math.max(0, Math.floor(left / (client.connections?.poolPerUnit ?? 0)));
}

/** The most units of `client` that the whole of `database` has connections for, or undefined when nothing bounds them. */
export function unitsWithinConnections(client: Target, database: Target): number | undefined {
  if (client.connections?.database !== database.id || database.maxConnectionsPerUnit === undefined) return undefined;
  return unitsWithin(client, database, database.ceilingUnits);
}

function wholeUnits(units: number): number {
  return Math.max(0, Math.ceil(units - ROUNDING));
}
