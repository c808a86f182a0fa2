import type { BufferCache } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import { cachedQuery, cachedRelations, MEASURE_MS, quoted } from "../core/warm/buffer-cache.ts";

/** Where an instance is, and as whom to come. `connectionString` as libpq has it, without a password where PGPASSWORD has one. */
export type Instance = { readonly id: string; readonly connectionString: string; readonly connectMs: number };

/** PostgreSQL's own codes (15, Appendix A) for a statement that was stopped at its time. */
const QUERY_CANCELED = "57014";

/**
 * The buffer cache of one instance, asked at its own endpoint: a cluster's reader endpoint leads to any of them. Needs the extensions
 * pg_buffercache and pg_prewarm. One connection, which takes part in no pool of the platform's. Throws CalltimeError `database-unreachable`.
 */
export async function postgresCache({ id, connectionString, connectMs }: Instance): Promise<BufferCache & { close(): Promise<void> }> {
  // When there is a database to warm: a function that starts for a programme without one does not make the driver.
  const { default: pg } = await import("pg");
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
      const counted = rows.map(({ name, blocks, cached }) => ({
        name,
        blocks: blocks === null ? undefined : Number(blocks),
        cached: Number(cached),
      }));
      return cachedRelations(id, relations, counted);
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

type Row = { readonly name: string; readonly blocks: string | null; readonly cached: string };

const CACHED = cachedQuery("$1::text[]");

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  // A connection that was tried at several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
