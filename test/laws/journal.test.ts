import { afterAll } from "vitest";
import { openDatabase, type Database, type StorePlace } from "../../local/database.ts";
import { localJournal } from "../../local/journal.ts";
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

journalLaws("local, in memory", over({ kind: "memory" }));
journalLaws("local, on disk", over({ kind: "temporary" }), {
  skip: {
    "reads [from, to) of one target, oldest first, in whatever order it was written":
      "opens a store for each of its 60 runs; the memory store is the same code",
  },
});
