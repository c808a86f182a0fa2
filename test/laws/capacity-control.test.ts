import { memoryWorld } from "../../local/memory/world.ts";
import { simulatedCapacity } from "../../local/simulated-capacity.ts";
import { capacityControlLaws } from "./capacity-control.laws.ts";
import { EVENING_MS, runningWorld, servedWorld, smallWorld } from "./simulated.ts";

capacityControlLaws("simulated world", async () => ({ capacity: simulatedCapacity(await runningWorld(5)), targetIds: ["web", "player"] }));
capacityControlLaws("world in memory", async () => ({
  capacity: memoryWorld(smallWorld(), EVENING_MS, []).capacity,
  targetIds: ["web", "player"],
}));
capacityControlLaws("world over HTTP", async () => ({ capacity: (await servedWorld(5)).capacity, targetIds: ["web", "player"] }));
