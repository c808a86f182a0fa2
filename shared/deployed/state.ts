import type { Ports } from "../app/ports.ts";
import { MACHINE_PACE } from "../app/ports/machine-pace.ts";
import { ownDynamo, ownEvents } from "../aws/own-clients.ts";
import { dynamoDocumentStore } from "../aws/document-store.ts";
import { eventBridgeBus } from "../aws/event-bus.ts";
import { dynamoJournal } from "../aws/journal.ts";
import { dynamoSchedules } from "../aws/schedule-store.ts";
import { dynamoTable } from "../aws/table.ts";
import type { Place } from "./platform.ts";

/** What every function has: the table of state, and the bus. */
export function state({ table: tableName, bus: busName }: Place): Pick<Ports, "documents" | "journal" | "schedules" | "chunks" | "bus"> {
  const table = dynamoTable({ client: ownDynamo(), tableName, pace: MACHINE_PACE });
  return {
    documents: dynamoDocumentStore(table),
    journal: dynamoJournal(table),
    ...dynamoSchedules(table),
    bus: eventBridgeBus({ client: ownEvents(), busName, pace: MACHINE_PACE }),
  };
}
