import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type Field,
  type RDSDataClient,
  type SqlParameter,
} from "@aws-sdk/client-rds-data";
import type { BufferCache, Pace } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import { cachedQuery, cachedRelations, MEASURE_MS, quoted } from "../core/warm/buffer-cache.ts";

/** Where the Data API asks, and as whom. */
export type DataApiPlace = {
  /** The instance that answers: the Data API always asks the writer. */
  readonly instanceId: string;
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
};

// A call of the Data API is ended after 45 seconds, whatever the statement may take.
const LONGEST_MS = 40_000;
// A cluster that had gone to sleep is up again in 15 to 30 seconds.
const RESUMING_WAIT_MS = 2_000;
const RESUMING_TRIES = 20;

/**
 * The buffer cache of the writer of an Aurora cluster, asked through the RDS Data API: no connection, and no place in its network. Each
 * question is a transaction of its own that may not write and is rolled back. Needs the extensions pg_buffercache and pg_prewarm.
 */
export function dataApiCache(client: RDSDataClient, place: DataApiPlace, pace: Pace): BufferCache {
  const { instanceId, clusterArn: resourceArn, secretArn, database } = place;

  async function begun(): Promise<string | undefined> {
    for (let nth = 1; ; nth += 1) {
      try {
        return (await client.send(new BeginTransactionCommand({ resourceArn, secretArn, database }))).transactionId;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "DatabaseResumingException" || nth === RESUMING_TRIES) throw error;
        await pace.wait(RESUMING_WAIT_MS);
      }
    }
  }

  type Ask = (sql: string, parameters?: Readonly<Record<string, string | number>>) => Promise<readonly (readonly Field[])[]>;

  async function within<T>(what: string, timeoutMs: number, work: (ask: Ask) => Promise<T>): Promise<T> {
    const mostMs = Math.max(1, Math.min(LONGEST_MS, Math.ceil(timeoutMs)));
    let transactionId: string | undefined;
    try {
      transactionId = await begun();
      const ask: Ask = async (sql, parameters = {}) => {
        const named = Object.entries(parameters).map(parameterOf);
        const command = new ExecuteStatementCommand({ resourceArn, secretArn, database, transactionId, sql, parameters: named });
        return (await client.send(command)).records ?? [];
      };
      await ask("SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', :most, true)", {
        most: String(mostMs),
      });
      return await work(ask);
    } catch (error) {
      if (isTimeout(error))
        throw new CalltimeError("cache-timeout", `${instanceId}: ${what} was not done within ${mostMs} ms`, { cause: error });
      const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new CalltimeError("cache-refused", `${instanceId}: ${what}: ${said}`, { cause: error });
    } finally {
      // What is not rolled back ends by itself after three minutes.
      if (transactionId !== undefined)
        await client.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId })).catch(() => undefined);
    }
  }

  return {
    cached: async (relations) => {
      if (relations.length === 0) return [];
      // The Data API takes no arrays. No name has a line break in it.
      const names = relations.map(quoted).join("\n");
      const rows = await within("measuring", MEASURE_MS, (ask) => ask(cachedQuery("string_to_array(:names, chr(10))"), { names }));
      const counted = rows.map(([name, blocks, cached]) => ({
        name: name?.stringValue ?? "",
        blocks: blocks?.longValue,
        cached: cached?.longValue ?? 0,
      }));
      return cachedRelations(instanceId, relations, counted);
    },
    readBlocks: async (relation, first, last, timeoutMs) => {
      const name = quoted(relation);
      await within(`reading ${name}`, timeoutMs, (ask) =>
        ask("SELECT pg_prewarm(CAST(:name AS regclass), 'buffer', 'main', :first, :last)", { name, first, last }),
      );
    },
    ask: async (statement, timeoutMs) => {
      await within(`asking ${JSON.stringify(statement)}`, timeoutMs, async (ask) => {
        await ask("SELECT set_config('cursor_tuple_fraction', '1', true)");
        // A cursor takes one question only, and MOVE answers it without sending a row.
        await ask(`DECLARE asked NO SCROLL CURSOR FOR ${statement}`);
        await ask("MOVE FORWARD ALL IN asked");
      });
    },
  };
}

function parameterOf([name, value]: readonly [string, string | number]): SqlParameter {
  return { name, value: typeof value === "number" ? { longValue: value } : { stringValue: value } };
}

/** By the Data API's own limit, or by the server's, which it hands on with PostgreSQL's code. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "StatementTimeoutException" || /SQLState: 57014/.test(error.message));
}
