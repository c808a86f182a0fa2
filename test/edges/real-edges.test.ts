import { get } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { warmContent, type ContentOrder } from "../../shared/app/warm-content.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { CONTENT_BUDGET } from "../../shared/core/warm/content.ts";
import { httpEdges } from "../../shared/edges/http-edges.ts";
import { MACHINE_PACE } from "../../shared/app/ports/machine-pace.ts";
import { calltime } from "../cli/calltime.ts";
import { NGINX, startNginx, startVarnish, VARNISH, type CacheServer } from "../../bench/edges/cache-servers.ts";
import { describeWithPrograms } from "../programs.ts";
import { premiere, startOrigin, type Origin } from "../../bench/edges/origin.ts";

const SEGMENT_BYTES = 300_000;

const CACHES = {
  commands: [VARNISH, NGINX],
  from: "Debian's varnish and nginx-light, or set CALLTIME_VARNISHD and CALLTIME_NGINX",
};

describeWithPrograms("a premiere at Varnish and nginx", CACHES, () => {
  let origin: Origin;
  let servers: readonly CacheServer[] = [];
  let edges: ReturnType<typeof httpEdges>;

  beforeAll(async () => {
    origin = await startOrigin(premiere({ renditions: 4, segments: 6, segmentBytes: SEGMENT_BYTES }));
    servers = [await startVarnish(origin.port), await startNginx(origin.port)];
    edges = httpEdges(
      ["varnish", "nginx"].map((id, index) => ({
        id,
        role: "pop" as const,
        address: "127.0.0.1",
        port: servers[index]?.port ?? 0,
        scheme: "http" as const,
        private: true,
      })),
    );
  }, 60_000);
  afterAll(async () => {
    edges.close();
    await Promise.all(servers.map((server) => server.stop()));
    await origin.stop();
  });

  const order = (budget: Partial<ContentOrder["budget"]> = {}, nowMs = Date.now()): ContentOrder => ({
    occasionId: "premiere",
    startsAtMs: nowMs + 10 * MINUTE_MS,
    urls: ["/", "/api/home.json", "/art/poster.jpg", "/film/master.m3u8"].map((path) => `https://www.example.tv${path}`),
    hosts: ["www.example.tv"],
    edges: [
      { id: "varnish", role: "pop" },
      { id: "nginx", role: "pop" },
    ],
    segments: 3,
    acceptEncodings: ["gzip", "br"],
    budget: { ...CONTENT_BUDGET, requestsPerSecond: 500, ...budget },
    price: { usdPerGigabyte: 0.085, usdPerTenThousandRequests: 0.012 },
  });
  // Page, document, artwork, the film's playlist; and of each rendition its playlist, what initialises it, and three segments.
  const OBJECTS = 4 + 4 * (1 + 1 + 3);

  /** Of what viewers fetch first, the share that an edge has. */
  async function hitShare(port: number): Promise<number> {
    const paths = ["/", "/api/home.json", "/art/poster.jpg", "/film/master.m3u8"];
    for (let v = 0; v < 4; v += 1)
      paths.push(...["index.m3u8", "init.mp4", "0.m4s", "1.m4s", "2.m4s"].map((name) => `/film/v${v}/${name}`));
    const held = await Promise.all(paths.map((path) => isHeld(port, path)));
    return held.filter(Boolean).length / paths.length;
  }

  function isHeld(port: number, path: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const headers = { host: "www.example.tv", "accept-encoding": "gzip" };
      get({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
        answer.resume().once("end", () => resolve(answer.headers["x-cache"] === "HIT"));
      }).once("error", reject);
    });
  }

  test("before the start both edges hold all of it, and the origin gave each object once to each edge", async () => {
    expect(origin.asked.size).toBe(0);
    const report = await warmContent({ edges, pace: MACHINE_PACE }, order());
    expect(report.counts).toEqual({ warm: 2 * 2 * OBJECTS, unproven: 0, refused: 0, failed: 0 });
    for (const { port } of servers) expect(await hitShare(port)).toBeGreaterThanOrEqual(0.99);
    // The two that vary by encoding are held in both; of the rest it does not matter which encoding came first.
    expect(origin.asked.size).toBe(2 * (OBJECTS + 2));
    expect([...origin.asked].filter(([, times]) => times > 1)).toEqual([]);
    expect(report.costUsd).toBeCloseTo((report.bytes / 1e9) * 0.085 + (report.requests / 1e4) * 0.012, 10);
  });

  test("asked again it finds all of it there, and the origin is not asked", async () => {
    const before = new Map(origin.asked);
    const report = await warmContent({ edges, pace: MACHINE_PACE }, order());
    expect(report.counts.warm).toBe(2 * 2 * OBJECTS);
    expect(report.requests).toBe(2 * 2 * OBJECTS);
    expect(origin.asked).toEqual(before);
  });

  test("the command tells what is warm and what is not, and why", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "calltime-content-")), "content.json");
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    const [varnish] = servers;
    const window = ["2026-06-13T19:00:00Z", "2026-06-13T20:00:00Z"];
    const urls = ["/film/master.m3u8", "/nowhere"].map((path) => `http://www.example.tv${path}`);
    // YAML reads JSON too.
    const written = {
      hosts: ["www.example.tv"],
      edges: [{ id: "here", address: "127.0.0.1", port: varnish?.port, private: true }],
      price: { perGigabyte: 0.085 },
      content: [{ occasion: "the premiere", title: "premiere", channels: ["one"], window, urls }],
    };
    writeFileSync(file, JSON.stringify(written));
    const startsAt = new Date(Date.now() + 10 * MINUTE_MS).toISOString();
    const { code, stdout } = await calltime("content", "warm", file, "--occasion", "the premiere", "--starts-at", startsAt);
    expect(stdout).toContain(
      "the premiere: 21 of 22 objects warm\n  here: 21 of 22 warm\n    1 refused: it was answered with 404 (content-missing)\n",
    );
    expect(stdout).toMatch(/ {2}[\d,]+ requests, [\d,]+ bytes, \$0\.\d{4}\n$/);
    expect(code).toBe(1);
    const unknown = await calltime("content", "warm", file, "--occasion", "another", "--starts-at", startsAt);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("right would be one of the premiere (occasion-unknown)")]);
  });

  test("a budget of bytes is never exceeded, not by one byte, and what it leaves out is said", async () => {
    const report = await warmContent({ edges, pace: MACHINE_PACE }, order({ bytes: 1_000_001 }));
    expect(report.bytes).toBeLessThanOrEqual(1_000_001);
    expect(report.outcomes.some(({ state }) => state.kind === "failed" && state.code === "content-over-budget")).toBe(true);
  });
});
