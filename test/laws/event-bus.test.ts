import { afterAll } from "vitest";
import { eventContracts, type AnyEvent } from "../../events/index.ts";
import { localBus, type DeliverySettings } from "../../local/bus.ts";
import { openDatabase, type Database, type StorePlace } from "../../local/database.ts";
import { memoryBus } from "../../local/memory/bus.ts";
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

const unchecked = "whoever makes an event has checked it; what comes from outside does not come this way";
eventBusLaws(
  "memory",
  async () => {
    const bus = memoryBus();
    const got: AnyEvent[] = [];
    for (const { type } of eventContracts) bus.subscribe("everything", type, async (event) => void got.push(event));
    const arrived = async () => {
      await bus.deliver();
      return got;
    };
    return { bus, arrived };
  },
  {
    excused: {
      "gives one outcome per event in the order given, and one bad event does not hold back the others": unchecked,
      "an event larger than the bus carries is not accepted, counted in UTF-8": unchecked,
    },
  },
);

const disorder = { seed: 1, nowMs: () => 0, duplicateShare: 0.5, reorderShare: 0.5, delayShare: 0.5 };
eventBusLaws("local, late, doubled and out of order", over({ kind: "memory" }, { disorder }));
