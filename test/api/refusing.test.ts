import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createApi } from "../../shared/api/api.ts";
import { errorSchema, failureOf, STATUS_OF_CODE } from "../../shared/api/failure.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { platform, TOKEN, type Platform } from "./platform.ts";

async function refusal({ ask }: Platform, path: string, init?: RequestInit): Promise<{ status: number; code: string; message: string }> {
  const response = await ask(path, init);
  return { status: response.status, ...errorSchema().parse(await response.json()).error };
}

test("an unknown path is 404 and names the paths there are", async () => {
  for (const path of ["/", "/v1", "/v1/plans", "/v1/plan/", "/v2/plan", "/v1/feeds", "/v1/feeds/a/b"]) {
    const { status, code, message } = await refusal(platform(), path);
    expect([path, status, code]).toEqual([path, 404, "route-unknown"]);
    expect(message).toContain("GET /v1/plan");
  }
});

test("a wrong method is 405 and says which would be right", async () => {
  const fresh = platform();
  expect(await refusal(fresh, "/v1/plan", { method: "POST" })).toMatchObject({ status: 405, code: "method-wrong" });
  expect(await refusal(fresh, "/v1/feeds/guide")).toMatchObject({ status: 405, code: "method-wrong" });
  expect((await fresh.ask("/v1/plan", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD");
  expect((await fresh.ask("/v1/feeds/guide", { method: "POST" })).headers.get("allow")).toBe("PUT");
});

test.each([
  ["/v1/plan?hours=0", "hours: expected a whole number from 1 to 48"],
  ["/v1/plan?hours=49", "from 1 to 48"],
  ["/v1/plan?hours=1.5", "from 1 to 48"],
  ["/v1/plan?hours=", "from 1 to 48"],
  ["/v1/plan?minutes=yes", "minutes: expected true or false"],
  ["/v1/plan?hour=3", "hour: there is no such parameter; this path takes target, hours, minutes"],
  ["/v1/plan?hours=1&hours=2", "hours: given twice"],
  ["/v1/plan?__proto__=1", "__proto__"],
  ["/v1/plan?target=", "target: expected a target's id"],
  ["/v1/health?verbose=1", "this path takes none"],
  ["/v1/explain", "target: missing"],
  ["/v1/explain?target=player-api&at=tomorrow", "at: expected an instant with its zone"],
  ["/v1/explain?target=player-api&at=2026-02-30T10:00Z", "at: expected an instant with its zone"],
  ["/v1/explain?target=player-api&at=2026-06-13T19:43", "at: expected an instant with its zone"],
  ["/v1/explain?target=player-api&at=9999-12-31T23:00-02:00", "at: expected an instant with its zone"],
  ["/v1/verdicts?occasion=", "occasion: expected an occasion's id"],
])("%s is 400, and the answer says what would be right", async (path, said) => {
  const { status, code, message } = await refusal(platform(), path);
  expect([status, code]).toEqual([400, "query-invalid"]);
  expect(message).toContain(said);
});

test("all parameters that are wrong are named at once", async () => {
  const { message } = await refusal(platform(), "/v1/plan?hours=99&minutes=1&x=1");
  expect(message).toMatch(/hours: .*minutes: .*x: /);
});

test("a failure of our own is 500 without its message, and is reported", async () => {
  const secret = new Error("/home/someone/.calltime/calltime.sqlite: disk I/O error");
  const fresh = platform({
    ports: {
      schedules: {
        current: () => Promise.reject(secret),
        inForceAt: () => Promise.reject(secret),
        publish: () => Promise.reject(secret),
        confirm: () => Promise.reject(secret),
        feeds: () => Promise.reject(secret),
      },
    },
  });
  const { status, code, message } = await refusal(fresh, "/v1/health");
  expect([status, code]).toEqual([500, "internal"]);
  expect(message).not.toContain("someone");
  expect(fresh.reported).toEqual([secret]);
});

test("a code that is not meant for callers is 500, whatever its message", () => {
  expect(failureOf(new CalltimeError("store-locked", "process 17 has it"))).toMatchObject({ status: 500, internal: true });
  expect(failureOf(new CalltimeError("toString", "x")).status).toBe(500);
  expect(failureOf("thrown text").status).toBe(500);
});

test("an answer without the promised shape is 500, not sent", async () => {
  const fresh = platform({
    ports: {
      capacity: {
        describe: async (ids) =>
          ids.map((targetId) => ({
            kind: "known" as const,
            targetId,
            minimumUnits: Number.NaN,
            maximumUnits: 1,
            desiredUnits: 1,
            servingUnits: 1,
          })),
        setMinimum: async () => ({ kind: "accepted" }),
      },
    },
  });
  expect(await refusal(fresh, "/v1/health")).toMatchObject({ status: 500, code: "internal" });
  expect(fresh.reported).toHaveLength(1);
});

test("every code that a use case or the reading of a feed throws has a status", () => {
  const folders = ["shared/app", "shared/feeds", "shared/api"];
  const root = join(import.meta.dirname, "../..");
  const codes = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => [...readFileSync(join(root, folder, name), "utf8").matchAll(/new CalltimeError\(\s*"([a-z-]+)"/g)])
      .map((match) => match[1] ?? ""),
  );
  expect(codes).toContain("feed-contested");
  // Thrown when the API is made, within a tick, and by commands that ask no API: by no request.
  const unseen = ["token-empty", "lease-lost", "store-unreadable", "cache-over-budget", "cache-out-of-time", "csv-malformed"];
  const missing = codes.filter((code) => !unseen.includes(code) && !Object.hasOwn(STATUS_OF_CODE, code));
  expect(missing).toEqual([]);
  expect(Object.keys(STATUS_OF_CODE).filter((code) => code !== "feed-quarantined" && !codes.includes(code))).toEqual([]);
});

test("an API with an empty write token is not made", () => {
  const { context } = platform();
  expect(() => createApi({ context, now: () => 0, writers: { kind: "token", token: "" }, exclusively: (work) => work() })).toThrow(
    /write token is empty/,
  );
});

test("behind a gateway that lets nobody in whom it does not know, no token is asked for", async () => {
  const behind = platform({ input: { writers: { kind: "let-in-by-gateway" } } });
  const body = JSON.stringify({ mode: "frozen", author: "Ida Berg", why: "a look" });
  expect((await behind.ask("/v1/mode", { method: "PUT", body })).status).toBe(200);
});

test("a write without a token is 401 and says how; any wrong token, also a part of the right one, is 403", async () => {
  const fresh = platform();
  const put = (authorization?: string): RequestInit => ({
    method: "PUT",
    body: "x",
    ...(authorization !== undefined && { headers: { authorization } }),
  });
  const response = await fresh.ask("/v1/feeds/guide", put());
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  for (const missing of [undefined, "", "Bearer", "Bearer ", `Basic ${TOKEN}`, TOKEN]) {
    expect(await refusal(fresh, "/v1/feeds/guide", put(missing))).toMatchObject({ status: 401, code: "token-missing" });
  }
  for (const wrong of [TOKEN.slice(1), TOKEN.slice(0, -1), `${TOKEN}x`, `${TOKEN}${TOKEN}`, TOKEN.toLowerCase(), "x"]) {
    expect(await refusal(fresh, "/v1/feeds/guide", put(`Bearer ${wrong}`))).toMatchObject({ status: 403, code: "token-wrong" });
  }
});
