import { request } from "node:http";
import { createServer, connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { serveApi, type App, type Served } from "../../local/server.ts";
import { CalltimeError } from "../../shared/core/error.ts";

const echo: App = {
  fetch: (asked) => new Response(`app: ${asked.method} ${new URL(asked.url).pathname}`, { status: 404 }),
};

async function served(app: App = echo): Promise<Served> {
  const server = await serveApi(app, { port: 0 });
  onTestFinished(() => server.close());
  return server;
}

/** A request whose path and headers go out as they are, without the mending that `fetch` does. */
async function raw(url: string, path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });
}

test("the page is at /, its script and style beside it with their types, and everything else is the app's", async () => {
  const { url } = await served();
  const page = await fetch(`${url}/`);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain("<!doctype html>");
  expect((await fetch(`${url}/main.js`)).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect((await fetch(`${url}/main.css`)).headers.get("content-type")).toBe("text/css; charset=utf-8");
  expect(await (await fetch(`${url}/v1/health`)).text()).toBe("app: GET /v1/health");
  expect(await (await fetch(`${url}/`, { method: "POST" })).text()).toBe("app: POST /");
});

test("no spelling of a path reaches a file outside the page's folder", async () => {
  const { url } = await served();
  for (const path of [
    "/../package.json",
    "/%2e%2e/package.json",
    "/..%2fpackage.json",
    "/..\\package.json",
    "/..%5cpackage.json",
    "//package.json",
    "/./../local/server.ts",
    "/main.js/../../package.json",
    "/main.js%00.html",
    "/constructor",
    "/__proto__",
  ]) {
    const { status, body } = await raw(url, path);
    // 400 where the spelling is no path at all, else what the app makes of it.
    expect([path, status, body]).toEqual([path, expect.toBeOneOf([400, 404]), expect.stringMatching(/^(app: .*)?$/)]);
  }
});

test("it listens on 127.0.0.1 and on no other address of the machine", async () => {
  const { url } = await served();
  const { hostname, port } = new URL(url);
  expect(hostname).toBe("127.0.0.1");
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, family }) => family === "IPv4" && address !== "127.0.0.1")
    .map(({ address }) => address);
  // All of 127/8 is this machine on Linux: a server on 0.0.0.0 would answer here as well.
  for (const address of process.platform === "linux" ? [...others, "127.0.0.2"] : others) {
    expect([address, await reaches(address, Number(port))]).toEqual([address, false]);
  }
  expect(await reaches("127.0.0.1", Number(port))).toBe(true);
});

async function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 500 }, () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false)).on("timeout", () => (socket.destroy(), resolve(false)));
  });
}

test("a request under a name that somebody pointed at this machine is refused", async () => {
  const { url } = await served();
  const { port } = new URL(url);
  expect((await raw(url, "/", { host: "rebound.example" })).status).toBe(421);
  expect((await raw(url, "/v1/health", { host: `rebound.example:${port}` })).status).toBe(421);
  expect((await raw(url, "/", { host: `localhost:${port}` })).status).toBe(200);
});

test("a port that is in use is told by its number, with what to do", async () => {
  const { url } = await served();
  const port = Number(new URL(url).port);
  const failure = await serveApi(echo, { port }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CalltimeError);
  expect(failure).toMatchObject({ code: "port-in-use", message: expect.stringMatching(`port ${port} .*choose another port`) as string });
});

test("closing waits for the answer under way, then frees the port; closing again is harmless", async () => {
  let asked = false;
  const slow: App = {
    fetch: async () => {
      asked = true;
      await wait(150);
      return new Response("whole");
    },
  };
  const server = await serveApi(slow, { port: 0 });
  const answer = fetch(`${server.url}/v1/plan`);
  await expect.poll(() => asked).toBe(true);
  const began = performance.now();
  await server.close();
  // The client keeps its connection; that must not count as an answer under way.
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(await (await answer).text()).toBe("whole");
  const port = Number(new URL(server.url).port);
  const next = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve, reject) => next.once("listening", resolve).once("error", reject));
  await new Promise((resolve) => next.close(resolve));
  await server.close();
});

test("an answer that never comes does not keep the server from closing", async () => {
  let asked = false;
  const stuck: App = {
    fetch: () => {
      asked = true;
      return new Promise(() => undefined);
    },
  };
  const server = await serveApi(stuck, { port: 0 });
  const answer = fetch(server.url + "/v1/plan").catch(() => "cut off");
  await expect.poll(() => asked).toBe(true);
  await server.close();
  expect(await answer).toBe("cut off");
});
