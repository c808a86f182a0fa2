import pg from "pg";
import type { BufferCache } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import { quoted, type CachedRelation } from "../core/warm/buffer-cache.ts";

/** Where an instance is, and as whom to come. `connectionString` as libpq has it, without a password where PGPASSWORD has one. */
export type Instance = { readonly id: string; readonly connectionString: string; readonly connectMs: number };

/** PostgreSQL's own codes (15, Appendix A) for a statement that was stopped at its time. */
const QUERY_CANCELED = "57014";

/**
 * The buffer cache of one instance, asked at its own endpoint: a cluster's reader endpoint leads to any of them. Needs the extensions
 * pg_buffercache and pg_prewarm. One connection, which takes part in no pool of the platform's. Throws CalltimeError `database-unreachable`.
 */
export async function postgresCache({ id, connectionString, connectMs }: Instance): Promise<BufferCache & { close(): Promise<void> }> {
  const client = new pg.Client({ connectionString, application_name: "calltime-warmer", connectionTimeoutMillis: connectMs });
  // A connection that breaks while nothing is asked would end the process; the next question tells of it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    // Whatever is asked, the server writes nothing.
    await client.query("SET default_transaction_read_only = on");
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new CalltimeError(
      "database-unreachable",
      `${id}: ${messageOf(error)}; right would be the endpoint of an instance and a role that may connect`,
      {
        cause: error,
      },
    );
  }

  async function within<T>(what: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    try {
      await client.query("SELECT set_config('statement_timeout', $1, false)", [String(Math.max(1, Math.ceil(timeoutMs)))]);
      return await work();
    } catch (error) {
      if (codeOf(error) === QUERY_CANCELED) {
        throw new CalltimeError("cache-timeout", `${id}: ${what} was not done within ${Math.ceil(timeoutMs)} ms`, { cause: error });
      }
      throw new CalltimeError("cache-refused", `${id}: ${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  return {
    cached: async (relations) => {
      const { rows } = await within("measuring", MEASURE_MS, () => client.query<Row>(CACHED, [relations.map(quoted)]));
      const missing = rows.filter(({ blocks }) => blocks === null).map(({ name }) => name);
      if (missing.length > 0) {
        const right = "right would be a table or an index that the role may see";
        throw new CalltimeError("relation-unknown", `${id}: there is no ${missing.join(", no ")}; ${right}`);
      }
      const found = new Map(rows.map((row) => [row.name, row]));
      return relations.map((relation): CachedRelation => {
        const row = found.get(quoted(relation));
        return { relation, blocks: Number(row?.blocks ?? 0), cachedBlocks: Number(row?.cached ?? 0) };
      });
    },
    readBlocks: async (relation, first, last, timeoutMs) => {
      const name = quoted(relation);
      await within(`reading ${name}`, timeoutMs, () =>
        client.query("SELECT pg_prewarm($1::regclass, 'buffer', 'main', $2, $3)", [name, first, last]),
      );
    },
    ask: async (statement, timeoutMs) => {
      await within(`asking ${JSON.stringify(statement)}`, timeoutMs, async () => {
        // A transaction that began to read cannot be made to write; a cursor takes one question only, and MOVE answers it without sending a row.
        await client.query("BEGIN TRANSACTION READ ONLY");
        try {
          await client.query("SET LOCAL cursor_tuple_fraction = 1");
          await client.query(`DECLARE asked NO SCROLL CURSOR FOR ${statement}`);
          await client.query("MOVE FORWARD ALL IN asked");
        } finally {
          await client.query("ROLLBACK");
        }
      });
    },
    close: () => client.end(),
  };
}

// A look at every buffer of a large cache takes seconds.
const MEASURE_MS = 60_000;

type Row = { readonly name: string; readonly blocks: string | null; readonly cached: string };

// A relation's file is known by its tablespace, database and file node; fork 0 holds its rows.
const CACHED = `
  SELECT wanted.name,
         pg_relation_size(to_regclass(wanted.name)) / current_setting('block_size')::bigint AS blocks,
         (SELECT count(*) FROM pg_buffercache buffer
           WHERE buffer.relfilenode = pg_relation_filenode(to_regclass(wanted.name))
             AND buffer.reldatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
             AND buffer.relforknumber = 0) AS cached
    FROM unnest($1::text[]) AS wanted (name)`;

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  // A connection that was tried at several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
