import { simulatedCapacity } from "../../local/simulated-capacity.ts";
import { capacityControlLaws } from "./capacity-control.laws.ts";
import { runningWorld } from "./simulated.ts";

capacityControlLaws("simulated world", async () => ({ capacity: simulatedCapacity(await runningWorld(5)), targetIds: ["web", "player"] }));
