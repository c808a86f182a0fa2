import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EdgeAsk, EdgeReply } from "../../shared/app/ports.ts";
import { cloudFrontPop } from "../../shared/core/warm/edge.ts";
import { httpEdges } from "../../shared/edges/http-edges.ts";
import { held, startOrigin, type Answer, type Origin } from "../../bench/edges/origin.ts";

const MEBIBYTE = 1024 * 1024;

/** Sends what it is given, a piece every 20 ms, until it is stopped. */
function slowly(piece: string): Answer {
  return (_request, response) => {
    response.writeHead(200, { "cache-control": "max-age=60" });
    const timer = setInterval(() => response.write(piece), 20);
    response.once("close", () => clearInterval(timer));
  };
}

/** Begins with more than it will ever say, and breaks off. */
const cut: Answer = (_request, response) => {
  response.writeHead(200, { "content-length": "1000" });
  response.write("half of it");
  setTimeout(() => response.destroy(), 20);
};

const ANSWERS: Readonly<Record<string, Answer>> = {
  "/page": held("hello", { "x-cache": "Hit from cloudfront", age: "30" }),
  "/page?day=1": held("hello on the first"),
  "/gz": held(gzipSync("unpacked"), { "content-encoding": "gzip" }),
  "/zst": held(zstdCompressSync(Buffer.from("unpacked")), { "content-encoding": "zstd" }),
  "/bomb": held(gzipSync(Buffer.alloc(64 * MEBIBYTE)), { "content-encoding": "gzip" }),
  "/odd": held("?", { "content-encoding": "sdch" }),
  "/part": (request, response) => {
    response.writeHead(206, { "cache-control": "max-age=60", "content-range": "bytes 2-4/9" }).end(request.headers.range);
  },
  "/moved": (_request, response) => response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
  "/huge": (_request, response) => {
    response.writeHead(200, { "content-length": String(10 * 1024 ** 3) });
    response.write("the first of ten gigabytes");
  },
  "/endless": slowly("x".repeat(60_000)),
  "/slow-loris": slowly("."),
  "/silent": () => undefined,
  "/cut": cut,
  "/broken": (_request, response) => response.writeHead(503).end("no"),
};

