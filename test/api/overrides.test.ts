import { expect, test } from "vitest";
import { errorSchema } from "../../shared/api/failure.ts";
import { NOW_MS, platform, runningPlatform, TOKEN, type Platform } from "./platform.ts";

const ASKED = {
  id: "bulletin",
  targetIds: ["player-api"],
  floorUnits: 100,
  until: "2026-06-13T18:00Z",
  author: "newsroom",
  why: "an extra bulletin after the speech",
};
const STORED = { ...ASKED, kind: "floor", from: "2026-06-13T17:02:00.000Z", until: "2026-06-13T18:00:00.000Z" };
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

async function post({ ask }: Platform, body: unknown, headers: Record<string, string> = AUTHORIZED) {
  const response = await ask("/v1/overrides", { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as unknown };
}

async function remove({ ask }: Platform, path: string, headers: Record<string, string> = AUTHORIZED) {
  const response = await ask(`/v1/overrides/${path}`, { method: "DELETE", headers });
  return { status: response.status, body: (await response.json()) as unknown };
}

async function held({ ask }: Platform): Promise<unknown> {
  return (await ask("/v1/overrides")).json();
}

const codeOf = (body: unknown): string => errorSchema().parse(body).error.code;

test("an override is 201 with what it changes, 200 when it is sent again, and is listed until it is withdrawn", async () => {
  const running = await runningPlatform();
  const set = await post(running, ASKED);
  expect(set).toEqual({
    status: 201,
    body: {
      now: "2026-06-13T17:02:00.000Z",
      override: STORED,
      preview: [{ targetId: "player-api", mode: "active", nowUnits: 4, willBeUnits: 100, addedUnits: 96, addedUsdPerHour: null }],
    },
  });
  expect(await post(running, ASKED)).toEqual({ ...set, status: 200 });
  expect(await held(running)).toEqual({ now: "2026-06-13T17:02:00.000Z", overrides: [STORED] });
  const withdrawn = await remove(running, "bulletin?author=ops&why=no%20speech");
  expect(withdrawn).toEqual({ status: 200, body: { now: "2026-06-13T17:02:00.000Z", withdrawn: STORED } });
  expect(await held(running)).toMatchObject({ overrides: [] });
  const again = await remove(running, "bulletin?author=ops");
  expect([again.status, codeOf(again.body)]).toEqual([404, "override-unknown"]);
  expect(running.events.filter(({ type }) => type === "calltime.override.changed").map(({ id }) => id)).toEqual([
    "override.changed/bulletin/set/2026-06-13T17:02:00.000Z",
    "override.changed/bulletin/withdrawn/2026-06-13T17:02:00.000Z",
  ]);
});

test("an override that has ended is not listed, also before a tick has removed it", async () => {
  const fresh = platform();
  await post(fresh, ASKED);
  fresh.goTo(NOW_MS + 3_600_000);
  expect(await held(fresh)).toMatchObject({ overrides: [] });
});

test.each<[number, string, object, RegExp]>([
  [400, "body-invalid", { until: undefined }, /until: expected an instant: an override ends by itself/],
  [400, "body-invalid", { until: "tomorrow" }, /until: expected an instant with its zone/],
  [400, "body-invalid", { floorUnits: "300" }, /floorUnits: expected a number of units/],
  [400, "body-invalid", { targetIds: [] }, /targetIds: expected at least one target/],
  [400, "body-invalid", { why: undefined, author: undefined }, /author: .*why: /],
  [400, "body-invalid", { why: "one\nline  verdict  ready" }, /why: expected why on one line/],
  [400, "body-invalid", { factor: 2 }, /factor: a floor has none; it has targetIds, tags, floorUnits/],
  [400, "body-invalid", { colour: "red" }, /colour: there is no such field; there are id, kind, targetIds/],
  [400, "body-invalid", { kind: "hold" }, /floorUnits: a hold has none/],
  [400, "override-factor-invalid", { kind: "factor", floorUnits: undefined, factor: 21 }, /from 0 to 20/],
  [400, "override-author-blank", { author: " " }, /author is blank/],
  [400, "override-why-blank", { why: "" }, /reason is blank/],
  [400, "override-floor-invalid", { floorUnits: 0 }, /at least 1/],
  [400, "override-until-invalid", { until: "2026-06-13T16:00Z" }, /a later end/],
  [400, "override-until-far", { until: "2026-06-21T17:00Z" }, /the latest end is 2026-06-20T17:00/],
  [400, "override-from-invalid", { from: "2026-06-13T18:00Z" }, /an earlier start/],
  [400, "override-id-invalid", { id: "a/b" }, /is no id/],
  [404, "target-unknown", { targetIds: ["nowhere"] }, /the targets are player-api, catalogue-db/],
  [422, "override-above-ceiling", { floorUnits: 401 }, /the ceiling of player-api is 400/],
])("%d %s: %j is refused and changes nothing", async (status, code, wrong, sentence) => {
  const fresh = platform();
  const answer = await post(fresh, { ...ASKED, ...wrong });
  expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
  expect(errorSchema().parse(answer.body).error.message).toMatch(sentence);
  expect(await held(fresh)).toMatchObject({ overrides: [] });
  expect(fresh.events).toEqual([]);
});

test("another override under an id that is held is 409, and says which one holds", async () => {
  const fresh = platform();
  await post(fresh, ASKED);
  const { status, body } = await post(fresh, { ...ASKED, floorUnits: 120 });
  expect([status, codeOf(body)]).toEqual([409, "override-exists"]);
  expect(errorSchema().parse(body).error.message).toContain(
    "a floor of 100 for player-api until 2026-06-13T18:00:00.000Z, set by newsroom",
  );
});

test("a body that is no JSON, no object, or too large is refused", async () => {
  const fresh = platform();
  for (const body of ["", "{", "[]", "7", "null"]) {
    const answer = await post(fresh, body);
    expect([body, answer.status, codeOf(answer.body)]).toEqual([body, 400, "body-invalid"]);
  }
  const answer = await post(fresh, { ...ASKED, why: "x".repeat(100_000) });
  expect([answer.status, codeOf(answer.body)]).toEqual([413, "body-too-large"]);
});

test("neither setting nor withdrawing passes without the token, and both say so before they look at anything else", async () => {
  const fresh = platform();
  expect(await post(fresh, "{", {})).toMatchObject({ status: 401 });
  expect(await post(fresh, ASKED, { authorization: "Bearer x" })).toMatchObject({ status: 403 });
  await post(fresh, ASKED);
  expect(await remove(fresh, "bulletin?author=ops", {})).toMatchObject({ status: 401 });
  expect(await held(fresh)).toMatchObject({ overrides: [{ id: "bulletin" }] });
});

test("withdrawing needs a name", async () => {
  const fresh = platform();
  await post(fresh, ASKED);
  expect(codeOf((await remove(fresh, "bulletin")).body)).toBe("query-invalid");
  expect(codeOf((await remove(fresh, "bulletin?author=")).body)).toBe("override-author-blank");
});

test("a wrong method names all that the path takes", async () => {
  const response = await platform().ask("/v1/overrides", { method: "PUT" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
  expect(errorSchema().parse(await response.json()).error.message).toContain("takes GET and POST only");
});
