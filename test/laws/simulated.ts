import { onTestFinished } from "vitest";
import { openDatabase } from "../../local/database.ts";
import { worldHere } from "../../local/evening-world.ts";
import { serveApp } from "../../local/server.ts";
import { worldElsewhere, type WorldElsewhere } from "../../local/world-elsewhere.ts";
import { createWorldApp } from "../../local/world-server.ts";
import { simulatedWorld, type SimulatedWorld } from "../../local/simulated-world.ts";
import { prepareWorld, type PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import type { World } from "../../shared/core/simulate/world.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";

/** 31 December 2025, 17:00 UTC. */
export const EVENING_MS = 1_767_200_400_000;

const target = (id: string): Target => ({
  id,
  kind: "ecs-service",
  mode: "active",
  throughputRps: 100,
  targetUtilisation: 0.6,
  baselineUnits: 2,
  ceilingUnits: 60,
  loadPerViewerRps: 0.1,
  startUpMs: 3 * MINUTE_MS,
  launchUnitsPerMinute: 20,
  zones: 1,
  scalesIn: "target-tracking",
});

/** Two services. */
export const SMALL_TARGETS: readonly Target[] = [target("web"), target("player")];

/** A small evening: one channel, two services that the control plane lets us set. */
export function smallWorld(world: Partial<World> = {}, targets: readonly Target[] = SMALL_TARGETS): PreparedWorld {
  return prepareWorld({
    world: { usualPeakViewers: 20_000, occasions: [], targets: {}, refusals: [], ...world },
    schedule: {
      channels: [{ id: "one", name: "One" }],
      programmes: [
        { id: "p1", channelId: "one", title: "News", categories: [], live: false, startsAtMs: EVENING_MS, endsAtMs: EVENING_MS + HOUR_MS },
      ],
    },
    targets,
    seed: 7,
  });
}

/** The small evening in a store of its own, `minutes` after it began. */
export async function runningWorld(minutes: number, world: PreparedWorld = smallWorld()): Promise<SimulatedWorld> {
  const database = openDatabase({ kind: "memory" });
  onTestFinished(() => database.close());
  const running = await simulatedWorld(database, world, EVENING_MS);
  for (let minute = 0; minute < minutes; minute += 1) await running.step();
  return running;
}

/** The same over HTTP: it moves as it is told to. */
export async function servedWorld(minutes: number, prepared: PreparedWorld = smallWorld()): Promise<WorldElsewhere> {
  const world = worldHere(await runningWorld(minutes, prepared), prepared, EVENING_MS);
  const targetIds = prepared.targets.map(({ target: { id } }) => id);
  const server = await serveApp(createWorldApp(world, { worldId: "small", fromMs: EVENING_MS, targetIds, stepped: true }), { port: 0 });
  onTestFinished(() => server.close());
  return worldElsewhere(server.url);
}
