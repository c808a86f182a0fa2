import { expect, test } from "vitest";
import { errorSchema } from "../../shared/api/failure.ts";
import { runningPlatform, TOKEN, type Platform } from "./platform.ts";

const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const BY = { author: "newsroom", why: "extra time" };

type Found = { readonly programmes: readonly { readonly id: string; readonly title: string; readonly occasionId: string | null }[] };

async function find({ ask }: Platform, query = ""): Promise<Found> {
  return (await (await ask(`/v1/programmes${query}`)).json()) as Found;
}

async function finalId(running: Platform): Promise<string> {
  const [only] = (await find(running, "?title=cup%20FINAL")).programmes;
  return only?.id ?? "";
}

async function patch({ ask }: Platform, id: string, body: object, headers: Record<string, string> = AUTHORIZED) {
  const response = await ask(`/v1/programmes/${encodeURIComponent(id)}`, { method: "PATCH", headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as unknown };
}

const codeOf = (body: unknown): string => errorSchema().parse(body).error.code;

test("programmes are found by a part of their title, their channel and a window, by start", async () => {
  const running = await runningPlatform();
  const titles = async (query: string) => (await find(running, query)).programmes.map(({ title }) => title);
  expect(await titles("")).toEqual(["Garden Hour", "National Cup Final", "Late News", "A Night Film"]);
  expect(await titles("?title=final")).toEqual(["National Cup Final"]);
  expect(await titles("?channel=two.example")).toEqual([]);
  // Ends are excluded, on both sides.
  expect(await titles("?from=2026-06-13T19:30Z&to=2026-06-13T20:30Z")).toEqual(["Late News"]);
  const [only] = (await find(running, "?title=final")).programmes;
  expect(only).toMatchObject({
    channelId: "one.example",
    startsAt: "2026-06-13T17:40:00.000Z",
    endsAt: "2026-06-13T19:30:00.000Z",
    listed: { title: "National Cup Final", startsAt: "2026-06-13T17:40:00.000Z", endsAt: "2026-06-13T19:30:00.000Z" },
    correction: null,
    occasionId: expect.stringMatching(/^e-/) as string,
  });
});

test("a change that comes too late is answered with what can still be had, and one in time with nothing", async () => {
  const running = await runningPlatform();
  const id = await finalId(running);
  const later = await patch(running, id, { startsAt: "2026-06-13T18:10Z", ...BY });
  expect(later.body).toMatchObject({ outcome: "corrected", late: [] });
  const sooner = await patch(running, id, { startsAt: "2026-06-13T17:04Z", ...BY });
  const { late } = sooner.body as { readonly late: readonly { readonly targets: readonly Record<string, unknown>[] }[] };
  expect(late).toMatchObject([{ name: expect.any(String) as string, startsAt: "2026-06-13T17:04:00.000Z" }]);
  const api = late[0]?.targets.find(({ targetId }) => targetId === "player-api");
  expect(api).toMatchObject({ mode: "active", shortFrom: expect.stringMatching(/^2026-06-13T17:0/) as string });
  expect(api?.["inTimeUnits"]).toBeLessThan(api?.["neededUnits"] as number);
  expect(api?.["shortUnits"]).toBeGreaterThan(0);
});

test("a correction is in force at once, is found with the programme, and null takes it back", async () => {
  const running = await runningPlatform();
  const id = await finalId(running);
  const corrected = await patch(running, id, { startsAt: "2026-06-13T18:10Z", ...BY });
  const correction = {
    startsAt: "2026-06-13T18:10:00.000Z",
    endsAt: null,
    title: null,
    cancelled: false,
    actualStartsAt: null,
    actualEndsAt: null,
    endedBy: null,
    ...BY,
    at: "2026-06-13T17:02:00.000Z",
    until: "2026-06-14T20:00:00.000Z",
  };
  const now = "2026-06-13T17:02:00.000Z";
  expect(corrected).toEqual({ status: 200, body: { now, outcome: "corrected", programmeId: id, correction, late: [] } });
  expect(await patch(running, id, { startsAt: "2026-06-13T18:10Z", ...BY })).toMatchObject({ status: 200, body: { outcome: "unchanged" } });
  expect((await find(running, "?title=final")).programmes[0]).toMatchObject({
    startsAt: "2026-06-13T18:10:00.000Z",
    endsAt: "2026-06-13T20:00:00.000Z",
    listed: { startsAt: "2026-06-13T17:40:00.000Z" },
    correction,
  });
  const occasions = (await (await running.ask("/v1/occasions")).json()) as { above: { startsAt: string; said: string[] }[] };
  expect(occasions.above[0]).toMatchObject({
    startsAt: "2026-06-13T18:10:00.000Z",
    said: [
      "newsroom said that the National Cup Final begins 30 min later than the guide says: extra time",
      "newsroom said that the National Cup Final ends 30 min later than the guide says: extra time",
    ],
  });
  expect(await patch(running, id, { startsAt: null, ...BY })).toMatchObject({ body: { outcome: "taken-back", correction: null } });
  expect(running.events.filter(({ type }) => type === "calltime.programme.corrected")).toHaveLength(2);
});

test("a cancelled programme is found, and is part of no occasion", async () => {
  const running = await runningPlatform();
  const id = await finalId(running);
  await patch(running, id, { cancelled: true, ...BY });
  expect((await find(running, "?title=final")).programmes).toMatchObject([{ id, occasionId: null, correction: { cancelled: true } }]);
});

test.each<[number, string, object, RegExp]>([
  [400, "body-invalid", { startsAt: "later" }, /startsAt: expected an instant with its zone/],
  [400, "body-invalid", { cancelled: "yes" }, /cancelled: expected true or false/],
  [400, "body-invalid", { endedBy: "me" }, /endedBy: expected operator or marker/],
  [400, "body-invalid", { startAt: null }, /startAt: there is no such field; there are startsAt/],
  [400, "body-invalid", { cancelled: true, why: "one\nline" }, /why: expected why on one line/],
  [400, "correction-empty", {}, /nothing is said/],
  [400, "correction-author-blank", { cancelled: true, author: " " }, /author is blank/],
  [400, "correction-why-blank", { cancelled: true, why: " " }, /reason is blank/],
  [400, "correction-title-blank", { title: " " }, /title is blank/],
  [400, "correction-times-invalid", { actualEndsAt: "2026-06-13T19:00Z" }, /say so then/],
  [400, "correction-until-invalid", { cancelled: true, until: "2026-06-13T17:00Z" }, /later would be right/],
  [400, "correction-until-far", { cancelled: true, until: "2026-07-13T17:00Z" }, /is the latest/],
])("%d %s: %j is refused and changes nothing", async (status, code, wrong, sentence) => {
  const running = await runningPlatform();
  const id = await finalId(running);
  const answer = await patch(running, id, { ...BY, ...wrong });
  expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
  expect(errorSchema().parse(answer.body).error.message).toMatch(sentence);
  expect((await find(running, "?title=final")).programmes).toMatchObject([{ correction: null }]);
  expect(running.events.filter(({ type }) => type === "calltime.programme.corrected")).toEqual([]);
});

test("correcting needs the token, and a programme that there is", async () => {
  const running = await runningPlatform();
  const id = await finalId(running);
  expect((await patch(running, id, { cancelled: true, ...BY }, {})).status).toBe(401);
  const unknown = await patch(running, "nothing", { cancelled: true, ...BY });
  expect([unknown.status, codeOf(unknown.body)]).toEqual([404, "programme-unknown"]);
  expect((await find(running, "?title=final")).programmes).toMatchObject([{ correction: null }]);
});
