import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase, prepareStore } from "../../local/database.ts";
import { sqliteDocumentStore } from "../../local/document-store.ts";
import { memoryDocumentStore } from "../../local/memory/document-store.ts";
import { memorySchedules } from "../../local/memory/schedule-store.ts";
import { MIGRATIONS } from "../../local/migrations.ts";
import { minuteLog } from "../../local/minute-log.ts";
import { runState } from "../../local/run-state.ts";
import { sqliteSchedules } from "../../local/schedule-store.ts";
import { scheduleReader } from "../../shared/app/schedules.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { scheduleInForce } from "../schedules.ts";

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "calltime-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const storeOf = (path: string) => join(path, "calltime.sqlite");
const open = (path: string) => openDatabase({ kind: "directory", path });
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

test("a store is found again as it was left, in a directory made for it", async () => {
  const path = join(directory(), "made", "for-it");
  const first = open(path);
  await sqliteDocumentStore(first).write("plans/web", { units: 4 }, 0);
  await first.close();
  const second = open(path);
  expect(await sqliteDocumentStore(second).read("plans/web")).toEqual({ value: { units: 4 }, version: 1 });
  await second.close();
});

test("the store survives power loss by setting: write-ahead log, synced at every commit", async () => {
  const database = openDatabase({ kind: "temporary" });
  expect(database.sql.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  expect(database.sql.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  await database.close();
});

test("a temporary store leaves nothing behind, and closing twice is harmless", async () => {
  const database = openDatabase({ kind: "temporary" });
  expect(existsSync(database.directory ?? "")).toBe(true);
  await database.close();
  await database.close();
  expect(existsSync(database.directory ?? "")).toBe(false);
});

test("a store in use is refused to a second opener, with the process that has it, and free once it is closed", async () => {
  const path = directory();
  const first = open(path);
  expect(() => open(path)).toThrow(
    expect.objectContaining({ code: "store-locked", message: expect.stringContaining(`process ${process.pid}`) as string }),
  );
  await first.close();
  await open(path).close();
});

test("what is no SQLite file, another program's, damaged or in a bad place is refused and left as it was", () => {
  const path = directory();
  writeFileSync(storeOf(path), "this is a shopping list ".repeat(100));
  expect(() => open(path)).toThrow(code("store-unreadable"));
  expect(readFileSync(storeOf(path), "utf8")).toMatch(/^this is a shopping list/);

  const foreign = directory();
  const other = new DatabaseSync(storeOf(foreign));
  other.exec("CREATE TABLE recipe (name TEXT)");
  other.close();
  const before = readFileSync(storeOf(foreign));
  expect(() => open(foreign)).toThrow(
    expect.objectContaining({ code: "store-unreadable", message: expect.stringContaining("another program") as string }),
  );
  expect(readFileSync(storeOf(foreign)).equals(before)).toBe(true);

  expect(() => open(storeOf(foreign))).toThrow(code("store-unreadable"));
  const taken = directory();
  mkdirSync(storeOf(taken));
  expect(() => open(taken)).toThrow(code("store-unreadable"));
});

test("a store with a damaged page is refused when it is opened, not when it is read at 20:44", async () => {
  const path = directory();
  const database = open(path);
  const documents = sqliteDocumentStore(database);
  for (let index = 0; index < 200; index += 1) await documents.write(`cues/${index}`, "x".repeat(500), 0);
  await database.close();
  const bytes = readFileSync(storeOf(path));
  for (let at = 12 * 4096; at < bytes.length; at += 4096) bytes.fill(0xff, at, at + 4096);
  writeFileSync(storeOf(path), bytes);
  expect(() => open(path)).toThrow(code("store-unreadable"));
});

test("a store that a later Calltime wrote is refused and left as it was", async () => {
  const path = directory();
  await open(path).close();
  const sql = new DatabaseSync(storeOf(path));
  sql.exec(`UPDATE schema_version SET version = ${MIGRATIONS.length + 1}`);
  sql.close();
  const before = readFileSync(storeOf(path));
  expect(() => open(path)).toThrow(
    expect.objectContaining({ code: "store-newer", message: expect.stringContaining(`${MIGRATIONS.length + 1}`) as string }),
  );
  expect(readFileSync(storeOf(path)).equals(before)).toBe(true);
});

test("an older store runs just the steps it has not run, in order, and all of them or none", () => {
  const sql = new DatabaseSync(":memory:");
  const steps = ["CREATE TABLE step (n INTEGER)", "INSERT INTO step VALUES (2)", "INSERT INTO step VALUES (3)"];
  const ran = () =>
    sql
      .prepare("SELECT n FROM step")
      .all()
      .map((row) => row["n"]);
  const version = () => sql.prepare("SELECT version FROM schema_version").get()?.["version"];
  prepareStore(sql, "store", steps.slice(0, 1));
  expect([ran(), version()]).toEqual([[], 1]);
  prepareStore(sql, "store", steps.slice(0, 2));
  expect([ran(), version()]).toEqual([[2], 2]);
  expect(() => prepareStore(sql, "store", [...steps, "no SQL"])).toThrow("syntax error");
  expect([ran(), version(), sql.isTransaction]).toEqual([[2], 2, false]);
  prepareStore(sql, "store", steps);
  prepareStore(sql, "store", steps);
  expect([ran(), version()]).toEqual([[2, 3], 3]);
  sql.close();
});

test("what all ports wrote in one transaction is kept together, or undone together in store and memory alike", async () => {
  const database = openDatabase({ kind: "memory" });
  const ports = {
    kept: sqliteDocumentStore(database),
    light: memoryDocumentStore(database),
    guides: sqliteSchedules(database).schedules,
    lightGuides: memorySchedules(database).schedules,
    minutes: minuteLog(database),
    run: runState(database),
  };
  const generation = { feedId: "guide", generation: 1, publishedAtMs: 1, contentHash: "h" };
  const write = async () => {
    await ports.kept.write("a", 1, 0);
    await ports.light.write("a", 1, 0);
    await ports.guides.publish(generation);
    await ports.lightGuides.publish(generation);
    await ports.minutes.append(MINUTE_MS, "web", { units: 1 });
    await ports.run.write("tick", 1);
  };
  const found = async () => [
    await ports.kept.read("a"),
    await ports.light.read("a"),
    await ports.guides.current("guide"),
    await ports.lightGuides.current("guide"),
    (await ports.minutes.range(0, 2 * MINUTE_MS))[0],
    await ports.run.read("tick"),
  ];
  const undone = database.transaction(async () => {
    await write();
    expect(await found()).not.toContain(undefined);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect(await found()).toEqual(Array.from({ length: 6 }, () => undefined));
  await database.transaction(write);
  expect(await found()).not.toContain(undefined);
  await database.close();
});

test("the schedules of an older store, each kept whole, read back as they were, and are chunks from then on", async () => {
  const path = directory();
  const sql = new DatabaseSync(storeOf(path));
  prepareStore(sql, "store", MIGRATIONS.slice(0, 2));
  const slot = { channelId: "one", categories: ["News"], live: false, startsAtMs: 1_767_200_400_000, endsAtMs: 1_767_204_000_000 };
  const schedules = ["first", "second"].map((title) => ({
    channels: [{ id: "one", name: "One" }],
    programmes: [{ id: title, title, ...slot }],
  }));
  const insert = sql.prepare("INSERT INTO schedule VALUES (?, ?, ?, ?, ?, ?)");
  for (const [index, schedule] of schedules.entries()) {
    const json = JSON.stringify(schedule);
    insert.run("guide", index + 1, 100 * index, "old", createHash("sha256").update(json).digest("hex"), zstdCompressSync(json));
  }
  sql.close();
  const database = open(path);
  const stores = sqliteSchedules(database);
  expect(await scheduleInForce(stores, "guide")).toEqual(schedules[1]);
  const first = await stores.schedules.inForceAt("guide", 99);
  expect(first).toMatchObject({ generation: 1, publishedAtMs: 0 });
  expect(first && (await scheduleReader(stores.chunks)(first))).toEqual(schedules[0]);
  await database.close();
});

test("a transaction that the disk undid keeps nothing of what came after, and says so", async () => {
  const database = openDatabase({ kind: "memory" });
  const documents = sqliteDocumentStore(database);
  const tick = database.transaction(async () => {
    await documents.write("before", 1, 0);
    database.sql.exec("ROLLBACK"); // As SQLite does by itself when the disk is full.
    await documents.write("after", 1, 0).catch(() => undefined);
  });
  await expect(tick).rejects.toMatchObject({ code: "store-unwritable" });
  expect(await documents.list("")).toEqual([]);
  await documents.write("next", 1, 0);
  await database.close();
});

test("a full disk is a clear error, and the tick is undone", async () => {
  const database = openDatabase({ kind: "temporary" });
  const documents = sqliteDocumentStore(database);
  await documents.write("kept", 1, 0);
  database.sql.exec("PRAGMA max_page_count = 30");
  const tick = database.transaction(async () => {
    for (let index = 0; index < 50; index += 1) await documents.write(`large/${index}`, "x".repeat(10_000), 0);
  });
  await expect(tick).rejects.toMatchObject({ code: "store-unwritable", message: expect.stringContaining("full") as string });
  expect((await documents.list("")).map(({ key }) => key)).toEqual(["kept"]);
  await database.close();
});

test("a closed store says so, and a section cannot close the store under itself", async () => {
  const database = openDatabase({ kind: "memory" });
  const documents = sqliteDocumentStore(database);
  await expect(database.exclusively(() => database.close())).rejects.toMatchObject({ code: "store-in-use" });
  await database.close();
  await expect(documents.read("a")).rejects.toMatchObject({ code: "store-closed" });
  await expect(database.transaction(() => undefined)).rejects.toMatchObject({ code: "store-closed" });
});

test("the minute log notes each minute of each target once, and reads [from, to) by minute and target", async () => {
  const database = openDatabase({ kind: "memory" });
  const log = minuteLog(database);
  for (const minute of [2, 1, 3]) {
    for (const targetId of ["web", "db"]) expect(await log.append(minute * MINUTE_MS, targetId, { minute })).toBe("written");
  }
  expect(await log.append(MINUTE_MS, "web", { minute: "again" })).toBe("already");
  const entry = (minute: number, targetId: string) => ({ minuteMs: minute * MINUTE_MS, targetId, record: { minute } });
  expect(await log.range(MINUTE_MS, 3 * MINUTE_MS)).toEqual([entry(1, "db"), entry(1, "web"), entry(2, "db"), entry(2, "web")]);
  expect(await log.range(2 * MINUTE_MS, 9 * MINUTE_MS, "web")).toEqual([entry(2, "web"), entry(3, "web")]);
  expect(await log.range(MINUTE_MS, MINUTE_MS)).toEqual([]);
  await expect(log.append(MINUTE_MS + 1, "web", 1)).rejects.toMatchObject({ code: "minute-not-whole" });
  await database.close();
});

test("the data directory and the store in it are their owner's alone", async () => {
  const path = join(directory(), "data");
  const database = open(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  await database.close();
});

test("a second process on one directory is refused with the number of the first", () => {
  const path = directory();
  const database = open(path);
  const script = `import { openDatabase } from ${JSON.stringify(new URL("../../local/database.ts", import.meta.url).href)};
    try { openDatabase({ kind: "directory", path: process.argv[1] }); console.log("opened"); } catch (error) { console.log(error.code, error.message); }`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", script, path], { encoding: "utf8" });
  expect(said).toMatch(new RegExp(`^store-locked .*process ${process.pid} has this store open`));
  return database.close();
});
