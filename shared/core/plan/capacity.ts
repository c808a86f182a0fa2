import type { Target } from "../target.ts";
import { MINUTE_MS } from "../time.ts";

/** Units that carry `loadRps` when each is used no further than its target utilisation. */
export function unitsForLoad(target: Target, loadRps: number): number {
  return Math.ceil(loadRps / (target.throughputRps * target.targetUtilisation));
}

/** Units that just carry `tailRps`, each used to the full: the load that should hardly ever be exceeded needs no comfort on top. */
export function unitsForTail(target: Target, tailRps: number): number {
  return Math.ceil(tailRps / target.throughputRps);
}

/** Units so that those left after the loss of one zone still are `units`. One zone has no reserve to give. */
export function withZoneReserve(target: Target, units: number): number {
  return target.zones > 1 ? Math.ceil((units * target.zones) / (target.zones - 1)) : units;
}

/** Time from asking for `added` more units to the last of them serving. */
export function leadMs(target: Target, startUpMs: number, added: number): number {
  return startUpMs + Math.ceil(Math.max(0, added) / target.launchUnitsPerMinute) * MINUTE_MS;
}

/** Units of `database` that hold the connections of so many units of `client`. Zero when the two are not connected. */
export function connectionUnits(client: Target, clientUnits: number, database: Target): number {
  if (client.connections?.database !== database.id || database.maxConnectionsPerUnit === undefined) return 0;
  return Math.ceil((clientUnits * client.connections.poolPerUnit) / database.maxConnectionsPerUnit);
}

/** The most units of `client` that the whole of `database` has connections for, or undefined when the two are not connected. */
export function unitsWithinConnections(client: Target, database: Target): number | undefined {
  if (client.connections?.database !== database.id || database.maxConnectionsPerUnit === undefined) return undefined;
  return Math.floor((database.ceilingUnits * database.maxConnectionsPerUnit) / client.connections.poolPerUnit);
}
