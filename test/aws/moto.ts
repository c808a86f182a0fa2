import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { describeWithPrograms } from "../programs.ts";

/** Settings that any client of the SDK takes: where the emulator is, a key that opens nothing, and one try, so that a gap shows at once. */
export type ClientSettings = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: 1;
  /** Of S3: the emulator has no host names for buckets. */
  readonly forcePathStyle: true;
  /** Of CloudWatch: the emulator unpacks what is packed twice. */
  readonly disableRequestCompression: true;
};

/** An emulated AWS of one test file: empty before each test, account 123456789012. */
export type Moto = {
  /** `http://127.0.0.1:PORT`; only inside a test or a hook. */
  endpoint(): string;
  /** For `new XClient(moto.client())`; Region eu-west-1 where nothing else is asked for. */
  client(region?: string): ClientSettings;
};

const PROGRAM = { commands: ["moto_server"], from: "moto with pip: pip install 'moto[server]==5.2.1'" };
const REGION = "eu-west-1";
/** It takes a second; a machine that runs everything at once takes longer. */
const MOST_START_MS = 60_000;
/** A law asks it some thousand times. */
const MOST_TEST_MS = 120_000;

/** Tests over an emulated AWS, a server of their own. Where it is not installed they are skipped by name; with `CI` set that is a failure. */
export function describeWithMoto(title: string, body: (moto: Moto) => void): void {
  const patiently = (name: string, tests: () => void): void => void describe(name, { timeout: MOST_TEST_MS }, tests);
  const withServer = (): void => {
    let server: Server | undefined;
    beforeAll(async () => {
      server = await startServer();
    }, MOST_START_MS);
    beforeEach(async () => {
      await fetch(`${endpoint()}/moto-api/reset`, { method: "POST" });
    });
    afterAll(() => server?.stop());

    const endpoint = (): string => {
      if (server === undefined) throw new Error("the emulator is up only while tests run: ask for it inside a test or a hook");
      return server.endpoint;
    };
    body({
      endpoint,
      client: (region = REGION) => ({
        endpoint: endpoint(),
        region,
        credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
        maxAttempts: 1,
        forcePathStyle: true,
        disableRequestCompression: true,
      }),
    });
  };
  describeWithPrograms(title, PROGRAM, withServer, patiently);
}

type Server = { readonly endpoint: string; readonly stop: () => Promise<void> };

/** A server on a port that it chooses itself, so that no two ever meet. */
async function startServer(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "calltime-moto-"));
  // To a file: it writes a line a request, and a pipe that nobody reads would stop it.
  const log = join(folder, "log");
  const said = openSync(log, "w");
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", said, said] });
  closeSync(said);
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const stop = async (): Promise<void> => {
    process.off("exit", endWithUs);
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { endpoint: await addressIn(log, child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address that the server has written into its log. Throws with what it wrote when it ended or says nothing. */
async function addressIn(log: string, child: ChildProcess): Promise<string> {
  let failure = "";
  child.once("error", (error) => (failure = error.message));
  const until = performance.now() + MOST_START_MS;
  while (performance.now() < until && child.exitCode === null && failure === "") {
    const address = /Running on (http:\/\/[\d.]+:\d+)/.exec(readFileSync(log, "utf8"))?.[1];
    if (address !== undefined) return address;
    await sleep(20);
  }
  throw new Error(`moto_server did not start: ${failure}${readFileSync(log, "utf8")}`);
}

/** Kills the server and waits until it is gone: it has nothing to save. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