describe("an edge over HTTP", () => {
  let origin: Origin;
  let edges: ReturnType<typeof httpEdges>;
  beforeAll(async () => {
    origin = await startOrigin(ANSWERS);
    const here = { role: "pop", address: "127.0.0.1", port: origin.port, scheme: "http" } as const;
    edges = httpEdges([
      { id: "here", ...here, private: true },
      { id: "named", ...here, private: true, hitHeader: "x-other" },
      { id: "public", ...here },
      { id: "by-name", role: "shield" },
      { id: "nobody", role: "pop", address: "127.0.0.1", port: 1, scheme: "http", private: true },
      { id: "nowhere", role: "pop", address: "no-such-host.invalid" },
    ]);
  });
  afterAll(async () => {
    edges.close();
    await origin.stop();
  });

  const ask = (path: string, changes: Partial<EdgeAsk> = {}): Promise<EdgeReply> =>
    edges.get({
      edgeId: "here",
      url: `http://www.example.tv${path}`,
      mostBytes: MEBIBYTE,
      keepBytes: MEBIBYTE,
      timeoutMs: 5_000,
      ...changes,
    });

  const textOf = (reply: EdgeReply): string | undefined =>
    reply.kind === "answered" && reply.body !== undefined ? new TextDecoder().decode(reply.body) : undefined;

  test("tells what it had, for how long, and since when", async () => {
    expect(await ask("/page")).toMatchObject({ status: 200, held: "hit", lifetimeMs: 3_600_000, ageMs: 30_000, bytes: 5, whole: true });
    expect(await ask("/page", { edgeId: "named" })).toMatchObject({ held: "unknown" });
  });

  test("a query is part of what is asked for", async () => {
    expect(textOf(await ask("/page?day=1"))).toBe("hello on the first");
  });

  test("a part is asked for as a range", async () => {
    expect(textOf(await ask("/part", { range: { offset: 2, length: 3 } }))).toBe("bytes=2-4");
  });

  test("a packed body counts as it came and is handed on unpacked", async () => {
    for (const path of ["/gz", "/zst"]) {
      const reply = await ask(path, { acceptEncoding: "gzip" });
      expect(textOf(reply)).toBe("unpacked");
      expect(reply.bytes).not.toBe(8);
    }
  });

  test("a body that is not wanted is counted only", async () => {
    expect(await ask("/page", { keepBytes: 0 })).not.toHaveProperty("body");
  });

  test("a bomb is refused, and so is a packing nobody asked for", async () => {
    expect(await ask("/bomb")).toMatchObject({ kind: "failed", code: "edge-body-unreadable", refused: true });
    expect(await ask("/odd")).toMatchObject({ kind: "failed", code: "edge-body-unreadable", refused: true });
  });

  test("ten gigabytes are not begun, and one without a length ends at the last byte that may be", async () => {
    expect(await ask("/huge")).toMatchObject({ kind: "answered", bytes: 0, whole: false });
    expect(await ask("/endless")).toMatchObject({ kind: "answered", bytes: MEBIBYTE, whole: false });
  });

  test("a redirect is told, not followed", async () => {
    expect(await ask("/moved")).toMatchObject({ status: 302, location: "http://169.254.169.254/latest/meta-data/" });
  });

  test("an answer that dribbles, or never begins, is given up after its time", async () => {
    for (const path of ["/slow-loris", "/silent"])
      expect(await ask(path, { timeoutMs: 200 })).toMatchObject({ kind: "failed", code: "edge-timeout", refused: false });
  });

  test("an answer that breaks off is no answer, and its bytes count", async () => {
    const reply = await ask("/cut");
    expect(reply).toMatchObject({ kind: "failed", refused: false });
    expect(reply.bytes).toBe("half of it".length);
  });

  test("an error of the origin is an answer", async () => {
    expect(await ask("/broken")).toMatchObject({ kind: "answered", status: 503 });
  });

  test("an address that is not public is refused, unless the edge says that it may be", async () => {
    const refused = { kind: "failed", code: "edge-address-private", refused: true };
    expect(await ask("/page", { edgeId: "public" })).toMatchObject(refused);
    const urls = ["http://127.0.0.1/", "http://localhost/", "http://169.254.169.254/", "http://10.1.2.3/", "http://[::1]/"];
    for (const url of [...urls, "http://[::ffff:10.0.0.1]/", "http://0x7f000001/", "http://100.64.0.1/"]) {
      expect({ url, ...(await ask("/", { edgeId: "by-name", url })) }).toMatchObject({ url, ...refused });
    }
  });

  test("one that nobody answers at is not reached", async () => {
    expect(await ask("/page", { edgeId: "nobody" })).toMatchObject({ kind: "failed", code: "edge-unreachable", refused: false });
    expect(await ask("/page", { edgeId: "nowhere" })).toMatchObject({ kind: "failed", code: "edge-address-unknown", refused: false });
    await expect(ask("/page", { edgeId: "none" })).rejects.toMatchObject({ code: "edge-unknown" });
  });
});

describe("a point of presence of CloudFront", () => {
  test("is asked by its undocumented name", () => {
    expect(cloudFrontPop({ id: "fra", distribution: "D111111ABCDEF8.cloudfront.net", pop: "FRA56-P1" })).toEqual({
      id: "fra",
      role: "pop",
      address: "d111111abcdef8.fra56-p1.cloudfront.net",
      hitHeader: "x-cache",
    });
  });

  test.each([
    ["www.example.tv", "fra56-p1", "right would be a name like d111111abcdef8.cloudfront.net"],
    ["d1.cloudfront.net", "frankfurt", "right would be a name like fra56-p1"],
    ["d1.cloudfront.net", "a.evil.example/", "right would be a name like fra56-p1"],
  ])("%s %s is refused", (distribution, pop, right) => {
    expect(() => cloudFrontPop({ id: "fra", distribution, pop })).toThrow(right);
  });
});
