import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { BufferCache } from "../../shared/app/ports.ts";
import { warmDatabase, type DatabaseOrder } from "../../shared/app/warm-database.ts";
import { dataApiCache } from "../../shared/aws/data-api-cache.ts";
import { CACHE_BUDGET, cachedShare, quoted, readOnlyStatement, relationOf, BLOCK_BYTES } from "../../shared/core/warm/buffer-cache.ts";
import { postgresCache } from "../../shared/database/postgres-cache.ts";
import { MACHINE_PACE } from "../../shared/app/ports/machine-pace.ts";
import { calltime } from "../cli/calltime.ts";
import { freePort } from "../../bench/edges/cache-servers.ts";
import { describeWithPrograms } from "../programs.ts";
import { dataApiBefore } from "./data-api.ts";
import { POSTGRES, startPostgres, type Postgres } from "../../bench/database/postgres.ts";

const MEBIBYTE = 1024 * 1024;
const ROWS = 1_300_000;
const TABLE = relationOf("programme");
const INDEX = relationOf("programme_pkey");

describeWithPrograms("the buffer cache of a PostgreSQL with a table of half a gigabyte", POSTGRES, () => {
  let postgres: Postgres;
  let cache: Awaited<ReturnType<typeof postgresCache>>;
  const connected = () => postgresCache({ id: "writer", connectionString: postgres.connectionString, connectMs: 5_000 });

  beforeAll(async () => {
    postgres = await startPostgres(await freePort(), "1GB");
    await postgres.run("CREATE SEQUENCE visits");
    await postgres.run("CREATE EXTENSION pg_prewarm; CREATE EXTENSION pg_buffercache");
    await postgres.run(`CREATE UNLOGGED TABLE programme AS
      SELECT g AS id, repeat(md5(g::text), 12) AS description FROM generate_series(1, ${ROWS}) AS g`);
    await postgres.run("ALTER TABLE programme ADD PRIMARY KEY (id)");
    await postgres.coldStart();
    cache = await connected();
  }, 120_000);
  afterAll(async () => {
    await cache.close();
    await postgres.stop();
  });

  const place = { instanceId: "writer", clusterArn: "arn", secretArn: "arn", database: "postgres" };
  const throughDataApi = () => dataApiCache(dataApiBefore(postgres.connectionString), place, MACHINE_PACE);
  const ways: readonly [how: string, cacheOf: () => BufferCache][] = [
    ["over a connection", () => cache],
    ["through the Data API", throughDataApi],
  ];

  const order = (changes: Partial<DatabaseOrder> = {}): DatabaseOrder => ({
    instanceId: "writer",
    relations: [TABLE, INDEX],
    statements: ["SELECT description FROM programme WHERE id BETWEEN 1000 AND 2000"],
    budget: CACHE_BUDGET,
    ...changes,
  });

  /** Milliseconds of the first question that a viewer would ask: a thousand programmes all over the table. */
  async function firstQuestionMs(): Promise<number> {
    const began = performance.now();
    await postgres.run(
      `SELECT sum(length(description)) FROM programme WHERE id IN (SELECT (g * 1299) % ${ROWS} FROM generate_series(1, 1000) AS g)`,
    );
    return performance.now() - began;
  }

  test.each(ways)(
    "%s it is cold after a start, warm afterwards, and a second call reads nothing",
    async (_, cacheOf) => {
      await cache.close();
      await postgres.coldStart();
      cache = await connected();
      const coldMs = await firstQuestionMs();
      await cache.close();
      await postgres.coldStart();
      cache = await connected();
      const report = await warmDatabase({ cache: cacheOf(), pace: MACHINE_PACE }, order());
      const [table] = report.after;
      expect((table?.blocks ?? 0) * BLOCK_BYTES).toBeGreaterThan(500 * MEBIBYTE);
      expect(cachedShare(report.before)).toBeLessThan(0.01);
      expect(cachedShare(report.after)).toBeGreaterThan(0.99);
      expect(report).toMatchObject({ state: "warm", failures: [] });
      const warmMs = await firstQuestionMs();
      expect(warmMs).toBeLessThan(coldMs);
      expect(await warmDatabase({ cache: cacheOf(), pace: MACHINE_PACE }, order())).toMatchObject({ state: "warm", bytes: 0 });
    },
    60_000,
  );

  test("what a budget of bytes leaves out is said, and not one block more is read", async () => {
    await cache.close();
    await postgres.coldStart();
    cache = await connected();
    const report = await warmDatabase({ cache, pace: MACHINE_PACE }, order({ budget: { ...CACHE_BUDGET, bytes: 100 * MEBIBYTE } }));
    expect(report.bytes).toBeLessThanOrEqual(100 * MEBIBYTE);
    expect(report).toMatchObject({ state: "partly", failures: [{ code: "cache-over-budget" }, { code: "cache-over-budget" }] });
    const cached = report.after.reduce((sum, { cachedBlocks }) => sum + cachedBlocks, 0);
    expect(cached).toBeGreaterThan(0.9 * (report.bytes / BLOCK_BYTES));
  });

  test.each(ways)("%s a budget of time ends it, and a statement that takes longer than one may is stopped", async (_, cacheOf) => {
    const cache = cacheOf();
    const slow = order({ relations: [], statements: ["SELECT pg_sleep(30)"], budget: { ...CACHE_BUDGET, statementMs: 200 } });
    const report = await warmDatabase({ cache, pace: MACHINE_PACE }, slow);
    expect(report).toMatchObject({ state: "partly", failures: [{ what: "SELECT pg_sleep(30)", code: "cache-timeout" }] });
    expect(report.tookMs).toBeLessThan(5_000);
    const none = await warmDatabase({ cache, pace: MACHINE_PACE }, order({ budget: { ...CACHE_BUDGET, timeMs: 0 } }));
    expect(none.failures.every(({ code }) => code === "cache-out-of-time")).toBe(true);
  });

  test.each(ways)("%s the server writes nothing, whatever gets past the first look", async (_, cacheOf) => {
    const cache = cacheOf();
    for (const statement of [
      "DELETE FROM programme",
      "WITH gone AS (DELETE FROM programme RETURNING 1) SELECT * FROM gone",
      "SELECT 1; DROP TABLE programme",
    ]) {
      await expect(cache.ask(statement, 1_000)).rejects.toMatchObject({ code: "cache-refused" });
    }
    // The server takes this for a question; only a transaction that may not write keeps it from writing.
    await expect(cache.ask("SELECT setval('visits', 7)", 1_000)).rejects.toMatchObject({ code: "cache-refused" });
    expect(await postgres.run("SELECT last_value::int AS visits FROM visits")).toEqual([{ visits: 1 }]);
    expect(await postgres.run("SELECT count(*)::int AS rows FROM programme")).toEqual([{ rows: ROWS }]);
    // And it is of use afterwards.
    await cache.ask("SELECT 1", 1_000);
  });

  test.each(ways)("%s a relation that is not there is named", async (_, cacheOf) => {
    const cache = cacheOf();
    await expect(cache.cached([TABLE, relationOf("guide.nowhere")])).rejects.toMatchObject({
      code: "relation-unknown",
      message: expect.stringContaining('there is no "guide"."nowhere"') as string,
    });
  });

  test("the command tells what is in memory before and after, and one instance out of reach keeps no other cold", async () => {
    const nowhere = { id: "reader-1", url: "postgres://me@127.0.0.1:1/db" };
    const here = { id: "writer", url: postgres.connectionString };
    const file = join(mkdtempSync(join(tmpdir(), "calltime-databases-")), "databases.json");
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    // YAML reads JSON too.
    writeFileSync(file, JSON.stringify({ databases: [{ id: "catalogue", instances: [here, nowhere], relations: ["programme_pkey"] }] }));
    const { code, stdout } = await calltime("database", "warm", file);
    expect(stdout).toMatch(/^writer: warm; \d+ % of the hot blocks cached before, \d+ % now; [\d,]+ bytes read in \d+\.\d s\n/);
    expect(stdout).toContain('  "public"."programme_pkey": ');
    expect(stdout).toContain("reader-1: not warmed: reader-1: connect ECONNREFUSED 127.0.0.1:1");
    expect(code).toBe(1);
    const only = await calltime("database", "warm", file, "--instance", "writer", "--json");
    expect([only.code, JSON.parse(only.stdout)]).toMatchObject([0, [{ instanceId: "writer", state: "warm", bytes: 0 }]]);
    expect((await calltime("database", "warm", file, "--instance", "other")).stderr).toContain("right would be one of writer, reader-1");
  });

  test("an instance that cannot be reached says so, without its password", async () => {
    const nowhere = { id: "reader-1", connectionString: "postgres://me:secret@127.0.0.1:1/db", connectMs: 1_000 };
    const failure = await postgresCache(nowhere).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "database-unreachable", message: expect.stringMatching(/^reader-1: /) as string });
    expect(String(failure)).not.toContain("secret");
  });
});

