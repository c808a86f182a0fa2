import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EdgeAsk, EdgeCache, EdgeReply, Pace } from "../../shared/app/ports.ts";
import { warmContent, type ContentOrder, type ContentReport } from "../../shared/app/warm-content.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { CONTENT_BUDGET, judgeAnswer } from "../../shared/core/warm/content.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 19, 50);
const HOUR_MS = 60 * MINUTE_MS;
const HOST = "https://vod.example";

/** Time that passes only where it is waited for. */
function pace(nowMs = NOW_MS): Pace {
  let at = nowMs;
  let drawn = 0;
  return { nowMs: () => at, wait: async (ms) => void (at += ms), random: () => (drawn++ % 7) / 7 };
}

type Page = {
  readonly body?: string;
  readonly bytes?: number;
  readonly status?: number;
  readonly location?: string;
  readonly lifetimeMs?: number;
};
type Told = { readonly asks: EdgeAsk[]; readonly edges: EdgeCache };

/** Edges that hold what they were asked for once, before an origin with `pages`. */
function edgesBefore(
  pages: Readonly<Record<string, Page>>,
  over: (ask: EdgeAsk, reply: EdgeReply) => EdgeReply = (_, reply) => reply,
): Told {
  const asks: EdgeAsk[] = [];
  const has = new Set<string>();
  const get = async (ask: EdgeAsk): Promise<EdgeReply> => {
    asks.push(ask);
    const page = pages[ask.url.replace(HOST, "")] ?? { status: 404, body: "" };
    const body = new TextEncoder().encode(page.body ?? "");
    const length = page.bytes ?? body.length;
    const key = JSON.stringify([ask.edgeId, ask.url, ask.range, ask.acceptEncoding]);
    const held = has.has(key) ? "hit" : "miss";
    has.add(key);
    const whole = length <= ask.mostBytes;
    return over(ask, {
      kind: "answered",
      status: page.status ?? 200,
      held,
      lifetimeMs: page.lifetimeMs ?? HOUR_MS,
      ageMs: 0,
      bytes: whole ? length : 0,
      whole,
      ...(whole && length <= ask.keepBytes && { body }),
      ...(page.location !== undefined && { location: page.location }),
    });
  };
  return { asks, edges: { get } };
}

const FILM: Readonly<Record<string, Page>> = {
  "/film.m3u8": { body: "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb.m3u8\n" },
  "/a.m3u8": { body: '#EXTM3U\n#EXT-X-MAP:URI="a.mp4"\n#EXTINF:4,\na1.m4s\n#EXTINF:4,\na2.m4s\n#EXTINF:4,\na3.m4s\n#EXT-X-ENDLIST\n' },
  "/b.m3u8": { body: '#EXTM3U\n#EXT-X-MAP:URI="b.mp4"\n#EXTINF:4,\nb1.m4s\n#EXTINF:4,\nb2.m4s\n#EXT-X-ENDLIST\n' },
  ...Object.fromEntries(["a.mp4", "b.mp4", "a1.m4s", "a2.m4s", "b1.m4s", "b2.m4s"].map((name) => [`/${name}`, { bytes: 1_000 }])),
};

function orderOf(changes: Partial<ContentOrder> = {}): ContentOrder {
  return {
    occasionId: "premiere",
    startsAtMs: NOW_MS + 10 * MINUTE_MS,
    urls: [`${HOST}/film.m3u8`],
    hosts: ["vod.example"],
    edges: [{ id: "one", role: "pop" }],
    segments: 2,
    acceptEncodings: [],
    budget: CONTENT_BUDGET,
    price: { usdPerGigabyte: 0.1, usdPerTenThousandRequests: 0.01 },
    ...changes,
  };
}

const paths = (asks: readonly EdgeAsk[]): string[] => asks.map(({ url }) => url.replace(HOST, ""));
const stateOf = (report: ContentReport, path: string) => report.outcomes.find(({ url }) => url === HOST + path)?.state;

/** What becomes of one page alone, at one edge. */
async function alone(page: Page, changes: Partial<ContentOrder> = {}, over?: Parameters<typeof edgesBefore>[1]) {
  const { edges, asks } = edgesBefore({ "/page": page }, over);
  const report = await warmContent({ edges, pace: pace() }, orderOf({ urls: [`${HOST}/page`], ...changes }));
  return { state: stateOf(report, "/page"), asks, report };
}

