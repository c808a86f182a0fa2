import { afterAll } from "vitest";
import { openDatabase, type Database } from "../../local/database.ts";
import { memorySchedules } from "../../local/memory/schedule-store.ts";
import { plainSchedules } from "../../local/memory/plain.ts";
import { memorySections } from "../../local/memory/sections.ts";
import { sqliteSchedules } from "../../local/schedule-store.ts";
import { scheduleStoreLaws } from "./schedule-store.laws.ts";

const open: Database[] = [];
afterAll(() => Promise.all(open.map((database) => database.close())));

scheduleStoreLaws("sqlite", async () => {
  const database = openDatabase({ kind: "temporary" });
  open.push(database);
  return sqliteSchedules(database);
});
scheduleStoreLaws("plain", async () => plainSchedules());
scheduleStoreLaws("memory", async () => memorySchedules(memorySections()));
