import { afterAll } from "vitest";
import { openDatabase, type Database } from "../../local/database.ts";
import { memoryScheduleStore } from "../../local/memory/schedule-store.ts";
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
scheduleStoreLaws("memory", async () => memoryScheduleStore(memorySections()));
