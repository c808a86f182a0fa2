import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { targetClients, type ClientSettings, type ClientsOf } from "../../shared/aws/target-clients.ts";
import type { Pace } from "../../shared/app/ports.ts";

/** One call as AWS receives it: its name, what it asks (flat for the services that speak XML), and where to and as whom. */
export type Call = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly accessKey: string;
};

/** What AWS says: a body (JSON, or XML as text), an error, or nothing at all. */
export type Said =
  | { readonly body: object | string }
  | { readonly error: string; readonly message?: string; readonly status?: number }
  | { readonly hangs: true };

/** How calls are answered, by their name; `nth` counts the calls of that name from 0. */
export type Answers = Readonly<Record<string, (call: Call, nth: number) => Said>>;

/** An AWS that says what was recorded, over HTTP, for one test. */
export type RecordedAws = {
  readonly calls: readonly Call[];
  readonly of: (name: string) => readonly Call[];
  readonly settings: ClientSettings;
};

export async function recordedAws(answers: Answers): Promise<RecordedAws> {
  const calls: Call[] = [];
  const server = createServer((request, response) => void answer(request, response, answers, calls));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    calls,
    of: (name) => calls.filter((call) => call.name === name),
    settings: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: "ours", secretAccessKey: "none" },
      maxAttempts: 1,
    },
  };
}

/** Clients of a recorded AWS. */
export function recordedClients({ settings }: RecordedAws, pace?: Pace): ClientsOf {
  const rate = { callsPerSecond: 10_000, burst: 10_000, longestWaitMs: 1_000 };
  return targetClients({ settings, rate, ...(pace !== undefined && { pace }) });
}

/** A clock that stands still but for what is slept through, which takes no time; what is gathered waits for its turn all the same. */
export function stillPace(startMs = Date.UTC(2026, 5, 13, 18)): Pace & { readonly slept: readonly number[]; passMs: (ms: number) => void } {
  let now = startMs;
  const slept: number[] = [];
  return {
    nowMs: () => now,
    wait: async (ms) => {
      if (ms > 5) slept.push(ms);
      now += ms > 5 ? ms : 0;
      await new Promise((resolve) => void setTimeout(resolve, Math.min(ms, 5)));
    },
    random: () => 0.5,
    slept,
    passMs: (ms) => void (now += ms),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, answers: Answers, calls: Call[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const target = request.headers["x-amz-target"];
  const form = new URLSearchParams(typeof target === "string" ? "" : text);
  const path = request.url ?? "/";
  const name = typeof target === "string" ? (target.split(".").at(-1) ?? "") : (form.get("Action") ?? `${request.method} ${path}`);
  const isJson = !form.has("Action");
  const input = typeof target === "string" ? (JSON.parse(text) as Record<string, unknown>) : Object.fromEntries(form);
  const [, accessKey = "", region = ""] = /Credential=([^/]+)\/\d+\/([^/]+)/.exec(request.headers.authorization ?? "") ?? [];
  const call: Call = { name, input, region, accessKey };
  const nth = calls.filter((each) => each.name === name).length;
  calls.push(call);
  const said = answers[name]?.(call, nth) ?? { error: "UnrecordedCall", message: `nothing was recorded for ${name}` };
  if ("hangs" in said) return;
  if ("error" in said) {
    const { error, message = error, status = 400 } = said;
    response.writeHead(status, { "content-type": isJson ? "application/x-amz-json-1.1" : "text/xml", "x-amzn-errortype": error });
    const xml = `<ErrorResponse><Error><Type>Sender</Type><Code>${error}</Code><Message>${message}</Message></Error></ErrorResponse>`;
    response.end(isJson ? JSON.stringify({ __type: error, message }) : xml);
    return;
  }
  response.writeHead(200, { "content-type": isJson ? "application/x-amz-json-1.1" : "text/xml" });
  response.end(typeof said.body === "string" ? said.body : JSON.stringify(said.body));
}
