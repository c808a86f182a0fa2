import { measuredOf } from "../../local/memory/measured.ts";
import { memoryWorld } from "../../local/memory/world.ts";
import { simulatedLoads } from "../../local/simulated-loads.ts";
import { historyMinute } from "../../shared/core/simulate/step.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { loadSourceLaws } from "./load-source.laws.ts";
import { EVENING_MS, runningWorld, servedWorld, smallWorld } from "./simulated.ts";

// Five minutes into the run: the known stretch begins in the history and ends in what the run has published.
loadSourceLaws("simulated world", async () => ({
  loads: simulatedLoads(await runningWorld(5)),
  targetId: "web",
  knownFromMs: EVENING_MS - 30 * MINUTE_MS,
  knownToMs: EVENING_MS + 4 * MINUTE_MS,
}));

loadSourceLaws("world in memory", async () => {
  const prepared = smallWorld();
  const lately = Array.from({ length: 30 }, (_, nth) => historyMinute(prepared, EVENING_MS - (30 - nth) * MINUTE_MS));
  const world = memoryWorld(prepared, EVENING_MS, lately);
  for (let minute = 0; minute < 5; minute += 1) world.step();
  return {
    loads: measuredOf(world.happened, world.nowMs, (_what, atMs) => atMs + 2 * MINUTE_MS),
    targetId: "web",
    knownFromMs: EVENING_MS - 30 * MINUTE_MS,
    knownToMs: EVENING_MS + 4 * MINUTE_MS,
  };
});

loadSourceLaws("world over HTTP", async () => ({
  loads: (await servedWorld(5)).loads,
  targetId: "web",
  knownFromMs: EVENING_MS - 30 * MINUTE_MS,
  knownToMs: EVENING_MS + 4 * MINUTE_MS,
}));
