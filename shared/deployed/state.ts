import type { Ports } from "../app/ports.ts";
import { MACHINE_PACE } from "../app/ports/machine-pace.ts";
import { ownDynamo, ownEvents } from "../aws/own-clients.ts";
import { dynamoDocumentStore } from "../aws/document-store.ts";
import { eventBridgeBus } from "../aws/event-bus.ts";
import { dynamoJournal } from "../aws/journal.ts";
import { dynamoSchedules } from "../aws/schedule-store.ts";
import { dynamoTable, type Table } from "../aws/table.ts";
import { MINUTE_MS } from "../core/time.ts";
import { keptDocuments } from "./kept-documents.ts";
import type { Place } from "./platform.ts";

/** What is large and changes seldom: what a week was learned to be like and how load grows, once an hour, and the day ahead, planned every half hour. */
const SELDOM_CHANGED = ["model/near/", "model/usual/", "model/viewers/", "ahead"];
const KEPT_MS = 10 * MINUTE_MS;

/** The stores over a table. */
export function stores(table: Table): Pick<Ports, "documents" | "journal" | "schedules" | "chunks"> {
  const keeping = { prefixes: SELDOM_CHANGED, forMs: KEPT_MS, nowMs: table.nowMs };
  return { documents: keptDocuments(dynamoDocumentStore(table), keeping), journal: dynamoJournal(table), ...dynamoSchedules(table) };
}

/** What every function has: the table of state, and the bus. */
export function state({ table: tableName, bus: busName }: Place): Pick<Ports, "documents" | "journal" | "schedules" | "chunks" | "bus"> {
  const table = dynamoTable({ client: ownDynamo(), tableName, pace: MACHINE_PACE });
  return {
    ...stores(table),
    bus: eventBridgeBus({ client: ownEvents(), busName, pace: MACHINE_PACE }),
  };
}
