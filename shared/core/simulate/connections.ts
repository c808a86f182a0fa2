import type { Target } from "../target.ts";
import type { TargetMinute } from "./cloud.ts";

/** Connections that the units of a target hold in a minute. A unit opens its pool as soon as it is there, healthy or not. */
function opened({ connections }: Target, { servingUnits, joiningUnits = 0 }: TargetMinute): number {
  return (connections?.poolPerUnit ?? 0) * (servingUnits + joiningUnits);
}

/**
 * A minute in which databases take no more connections than they have room for. Those beyond are refused, and come again and again; they are
 * spread evenly over all units, each of which serves the less of its load the more it was refused.
 */
export function withConnectionLimits(
  targets: readonly Target[],
  minutes: Readonly<Record<string, TargetMinute>>,
): Readonly<Record<string, TargetMinute>> {
  const limited = { ...minutes };
  for (const database of targets) {
    const room = (database.maxConnectionsPerUnit ?? Infinity) * (minutes[database.id]?.servingUnits ?? 0);
    const clients = targets.filter(({ connections }) => connections?.database === database.id);
    const asked = clients.reduce((sum, client) => sum + opened(client, minutes[client.id] ?? NOTHING), 0);
    const own = minutes[database.id];
    if (own === undefined || asked <= room) continue;
    limited[database.id] = { ...own, refusedConnections: asked - room };
    for (const { id, throughputRps } of clients) {
      const minute = limited[id];
      if (minute === undefined) continue;
      const connectedRps = minute.servingUnits * (room / asked) * throughputRps;
      limited[id] = { ...minute, unservedRps: Math.max(minute.unservedRps, minute.loadRps - connectedRps) };
    }
  }
  return limited;
}

const NOTHING = { loadRps: 0, unservedRps: 0, servingUnits: 0, desiredUnits: 0, minimumUnits: 0, startingUnits: 0 } as const;
