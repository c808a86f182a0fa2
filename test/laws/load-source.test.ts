import { simulatedLoads } from "../../local/simulated-loads.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { loadSourceLaws } from "./load-source.laws.ts";
import { EVENING_MS, runningWorld } from "./simulated.ts";

// Five minutes into the run: the known stretch begins in the history and ends in what the run has published.
loadSourceLaws("simulated world", async () => ({
  loads: simulatedLoads(await runningWorld(5)),
  targetId: "web",
  knownFromMs: EVENING_MS - 30 * MINUTE_MS,
  knownToMs: EVENING_MS + 4 * MINUTE_MS,
}));