test.each([
  ["programme", '"public"."programme"'],
  ["guide.Programme_2", '"guide"."Programme_2"'],
  ["guide.årets_program", '"guide"."årets_program"'],
])("%s is a relation", (written, sql) => {
  expect(quoted(relationOf(written))).toBe(sql);
});

test.each(['x"; DROP TABLE programme; --', "a.b.c", "", ".", "1st", "a b", "x'", "ä".repeat(64), "a\0b"])(
  "%j is refused as a relation",
  (written) => {
    expect(() => relationOf(written)).toThrow(expect.objectContaining({ code: "relation-invalid" }));
  },
);

test.each([
  "SELECT 1",
  "select 'DROP TABLE x; -- all of it' AS said;",
  'WITH "delete" AS (SELECT 1) SELECT * FROM "delete"',
  "TABLE programme",
  "SELECT $$ update $$",
])("%j only reads", (statement) => {
  expect(readOnlyStatement(statement)).toBe(statement.replace(/;$/, ""));
});

test.each([
  ["DELETE FROM programme", "it is no question"],
  ["WITH gone AS (DELETE FROM x RETURNING 1) SELECT 1", "it has the word DELETE"],
  ["SELECT 1; DROP TABLE x", "it is more than one statement"],
  ["SELECT 1 /* DROP */", "it has a comment"],
  ["SELECT 1 INTO x", "it has the word INTO"],
  ["SELECT set_config('a.b', 'c', false)", "it has the word SET_CONFIG"],
  ["SELECT 1 FROM x FOR UPDATE", "it has the word UPDATE"],
  ["EXPLAIN ANALYZE DELETE FROM x", "it is no question"],
  ["", "it is no question"],
])("%j is refused", (statement, why) => {
  expect(() => readOnlyStatement(statement)).toThrow(why);
});
