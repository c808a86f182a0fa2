import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import pg from "pg";
import { MACHINE_PACE } from "../shared/app/ports/machine-pace.ts";
import { warmDatabase, type DatabaseReport } from "../shared/app/warm-database.ts";
import { derive, uniform } from "../shared/core/simulate/seeded.ts";
import { CACHE_BUDGET, cachedShare, relationOf } from "../shared/core/warm/buffer-cache.ts";
import { postgresCache } from "../shared/database/postgres-cache.ts";
import { tableOf, type Asked, type WarmUp } from "./database/report.ts";
import { startPostgres, type Postgres } from "./database/postgres.ts";
import { freePort } from "./edges/cache-servers.ts";

const ROWS = 1_300_000;
const SHARED_BUFFERS = "1GB";
const ROUNDS = 5;
/** Programmes that one question asks for, all over the table: a page of a guide. */
const ASKED_FOR = 50;
/** Questions of a round after the first, over so many connections. */
const QUESTIONS = 400;
const CONNECTIONS = 8;
const SEED = derive(1, "bench/database");
const RELATIONS = ["programme", "programme_pkey"].map(relationOf);

type Round = {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly warmUp?: WarmUp;
};

/** The first question asked of a PostgreSQL after a start, and the next ones, cold and warmed: the cache is empty, and the machine's is too. */
export async function main(args: readonly string[]): Promise<void> {
  const [loadAverage] = loadavg();
  const postgres = await startPostgres(await freePort(), SHARED_BUFFERS);
  try {
    await postgres.run("CREATE EXTENSION pg_prewarm; CREATE EXTENSION pg_buffercache");
    await postgres.run(`CREATE UNLOGGED TABLE programme AS
      SELECT g AS id, repeat(md5(g::text), 12) AS description FROM generate_series(1, ${ROWS}) AS g`);
    await postgres.run("ALTER TABLE programme ADD PRIMARY KEY (id)");
    const [size] = await postgres.run("SELECT pg_relation_size('programme')::float8 + pg_relation_size('programme_pkey')::float8 AS bytes");
    const rounds: { readonly cold: Round; readonly warmed: Round }[] = [];
    for (let nth = 0; nth < ROUNDS; nth += 1)
      rounds.push({ cold: await round(postgres, nth, false), warmed: await round(postgres, nth, true) });
    const [version] = await postgres.run("SHOW server_version");
    const json = {
      date: new Date().toISOString(),
      node: process.version,
      cpu: cpus()[0]?.model,
      // Of the minute before: who else was at work on this machine.
      loadAverage,
      postgres: version?.["server_version"],
      SHARED_BUFFERS,
      bytes: size?.["bytes"],
      rows: ROWS,
      askedFor: ASKED_FOR,
      questions: QUESTIONS,
      connections: CONNECTIONS,
      cold: summary(rounds.map(({ cold }) => cold)),
      warmed: summary(rounds.map(({ warmed }) => warmed)),
      warmUps: rounds.flatMap(({ warmed }) => warmed.warmUp ?? []),
    };
    process.stdout.write(args.includes("--json") ? `${JSON.stringify(json, undefined, 2)}\n` : `${tableOf(json)}\n`);
    if (args.includes("--record"))
      writeFileSync(new URL("results/database.json", import.meta.url), `${JSON.stringify(json, undefined, 2)}\n`);
  } finally {
    await postgres.stop();
  }
}

async function round(postgres: Postgres, nth: number, warmed: boolean): Promise<Round> {
  await postgres.coldStart();
  const warmUp = warmed ? warmUpOf(await warmUpReport(postgres)) : undefined;
  const clients = Array.from({ length: CONNECTIONS }, () => new pg.Client({ connectionString: postgres.connectionString }));
  try {
    // Connected, as a pool is: what is measured is the question.
    await Promise.all(clients.map((client) => client.connect()));
    const [first] = clients;
    if (first === undefined) throw new RangeError("no connection");
    const firstMs = await asked(first, nth, 0);
    const next = clients.map(async (client, place) => {
      const took: number[] = [];
      for (let index = place + 1; index <= QUESTIONS; index += CONNECTIONS) took.push(await asked(client, nth, index));
      return took;
    });
    const sorted = (await Promise.all(next)).flat().toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
    return { firstMs, medianMs: at(0.5), p99Ms: at(0.99), ...(warmUp !== undefined && { warmUp }) };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function warmUpReport(postgres: Postgres): Promise<DatabaseReport> {
  const cache = await postgresCache({ id: "writer", connectionString: postgres.connectionString, connectMs: 5_000 });
  try {
    const order = { instanceId: "writer", relations: RELATIONS, statements: [], budget: CACHE_BUDGET };
    return await warmDatabase({ cache, pace: MACHINE_PACE }, order);
  } finally {
    await cache.close();
  }
}

function warmUpOf({ bytes, tookMs, before, after }: DatabaseReport): WarmUp {
  return { bytes, tookMs: Math.round(tookMs), before: cachedShare(before), after: cachedShare(after) };
}

/** Milliseconds of one question. The same ones are asked cold and warmed; no two of a round ask for the same programmes. */
async function asked(client: pg.Client, nth: number, index: number): Promise<number> {
  const ids = Array.from({ length: ASKED_FOR }, (_, place) => 1 + Math.floor(ROWS * uniform(SEED, nth, index, place)));
  const began = performance.now();
  await client.query("SELECT sum(length(description)) FROM programme WHERE id = ANY($1::int[])", [ids]);
  return performance.now() - began;
}

/** The middle of the rounds. */
function summary(rounds: readonly Round[]): Asked {
  const middle = (of: (round: Round) => number): number => {
    const sorted = rounds.map(of).toSorted((a, b) => a - b);
    return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 10) / 10;
  };
  return { firstMs: middle(({ firstMs }) => firstMs), medianMs: middle(({ medianMs }) => medianMs), p99Ms: middle(({ p99Ms }) => p99Ms) };
}
