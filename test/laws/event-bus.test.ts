import { afterAll } from "vitest";
import { eventContracts, type AnyEvent } from "../../events/index.ts";
import { localBus } from "../../local/bus.ts";
import { openDatabase, type Database, type StorePlace } from "../../local/database.ts";
import { eventBusLaws, type MakeEventBus } from "./event-bus.laws.ts";

const open: Database[] = [];
afterAll(() => Promise.all(open.map((database) => database.close())));

const over =
  (place: StorePlace): MakeEventBus =>
  async () => {
    const database = openDatabase(place);
    open.push(database);
    const bus = localBus(database);
    const got: AnyEvent[] = [];
    for (const { type } of eventContracts) bus.subscribe("everything", type, async (event) => void got.push(event));
    const arrived = async () => {
      await bus.deliver(0);
      return got;
    };
    return { bus, arrived };
  };

eventBusLaws("local, on disk", over({ kind: "temporary" }));
eventBusLaws("local, in memory", over({ kind: "memory" }));
