import { connectionsOf, unitsForConnections, unitsWithin } from "../core/plan/capacity.ts";
import type { Target } from "../core/target.ts";
import { describeTarget } from "./capacity.ts";
import type { Context } from "./context.ts";
import { floorInForce, readFloor } from "./floor.ts";

/** How many units of a target the database behind it has connections for right now. */
export type DatabaseRoom = { readonly databaseId: string; readonly databaseUnits: number; readonly units: number };

/**
 * What is serving of a target's database, less what its other clients may have open; undefined where nothing bounds it, or where it could not
 * be found out: an unknown is no reason to keep an audience waiting.
 */
export async function roomAtDatabase(context: Context, client: Target): Promise<DatabaseRoom | undefined> {
  const { targets } = context.settings;
  const database = targets.find(({ id }) => id === client.connections?.database);
  if (database?.maxConnectionsPerUnit === undefined) return undefined;
  const state = await describeTarget(context, database.id);
  if (state.kind === "unknown" || state.servingUnits === undefined) return undefined;
  const others = targets.filter(({ id, connections }) => id !== client.id && connections?.database === database.id);
  const held = await Promise.all(
    others.map(async (other) => {
      const floor = (await readFloor(context, other.id))?.value;
      return { target: other, units: floor === undefined ? other.baselineUnits : floorInForce(floor) };
    }),
  );
  return { databaseId: database.id, databaseUnits: state.servingUnits, units: unitsWithin(client, database, state.servingUnits, held) };
}

/**
 * Units of a database that its clients hold connections of right now, and so may not be given back yet; none where nobody opens any. Undefined
 * where it could not be found out: what is unknown lowers nothing.
 */
export async function unitsHeldByClients(context: Context, database: Target): Promise<number | undefined> {
  const clients = context.settings.targets.filter(({ connections }) => connections?.database === database.id);
  const states = await Promise.all(clients.map(({ id }) => describeTarget(context, id)));
  let connections = 0;
  for (const [index, client] of clients.entries()) {
    const state = states[index];
    if (state?.kind !== "known" || state.servingUnits === undefined) return undefined;
    const { servingUnits, desiredUnits = 0, deployingTimes = 1 } = state;
    connections += connectionsOf(client, Math.max(servingUnits, Math.ceil(desiredUnits * deployingTimes)), database);
  }
  return unitsForConnections(database, connections);
}
