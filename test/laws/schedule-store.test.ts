import { afterAll } from "vitest";
import { openDatabase, type Database } from "../../local/database.ts";
import { memoryScheduleStore } from "../../local/memory/schedule-store.ts";
import { plainSchedules } from "../../local/memory/plain.ts";
import { memorySections } from "../../local/memory/sections.ts";
import { sqliteScheduleStore } from "../../local/schedule-store.ts";
import { scheduleStoreLaws } from "./schedule-store.laws.ts";

const open: Database[] = [];
afterAll(() => Promise.all(open.map((database) => database.close())));

scheduleStoreLaws("sqlite", async () => {
  const database = openDatabase({ kind: "temporary" });
  open.push(database);
  return sqliteScheduleStore(database);
});
scheduleStoreLaws("plain", async () => plainSchedules(), {
  excused: {
    "a caller that changes what it published or what it read changes nothing that is stored":
      "nothing is copied: whoever reads must not change",
  },
});
scheduleStoreLaws("memory", async () => memoryScheduleStore(memorySections()));
