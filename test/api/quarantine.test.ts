import { expect, test } from "vitest";
import { errorSchema } from "../../shared/api/failure.ts";
import { feedText, NOW_MS, platform, TOKEN, type Platform } from "./platform.ts";

async function errorOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  return { status: response.status, ...errorSchema().parse(await response.json()).error };
}

const headers = { authorization: `Bearer ${TOKEN}` };
const PATH = "/v1/feeds/guide/quarantine";
const accept = ({ ask }: Platform, body: unknown) => ask(`${PATH}/accept`, { method: "POST", headers, body: JSON.stringify(body) });
const reject = ({ ask }: Platform, query: string) => ask(`${PATH}?${query}`, { method: "DELETE", headers });
const look = async ({ ask }: Platform) => ((await (await ask(PATH)).json()) as { quarantine: { id: string } | null }).quarantine;

/** A platform with a guide in force and its second edition, from which the final and the news are gone, set aside. */
async function setAside(): Promise<Platform> {
  const fresh = platform();
  expect((await fresh.upload(feedText())).status).toBe(200);
  const gone = feedText()
    .split("\n")
    .filter((line) => !/Cup Final|Late News/.test(line))
    .join("\n");
  expect((await fresh.upload(gone)).status).toBe(422);
  return fresh;
}

test("a feed that was set aside is looked at, accepted, and in force; the second time is harmless", async () => {
  const fresh = await setAside();
  const held = await look(fresh);
  expect(held).toMatchObject({
    feedId: "guide",
    receivedAt: new Date(NOW_MS).toISOString(),
    until: new Date(NOW_MS + 3 * 86_400_000).toISOString(),
    findings: [{ code: "shrunken" }],
    besideGeneration: 1,
    generation: 1,
    acceptable: true,
    decision: null,
  });
  const asked = { id: held?.id, author: "traffic desk", why: "the evening was called off" };
  const accepted = await accept(fresh, asked);
  expect(accepted.status).toBe(200);
  expect(await accepted.json()).toMatchObject({
    outcome: "accepted",
    quarantine: { generation: 2, acceptable: false, decision: { kind: "accepted", author: "traffic desk", generation: 2 } },
  });
  expect(await (await accept(fresh, asked)).json()).toMatchObject({ outcome: "unchanged", changesCount: 0 });
  expect((await fresh.context.ports.schedules.current("guide"))?.generation).toBe(2);
  expect(await errorOf(await reject(fresh, "author=ops&why=no"))).toMatchObject({ status: 409, code: "quarantine-decided" });
});

test("a feed that was set aside is rejected, and what is in force stays", async () => {
  const fresh = await setAside();
  expect(await (await reject(fresh, "author=ops&why=a+broken+export")).json()).toMatchObject({
    outcome: "rejected",
    quarantine: { generation: 1, decision: { kind: "rejected", why: "a broken export" } },
  });
  expect(await (await reject(fresh, "author=ops&why=a+broken+export")).json()).toMatchObject({ outcome: "unchanged" });
});

test("where nothing is set aside there is nothing to look at or to decide", async () => {
  const fresh = platform();
  expect(await look(fresh)).toBeNull();
  expect(await errorOf(await accept(fresh, { author: "ops", why: "yes" }))).toMatchObject({ status: 404, code: "quarantine-unknown" });
  expect(await errorOf(await fresh.ask("/v1/feeds/NO/quarantine"))).toMatchObject({ status: 400, code: "feed-id-invalid" });
});

test("a decision needs the token, an author, a reason and the right upload", async () => {
  const fresh = await setAside();
  const body = JSON.stringify({ author: "ops", why: "yes" });
  expect((await fresh.ask(`${PATH}/accept`, { method: "POST", body })).status).toBe(401);
  expect(await errorOf(await accept(fresh, { author: "ops" }))).toMatchObject({ status: 400, code: "body-invalid" });
  expect(await errorOf(await accept(fresh, { author: "ops", why: " " }))).toMatchObject({ status: 400, code: "quarantine-why-blank" });
  expect(await errorOf(await accept(fresh, { id: "another", author: "ops", why: "yes" }))).toMatchObject({
    status: 409,
    code: "quarantine-replaced",
  });
  expect((await fresh.context.ports.schedules.current("guide"))?.generation).toBe(1);
});
