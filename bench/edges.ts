import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { cpus } from "node:os";
import { warmContent } from "../shared/app/warm-content.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import { CONTENT_BUDGET } from "../shared/core/warm/content.ts";
import { httpEdges } from "../shared/edges/http-edges.ts";
import { MACHINE_PACE } from "../shared/app/ports/machine-pace.ts";
import { startNginx, startVarnish, type CacheServer } from "./edges/cache-servers.ts";
import { premiere, startOrigin, type Answer } from "./edges/origin.ts";

const VIEWERS = 1_000;
/** Viewers arrive evenly over so long. */
const ARRIVAL_MS = 10_000;
/** What an origin in another place takes to answer; the rest is loopback. */
const ORIGIN_MS = 40;
/** Answers that the origin works at: more wait in line. */
const ORIGIN_AT_ONCE = 20;
const HOST = "www.example.tv";
const PREMIERE = { renditions: 4, segments: 6, segmentBytes: 300_000 };
const FIRST = ["/", "/api/home.json", "/art/poster.jpg", "/film/master.m3u8"];

type Measured = {
  readonly edge: string;
  readonly warmed: boolean;
  readonly viewers: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The first viewers, whom no other came before: the first of each rendition. */
  readonly firstViewersMs: number;
  readonly originRequests: number;
  readonly warmUp?: { readonly requests: number; readonly bytes: number; readonly tookMs: number };
};

/** First-viewer latency and origin load of a premiere at Varnish and at nginx, cold and warmed, each with an empty cache of its own. */
export async function main(args: readonly string[]): Promise<void> {
  const results: Measured[] = [];
  for (const [edge, start] of [["varnish", startVarnish] as const, ["nginx", startNginx] as const]) {
    for (const warmed of [false, true]) results.push(await evening(edge, start, warmed));
  }
  const json = {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model,
    ORIGIN_MS,
    ORIGIN_AT_ONCE,
    ...PREMIERE,
    results,
  };
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  else for (const line of table(results)) process.stdout.write(`${line}\n`);
  if (args.includes("--record")) {
    writeFileSync(new URL("results/edges.json", import.meta.url), `${JSON.stringify(json, undefined, 2)}\n`);
  }
}

async function evening(edge: string, start: (originPort: number) => Promise<CacheServer>, warmed: boolean): Promise<Measured> {
  const origin = await startOrigin(inLine(premiere(PREMIERE)));
  const server = await start(origin.port);
  try {
    const warmUp = warmed ? await warmUpOf(server.port) : undefined;
    const before = total(origin.asked);
    const took = await Promise.all(Array.from({ length: VIEWERS }, (_, index) => viewer(server.port, index)));
    const sorted = took.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.min(VIEWERS - 1, Math.floor(share * VIEWERS))] ?? Number.NaN);
    const firsts = took.slice(0, PREMIERE.renditions);
    return {
      edge,
      warmed,
      viewers: VIEWERS,
      medianMs: at(0.5),
      p99Ms: at(0.99),
      firstViewersMs: Math.round(firsts.reduce((sum, ms) => sum + ms, 0) / firsts.length),
      originRequests: total(origin.asked) - before,
      ...(warmUp !== undefined && { warmUp }),
    };
  } finally {
    await server.stop();
    await origin.stop();
  }
}

async function warmUpOf(port: number): Promise<Measured["warmUp"]> {
  const edges = httpEdges([{ id: "edge", role: "pop", address: "127.0.0.1", port, scheme: "http", private: true }]);
  const began = performance.now();
  const report = await warmContent(
    { edges, pace: MACHINE_PACE },
    {
      occasionId: "premiere",
      startsAtMs: Date.now() + 10 * MINUTE_MS,
      urls: FIRST.map((path) => `http://${HOST}${path}`),
      hosts: [HOST],
      edges: [{ id: "edge", role: "pop" }],
      segments: 3,
      acceptEncodings: ["gzip"],
      budget: CONTENT_BUDGET,
      price: { usdPerGigabyte: 0, usdPerTenThousandRequests: 0 },
    },
  );
  edges.close();
  return { requests: report.requests, bytes: report.bytes, tookMs: Math.round(performance.now() - began) };
}

/** Milliseconds from the page to the end of the third segment: what a viewer waits for, one after the other. */
async function viewer(port: number, index: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, (index / VIEWERS) * ARRIVAL_MS));
  const rendition = `/film/v${index % PREMIERE.renditions}`;
  const began = performance.now();
  for (const path of [...FIRST, ...["index.m3u8", "init.mp4", "0.m4s", "1.m4s", "2.m4s"].map((name) => `${rendition}/${name}`)]) {
    await fetched(port, path);
  }
  return performance.now() - began;
}

function fetched(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { host: HOST, "accept-encoding": "gzip" };
    get({ host: "127.0.0.1", port, path, headers }, (answer) => {
      answer.resume().once("end", resolve).once("error", reject);
    }).once("error", reject);
  });
}

/** The same answers, of which the origin works at a few at once, and takes its time. */
function inLine(answers: Readonly<Record<string, Answer>>): Record<string, Answer> {
  let working = 0;
  const line: (() => void)[] = [];
  const next = (): void => {
    const begin = working < ORIGIN_AT_ONCE ? line.shift() : undefined;
    if (begin === undefined) return;
    working += 1;
    setTimeout(() => {
      working -= 1;
      begin();
      next();
    }, ORIGIN_MS);
  };
  return Object.fromEntries(
    Object.entries(answers).map(([path, answer]) => [
      path,
      (request, response) => {
        line.push(() => answer(request, response));
        next();
      },
    ]),
  );
}

function total(asked: ReadonlyMap<string, number>): number {
  return [...asked.values()].reduce((sum, times) => sum + times, 0);
}

function table(results: readonly Measured[]): readonly string[] {
  return [
    "| edge | | first viewers, ms | median, ms | 99th percentile, ms | asked of the origin |",
    "|---|---|---|---|---|---|",
    ...results.map(
      ({ edge, warmed, firstViewersMs, medianMs, p99Ms, originRequests }) =>
        `| ${edge} | ${warmed ? "warmed" : "cold"} | ${firstViewersMs} | ${medianMs} | ${p99Ms} | ${originRequests} |`,
    ),
  ];
}
