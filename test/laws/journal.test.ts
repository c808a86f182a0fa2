import { afterAll } from "vitest";
import { openDatabase, type Database, type StorePlace } from "../../local/database.ts";
import { localJournal } from "../../local/journal.ts";
import { plainJournal } from "../../local/memory/plain.ts";
import { minuteLog } from "../../local/minute-log.ts";
import { journalLaws, type MakeJournal } from "./journal.laws.ts";

const open: Database[] = [];
afterAll(() => Promise.all(open.map((database) => database.close())));

const over =
  (place: StorePlace): MakeJournal =>
  async () => {
    const database = openDatabase(place);
    open.push(database);
    return localJournal(minuteLog(database));
  };

journalLaws("plain", async () => plainJournal());
journalLaws("local, in memory", over({ kind: "memory" }));
journalLaws("local, on disk", over({ kind: "temporary" }));
