import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CalltimeError } from "../shared/core/error.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";
import { sectionsOver, type Journal, type Sections } from "./sections.ts";

/** Where a store lives: a data directory that is kept, a fresh one that goes away when the store is closed, or memory alone. */
export type StorePlace =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "temporary" }
  | { readonly kind: "memory" };

/** The open store that all local ports share: what they write inside one `transaction` is kept or undone together. */
export type Database = Sections & {
  readonly sql: DatabaseSync;
  /** The data directory, or undefined in memory. */
  readonly directory: string | undefined;
  /** Waits for the running section, then closes the store and lets another process have it. Closing twice is harmless. */
  close(): Promise<void>;
};

const FILE = "calltime.sqlite";
const PID_FILE = "calltime.pid";
/** "Call" in ASCII: tells our store from any other SQLite file. */
const APPLICATION_ID = 0x43_61_6c_6c;
/** Primary result codes of SQLite, https://sqlite.org/rescode.html; the extended ones carry them in their low byte. */
const SQLITE_BUSY = 5;
/** Read-only, I/O error, damaged, disk full, cannot open: the disk's doing, not the caller's. */
const DISK_CODES: readonly (number | undefined)[] = [8, 10, 11, 13, 14];

/**
 * Opens the store, bringing an older one up to date. Throws `store-locked` when another process has it open, `store-newer` when a
 * later Calltime wrote it, and `store-unreadable` when it is damaged, not ours, or cannot be opened.
 */
export function openDatabase(place: StorePlace): Database {
  const directory = directoryOf(place);
  const file = directory === undefined ? ":memory:" : join(directory, FILE);
  const sql = openFile(file, directory);
  try {
    prepareStore(sql, file, MIGRATIONS);
    // Only names the holder in the other process's message: what locks is the file lock of SQLite, which a kill releases.
    if (directory !== undefined) writeFileSync(join(directory, PID_FILE), `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    sql.close();
    throw openingError(error, file, directory);
  }
  const sections = sectionsOver(journalOf(sql, file));
  const close = async (): Promise<void> => {
    if (sections.inside())
      throw new CalltimeError("store-in-use", `${file}: a section cannot close the store it runs in; close after it ended`);
    await sections.operation(() => {
      if (!sql.isOpen) return;
      // While the lock is still held: afterwards the file may already be another process's.
      if (directory !== undefined) rmSync(join(directory, PID_FILE), { force: true });
      sql.close();
      if (place.kind === "temporary" && directory !== undefined) rmSync(directory, { recursive: true, force: true });
    });
  };
  return { ...sections, sql, directory, close };
}

/** Brings a fresh or older store to version `migrations.length`. Exported for the tests of migrations alone. */
export function prepareStore(sql: DatabaseSync, file: string, migrations: readonly Migration[]): void {
  const applicationId = numberOf(sql, "PRAGMA application_id", "application_id");
  const tables = numberOf(sql, "SELECT count(*) AS n FROM sqlite_schema", "n");
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || tables !== 0)) {
    throw unreadable(file, "is an SQLite file of another program", "name a directory of Calltime's own");
  }
  const version = tables === 0 ? 0 : numberOf(sql, "SELECT version AS n FROM schema_version", "n");
  if (version > migrations.length) {
    throw new CalltimeError(
      "store-newer",
      `${file}: the store has schema version ${version}, this Calltime knows up to ${migrations.length}; run the Calltime that wrote it, or a later one`,
    );
  }
  const check = sql.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (check !== "ok") throw unreadable(file, `is damaged (${String(check)})`, "put back a copy, or start with another directory");
  sql.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  if (version === migrations.length) return;
  sql.exec("BEGIN IMMEDIATE");
  try {
    if (version === 0) {
      sql.exec(`PRAGMA application_id = ${APPLICATION_ID}; CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT`);
      sql.exec("INSERT INTO schema_version (version) VALUES (0)");
    }
    for (const step of migrations.slice(version)) {
      if (typeof step === "string") sql.exec(step);
      else step(sql);
    }
    sql.prepare("UPDATE schema_version SET version = ?").run(migrations.length);
    sql.exec("COMMIT");
  } catch (error) {
    sql.exec("ROLLBACK");
    throw error;
  }
}

function directoryOf(place: StorePlace): string | undefined {
  if (place.kind === "memory") return undefined;
  if (place.kind === "temporary") return mkdtempSync(join(tmpdir(), "calltime-"));
  try {
    mkdirSync(place.path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unreadable(place.path, "cannot be made a data directory", "name a directory that can be written", error);
  }
  return place.path;
}

function openFile(file: string, directory: string | undefined): DatabaseSync {
  try {
    const sql = new DatabaseSync(file);
    // From the first read on the file is locked for other processes until this one closes it or ends, however it ends.
    sql.exec("PRAGMA locking_mode = EXCLUSIVE");
    return sql;
  } catch (error) {
    throw openingError(error, file, directory);
  }
}

function openingError(error: unknown, file: string, directory: string | undefined): CalltimeError {
  if (error instanceof CalltimeError) return error;
  if (sqliteCode(error) === SQLITE_BUSY && directory !== undefined) {
    const holder = holderOf(directory);
    return new CalltimeError(
      "store-locked",
      `${directory}: ${holder === undefined ? "another process" : `process ${holder}`} has this store open; stop it, or name another directory`,
      { cause: error },
    );
  }
  return unreadable(file, `cannot be opened (${messageOf(error)})`, "put back a copy, or start with another directory", error);
}

function holderOf(directory: string): string | undefined {
  try {
    const pid = readFileSync(join(directory, PID_FILE), "utf8").trim();
    return /^\d+$/.test(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function journalOf(sql: DatabaseSync, file: string): Journal {
  return {
    begin: (depth) => sql.exec(depth === 0 ? "BEGIN IMMEDIATE" : `SAVEPOINT section_${depth}`),
    commit: (depth) => sql.exec(depth === 0 ? "COMMIT" : `RELEASE section_${depth}`),
    rollback: (depth) => {
      // A full disk can make SQLite roll back by itself: then there is nothing left to undo.
      if (sql.isOpen && sql.isTransaction) sql.exec(depth === 0 ? "ROLLBACK" : `ROLLBACK TO section_${depth}; RELEASE section_${depth}`);
    },
    check: () => {
      if (sql.isTransaction) return;
      throw new CalltimeError(
        "store-unwritable",
        `${file}: the running transaction was undone by SQLite; nothing of it is kept, run it again`,
      );
    },
    explain: (error) => {
      if (!sql.isOpen) return new CalltimeError("store-closed", `${file}: the store is closed; open it before using it`, { cause: error });
      if (!DISK_CODES.includes(sqliteCode(error))) return error;
      return new CalltimeError("store-unwritable", `${file}: ${messageOf(error)}; free space or rights on that disk, then run it again`, {
        cause: error,
      });
    },
  };
}

function unreadable(where: string, what: string, right: string, cause?: unknown): CalltimeError {
  return new CalltimeError("store-unreadable", `${where}: ${what}; ${right}`, { cause });
}

function numberOf(sql: DatabaseSync, query: string, column: string): number {
  const value = sql.prepare(query).get()?.[column];
  if (typeof value !== "number") throw new TypeError(`no number from: ${query}`);
  return value;
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