describe("what is fetched", () => {
  test("a film's playlists, what initialises each rendition, then the first segment of each, then the second", async () => {
    const { edges, asks } = edgesBefore(FILM);
    const one = { ...CONTENT_BUDGET, concurrency: 1 };
    const report = await warmContent({ edges, pace: pace() }, orderOf({ budget: one }));
    const firsts = paths(asks).filter((path, index, all) => all.indexOf(path) === index);
    expect(firsts).toEqual(["/film.m3u8", "/a.m3u8", "/b.m3u8", "/a.mp4", "/a1.m4s", "/a2.m4s", "/b.mp4", "/b1.m4s", "/b2.m4s"]);
    expect(report.counts).toEqual({ warm: 9, unproven: 0, refused: 0, failed: 0 });
    // Each twice: the second GET is the proof.
    expect(report.requests).toBe(18);
  });

  test("the edge that is nearest to the origin is done before any other is asked", async () => {
    const { edges, asks } = edgesBefore(FILM);
    const three = [
      { id: "pop", role: "pop" as const },
      { id: "regional", role: "regional" as const },
      { id: "shield", role: "shield" as const },
    ];
    await warmContent({ edges, pace: pace() }, orderOf({ edges: three }));
    const order = asks.map(({ edgeId }) => edgeId).filter((id, index, all) => all[index - 1] !== id);
    expect(order).toEqual(["shield", "regional", "pop"]);
  });

  test("each encoding is fetched by itself", async () => {
    const { asks } = await alone({ body: "x" }, { acceptEncodings: ["gzip", "br"] });
    expect(asks.filter(({ acceptEncoding }) => acceptEncoding === "br")).toHaveLength(2);
    expect(asks).toHaveLength(4);
  });

  test("what is there already is asked for once", async () => {
    const { asks, state } = await alone({ body: "x" }, {}, (_, reply) => ({ ...reply, held: "hit" }) as EdgeReply);
    expect([asks.length, state]).toEqual([1, { kind: "warm" }]);
  });
});

