import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

const BIN = process.env["CALLTIME_POSTGRES"] ?? "/usr/lib/postgresql/15/bin";

/** What it needs. */
export const POSTGRES = {
  commands: [join(BIN, "postgres")],
  from: "Debian's postgresql, or set CALLTIME_POSTGRES to the folder of its programs",
};

/** A PostgreSQL server of its own, on loopback. */
export type Postgres = {
  readonly connectionString: string;
  readonly run: (sql: string) => Promise<readonly Record<string, unknown>[]>;
  /** Stops it, has the machine forget what it read, and starts it again: its cache is empty and so is the machine's. */
  readonly coldStart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Starts an empty server whose buffer cache has `sharedBuffers`, as PostgreSQL writes it. */
export async function startPostgres(port: number, sharedBuffers: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "calltime-postgres-"));
  const data = join(folder, "data");
  // It refuses to run as root.
  const owner = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const as = { stdio: "ignore", ...owner } as const;
  execFileSync(join(BIN, "initdb"), ["-D", data, "-U", "calltime", "-A", "trust", "--no-sync", "--locale=C.UTF-8"], as);
  const settings = [
    `shared_buffers=${sharedBuffers}`,
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
  ];
  const connectionString = `postgres://calltime@127.0.0.1:${port}/postgres`;
  let server = start();

  function start() {
    const args = ["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${folder}`];
    return spawn(join(BIN, "postgres"), [...args, ...settings.flatMap((setting) => ["-c", setting])], as);
  }
  async function run(sql: string) {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return rows;
    } finally {
      await client.end();
    }
  }
  async function answering(): Promise<void> {
    const until = Date.now() + 30_000;
    for (;;) {
      try {
        await run("SELECT 1");
        return;
      } catch (error) {
        if (Date.now() > until || server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
  async function stop(): Promise<void> {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    // A fast stop: connections are closed, what is in memory is written.
    server.kill("SIGINT");
    await gone;
  }
  await answering();
  return {
    connectionString,
    run,
    coldStart: async () => {
      await stop();
      for (const name of readdirSync(join(data, "base"), { recursive: true, encoding: "utf8" })) {
        // GNU dd with nothing to copy: the pages of the file are let go.
        execFileSync("dd", [`if=${join(data, "base", name)}`, "iflag=nocache", "count=0", "status=none"], { stdio: "ignore" });
      }
      server = start();
      await answering();
    },
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idOf(flag: string): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}
