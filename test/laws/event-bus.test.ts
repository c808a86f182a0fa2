import { afterAll } from "vitest";
import { eventContracts, type AnyEvent } from "../../events/index.ts";
import { localBus, type DeliverySettings } from "../../local/bus.ts";
import { openDatabase, type Database, type StorePlace } from "../../local/database.ts";
import { eventBusLaws, type MakeEventBus } from "./event-bus.laws.ts";

const open: Database[] = [];
afterAll(() => Promise.all(open.map((database) => database.close())));

const over =
  (place: StorePlace, settings?: DeliverySettings): MakeEventBus =>
  async () => {
    const database = openDatabase(place);
    open.push(database);
    const bus = localBus(database, settings);
    const got: AnyEvent[] = [];
    for (const { type } of eventContracts) bus.subscribe("everything", type, async (event) => void got.push(event));
    const arrived = async () => {
      await bus.settle(0);
      return got;
    };
    return { bus, arrived };
  };

eventBusLaws("local, on disk", over({ kind: "temporary" }));
eventBusLaws("local, in memory", over({ kind: "memory" }));
const disorder = { seed: 1, nowMs: () => 0, duplicateShare: 0.5, reorderShare: 0.5, delayShare: 0.5 };
eventBusLaws("local, late, doubled and out of order", over({ kind: "memory" }, { disorder }));
