import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Packaged } from "../../scripts/package/package.ts";
import type { Moto } from "../aws/moto.ts";

/** One function in a process of its own, kept between invocations as Lambda keeps it. */
export type Running = {
  /** Invokes it at an instant; what it throws is thrown with its code. */
  readonly invoke: (event: unknown, atMs: number) => Promise<unknown>;
  readonly stop: () => void;
};

/** What every function is told by Lambda itself, and where the emulated AWS is. */
export function lambdaEnvironment(moto: Moto): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = moto.client().credentials;
  const { region } = moto.client();
  return { AWS_ENDPOINT_URL: moto.endpoint(), AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

type Said = { readonly id: string; readonly result?: unknown; readonly failure?: { readonly code?: string; readonly message: string } };

const RUNTIME = fileURLToPath(new URL("runtime.mjs", import.meta.url));

/** Starts a packaged function; resolves when its bundle is imported. Its log goes to a file beside the bundle. */
export async function startFunction({ name, bundle }: Packaged, env: Readonly<Record<string, string>>, atMs: number): Promise<Running> {
  const log = openSync(join(dirname(bundle), `${name}.log`), "w");
  const child = fork(RUNTIME, {
    env: { ...env, E2E_BUNDLE: pathToFileURL(bundle).href, E2E_NOW_MS: String(atMs), PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const waiting = new Map<string, (said: Said) => void>();
  child.on("message", (said: Said) => waiting.get(said.id)?.(said));
  child.once("exit", (code) => {
    for (const [id, settle] of waiting)
      settle({ id, failure: { message: `${name} ended with ${String(code)}; its log is beside its bundle` } });
  });
  await answered(waiting, "ready");
  let invocations = 0;
  return {
    invoke: async (event, at) => {
      const id = String((invocations += 1));
      const answer = answered(waiting, id);
      send(child, { id, atMs: at, event, leftMs: 45_000 });
      return answer;
    },
    stop: () => child.kill("SIGKILL"),
  };
}

function send(child: ChildProcess, message: object): void {
  child.send(message);
}

async function answered(waiting: Map<string, (said: Said) => void>, id: string): Promise<unknown> {
  const said = await new Promise<Said>((resolve) => waiting.set(id, resolve));
  waiting.delete(id);
  if (said.failure !== undefined) throw Object.assign(new Error(said.failure.message), { code: said.failure.code });
  return said.result;
}