describe("what is refused, with its reason", () => {
  test("a live playlist", async () => {
    const { state } = await alone({ body: "#EXTM3U\n#EXTINF:4,\n1.ts\n" });
    expect(state).toMatchObject({ kind: "refused", code: "content-live" });
  });

  test("a manifest that cannot be read", async () => {
    const { state } = await alone({ body: "<MPD" });
    expect(state).toMatchObject({ kind: "refused", code: "manifest-invalid" });
  });

  test("what is held shorter than until the crowd has come", async () => {
    const { state } = await alone({ body: "x", lifetimeMs: 5 * MINUTE_MS });
    expect(state).toEqual({
      kind: "refused",
      code: "content-ttl-short",
      why: "it is held for 5 min, and the crowd comes later; right would be 15 min",
    });
  });

  test("what no shared cache may hold", async () => {
    expect((await alone({ body: "x", lifetimeMs: 0 })).state).toMatchObject({ kind: "refused", code: "content-not-cacheable" });
  });

  test("what is not there", async () => {
    expect((await alone({ status: 404 })).state).toMatchObject({ kind: "refused", code: "content-missing" });
  });

  test("what is larger than one object may be", async () => {
    const { state, report } = await alone({ bytes: 10 * 1024 ** 3 });
    expect(state).toMatchObject({ kind: "refused", code: "content-too-large" });
    expect(report.bytes).toBe(0);
  });

  test("a redirect to another host, and an address that is none of the web's", async () => {
    const pages = { "/page": { status: 302, location: "https://other.example/x" } };
    const { edges, asks } = edgesBefore(pages);
    const urls = ["/page", "/nowhere"].map((path) => HOST + path);
    const hostile = [
      "ftp://vod.example/x",
      "file:///etc/passwd",
      "https://me:secret@vod.example/x",
      "not an address",
      "https://vod.example:8443/",
    ];
    const report = await warmContent({ edges, pace: pace() }, orderOf({ urls: [...urls, ...hostile] }));
    const codes = new Map(report.outcomes.map(({ url, state }) => [url, state.kind === "refused" ? state.code : state.kind]));
    expect(codes.get("https://other.example/x")).toBe("content-host-not-allowed");
    expect(codes.get("https://vod.example:8443/")).toBe("content-host-not-allowed");
    for (const url of hostile.slice(0, 4)) expect([url, codes.get(url)]).toEqual([url, "content-address-invalid"]);
    expect(new Set(paths(asks))).toEqual(new Set(["/page", "/nowhere"]));
  });

  test("an address that redirects for ever", async () => {
    const { edges, asks } = edgesBefore({}, (ask) => {
      const location = `${ask.url}x`;
      return { kind: "answered", status: 302, held: "hit", lifetimeMs: HOUR_MS, ageMs: 0, bytes: 0, whole: true, location };
    });
    const report = await warmContent({ edges, pace: pace() }, orderOf({ urls: [`${HOST}/round`] }));
    expect(asks).toHaveLength(CONTENT_BUDGET.depth + 1);
    expect(report.outcomes.at(-1)?.state).toMatchObject({ kind: "refused", code: "content-too-deep" });
  });

  test("a playlist that lists itself under ever new names", async () => {
    const { edges, asks } = edgesBefore({}, (ask) => {
      const body = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${ask.url.replace(`${HOST}/`, "")}x.m3u8\n`;
      return {
        kind: "answered",
        status: 200,
        held: "hit",
        lifetimeMs: HOUR_MS,
        ageMs: 0,
        bytes: 60,
        whole: true,
        body: new TextEncoder().encode(body),
      };
    });
    const report = await warmContent({ edges, pace: pace() }, orderOf());
    expect(asks).toHaveLength(CONTENT_BUDGET.depth + 1);
    expect(report.outcomes.at(-1)?.state).toMatchObject({ kind: "refused", code: "content-too-deep" });
  });

  test("a playlist of more segments than may be asked for is cut at the requests there are", async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `#EXTINF:1,\n${index}.ts`).join("\n");
    const budget = { ...CONTENT_BUDGET, requests: 40 };
    const { edges, asks } = edgesBefore({ "/film.m3u8": { body: `#EXTM3U\n${many}\n#EXT-X-ENDLIST\n` } });
    const report = await warmContent({ edges, pace: pace() }, orderOf({ segments: 5_000, budget }));
    expect(asks).toHaveLength(40);
    expect(report.outcomes.length).toBeLessThanOrEqual(40);
    expect(report.outcomes.some(({ state }) => state.kind === "failed" && state.code === "content-over-budget")).toBe(true);
  });
});

describe("what did not go well", () => {
  test("is tried again, longer each time, and then given up", async () => {
    const { state, asks, report } = await alone({ status: 503 });
    expect(state).toMatchObject({ kind: "failed", code: "content-origin-error" });
    expect(asks).toHaveLength(CONTENT_BUDGET.tries);
    expect(report.requests).toBe(CONTENT_BUDGET.tries);
  });

  test("an edge that fetches it every time does not hold it", async () => {
    const { state } = await alone({ body: "x" }, {}, (_, reply) => ({ ...reply, held: "miss" }) as EdgeReply);
    expect(state).toMatchObject({ kind: "failed", code: "content-not-held", why: "asked 4 times, the edge had to fetch it every time" });
  });

  test("an edge that does not say whether it had it proves nothing", async () => {
    const { state } = await alone({ body: "x" }, {}, (_, reply) => ({ ...reply, held: "unknown" }) as EdgeReply);
    expect(state).toMatchObject({ kind: "unproven" });
  });

  test("what expires before the crowd comes can be tried again later", () => {
    const judged = judgeAnswer(
      { held: "hit", lifetimeMs: 20 * MINUTE_MS, ageMs: 15 * MINUTE_MS },
      { nowMs: 0, neededUntilMs: 10 * MINUTE_MS },
    );
    expect(judged).toMatchObject({ kind: "failed", code: "content-expires-early" });
  });

  test("an origin that answers with errors only is let alone", async () => {
    const urls = Array.from({ length: 100 }, (_, index) => `${HOST}/${index}`);
    const { edges, asks } = edgesBefore({}, (_, reply) => ({ ...reply, status: 500 }) as EdgeReply);
    const report = await warmContent({ edges, pace: pace() }, orderOf({ urls, budget: { ...CONTENT_BUDGET, concurrency: 1 } }));
    expect(asks).toHaveLength(5 * CONTENT_BUDGET.tries);
    expect(report.outcomes.at(-1)?.state).toMatchObject({ kind: "failed", code: "content-origin-suffering" });
  });

  test("what a playlist lists is fetched, though the playlist itself is not proved", async () => {
    const times = new Map<string, number>();
    const { edges } = edgesBefore(FILM, (ask, reply) => {
      times.set(ask.url, (times.get(ask.url) ?? 0) + 1);
      const broken = ask.url.endsWith("/a.m3u8") && (times.get(ask.url) ?? 0) > 1;
      return broken ? { kind: "failed", code: "edge-timeout", reason: "too slow", bytes: 0, refused: false } : reply;
    });
    const report = await warmContent({ edges, pace: pace() }, orderOf());
    expect(stateOf(report, "/a.m3u8")).toMatchObject({ kind: "failed", code: "edge-timeout" });
    expect(stateOf(report, "/a1.m4s")).toEqual({ kind: "warm" });
  });

  test("what throws is a failure of that object alone", async () => {
    const { edges } = edgesBefore(FILM);
    const throwing: EdgeCache = {
      get: async (ask) => (ask.url.endsWith("a.mp4") ? Promise.reject(new Error("out of sockets")) : edges.get(ask)),
    };
    const report = await warmContent({ edges: throwing, pace: pace() }, orderOf());
    expect(stateOf(report, "/a.mp4")).toMatchObject({ kind: "failed", code: "edge-failed" });
    expect(report.counts).toEqual({ warm: 8, unproven: 0, refused: 0, failed: 1 });
  });

  test("at the start of the programme it ends", async () => {
    const { edges } = edgesBefore(FILM);
    const report = await warmContent(
      { edges, pace: pace() },
      orderOf({ startsAtMs: NOW_MS + 100, budget: { ...CONTENT_BUDGET, requestsPerSecond: 20 } }),
    );
    expect(report.outcomes.some(({ state }) => state.kind === "failed" && state.code === "content-out-of-time")).toBe(true);
  });

  test("whoever's turn comes after the start asks for nothing", async () => {
    const { edges, asks } = edgesBefore(FILM);
    const urls = ["/a.mp4", "/b.mp4", "/a1.m4s"].map((path) => HOST + path);
    const budget = { ...CONTENT_BUDGET, requestsPerSecond: 1, concurrency: 1 };
    const report = await warmContent({ edges, pace: pace() }, orderOf({ urls, budget, startsAtMs: NOW_MS + 500 }));
    expect(asks).toHaveLength(1);
    expect(report.requests).toBe(1);
    expect(report.outcomes.every(({ state }) => state.kind === "failed" && state.code === "content-out-of-time")).toBe(true);
  });
});

test("whatever is fetched, no budget is exceeded", async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 30 });
  const budgets = fc.record({
    bytes: fc.integer({ min: 0, max: 60_000 }),
    requests: fc.integer({ min: 1, max: 50 }),
    objectBytes: fc.integer({ min: 1, max: 6_000 }),
    concurrency: fc.integer({ min: 1, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, budgets, async (bytes, changed) => {
      const pages = Object.fromEntries(bytes.map((size, index) => [`/${index}`, { bytes: size }]));
      const { edges, asks } = edgesBefore(pages);
      const budget = { ...CONTENT_BUDGET, ...changed };
      const report = await warmContent({ edges, pace: pace() }, orderOf({ urls: Object.keys(pages).map((path) => HOST + path), budget }));
      expect(report.bytes).toBeLessThanOrEqual(budget.bytes);
      expect(report.requests).toBeLessThanOrEqual(budget.requests);
      expect(report.requests).toBe(asks.length);
      expect(report.outcomes.reduce((sum, outcome) => sum + outcome.bytes, 0)).toBe(report.bytes);
    }),
    { seed: 20261128, numRuns: 200 },
  );
});
