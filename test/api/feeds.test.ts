import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ingestReportSchema, MAX_LISTED_FINDINGS, quarantinedSchema } from "../../shared/api/feeds.ts";
import { errorSchema } from "../../shared/api/failure.ts";
import { examine } from "../../shared/app/examine.ts";
import { settle } from "../../shared/app/ingest.ts";
import type { DocumentStore, ScheduleStore } from "../../shared/app/ports.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { scheduleInForce } from "../schedules.ts";
import { feedText, NOW_MS, platform, runningPlatform, typesOf, type Platform } from "./platform.ts";

async function errorOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  return { status: response.status, ...errorSchema().parse(await response.json()).error };
}

/** Everything a failed upload must leave as it is. */
async function inForce({ context }: Platform) {
  const { documents, schedules } = context.ports;
  return { current: await schedules.current("guide"), feeds: await schedules.feeds(), documents: await documents.list("feed/") };
}

test("an uploaded feed is in force at once, and the report says what was read and what changed", async () => {
  const fresh = platform();
  const response = await fresh.upload(feedText());
  expect(response.status).toBe(200);
  const report = ingestReportSchema().parse(await response.json());
  expect(report).toMatchObject({
    feedId: "guide",
    outcome: "published",
    generation: 1,
    counts: { channelsDeclared: 1, programmesRead: 4, programmesKept: 4, programmesRejected: 0 },
    findingsCount: 0,
    quarantine: [],
    changes: { added: 4, cancelled: 0, moved: 0 },
  });
  expect((await fresh.context.ports.schedules.current("guide"))?.generation).toBe(1);
  expect(typesOf(fresh.events)).toEqual(["calltime.schedule.changed"]);
});

test("the same feed a second time, now gzipped and in a stream, changes nothing", async () => {
  const fresh = platform();
  await fresh.upload(feedText());
  const response = await fresh.upload(ReadableStream.from(inChunks(gzipSync(feedText()), 100)));
  expect(ingestReportSchema().parse(await response.json())).toMatchObject({ outcome: "unchanged", generation: 1, changes: { added: 0 } });
});

test("what was mended is told with its line, the first two hundred of it, and counted whole", async () => {
  const line = (stop: string, title: string) =>
    `<programme start="20260613230000 +0000" stop="${stop} +0000" channel="one.example"><title>${title}</title></programme>\n`;
  const backwards = line("20260613220000", "Backwards");
  const again = line("20260613235900", "Again");
  const response = await platform().upload(feedText(backwards + again.repeat(300)));
  expect(response.status).toBe(200);
  const report = ingestReportSchema().parse(await response.json());
  expect(report).toMatchObject({
    findingsCount: 300,
    warningsCount: 3,
    warnings: [{ code: "mended" }, { code: "gaps" }, { channelId: "one.example" }],
  });
  expect(report.findings).toHaveLength(MAX_LISTED_FINDINGS);
  expect(report.findings[0]?.line).toBeGreaterThan(1);
});

test("a truncated gz is 400 and leaves the last good schedule in force", async () => {
  const fresh = await runningPlatform({}, 1);
  const before = await inForce(fresh);
  const packed = gzipSync(feedText("<!-- later -->"));
  const refused = await errorOf(await fresh.upload(packed.subarray(0, packed.length - 20)));
  expect(refused).toMatchObject({ status: 400, code: "feed-truncated" });
  expect(await inForce(fresh)).toEqual(before);
});

test.each([
  ["", "feed-empty"],
  ["not a feed", "feed-format-unknown"],
  [feedText().replace("</tv>", ""), "feed-truncated"],
  [feedText("<programme"), "feed-malformed"],
])("a broken feed (%#) is 400 with the code of its reading, and writes nothing", async (body, code) => {
  const fresh = await runningPlatform({}, 1);
  const before = await inForce(fresh);
  expect(await errorOf(await fresh.upload(body))).toMatchObject({ status: 400, code });
  expect(await inForce(fresh)).toEqual(before);
});

test("a sender that gives up half-way has written nothing", async () => {
  const fresh = await runningPlatform({}, 1);
  const before = await inForce(fresh);
  const body = ReadableStream.from(
    (async function* () {
      yield new TextEncoder().encode(feedText().slice(0, 300));
      throw new Error("connection reset");
    })(),
  );
  expect(await errorOf(await fresh.upload(body))).toMatchObject({ status: 400, code: "feed-unreadable" });
  expect(await inForce(fresh)).toEqual(before);
});

test("a body over the limit is 413 at the first byte too many, and before the first when the request says its length", async () => {
  const fresh = platform({ input: { maxBodyBytes: 1_000 } });
  let sent = 0;
  const endless = ReadableStream.from(
    (async function* () {
      yield new TextEncoder().encode('<?xml version="1.0"?><tv>');
      for (; sent < 1_000_000; sent += 100) yield new TextEncoder().encode(" ".repeat(100));
    })(),
  );
  const refused = await errorOf(await fresh.upload(endless));
  expect(refused).toMatchObject({ status: 413, code: "body-too-large" });
  expect(refused.message).toContain("larger than 1000 bytes");
  expect(sent).toBeLessThan(5_000);

  let asked = false;
  const unread = ReadableStream.from(
    (async function* () {
      asked = true;
      yield new Uint8Array(1);
    })(),
  );
  expect((await fresh.upload(unread, { headers: { "content-length": "1001" } })).status).toBe(413);
  expect(asked).toBe(false);
  expect(await fresh.context.ports.schedules.feeds()).toEqual([]);
});

test("a gzipped body that is over the limit is 413 too", async () => {
  const fresh = platform({ input: { maxBodyBytes: 100 } });
  expect(await errorOf(await fresh.upload(gzipSync(feedText())))).toMatchObject({ status: 413, code: "body-too-large" });
});

test("a body that exactly fills the limit is taken", async () => {
  const bytes = new TextEncoder().encode(feedText());
  expect((await platform({ input: { maxBodyBytes: bytes.length } }).upload(bytes)).status).toBe(200);
  expect((await platform({ input: { maxBodyBytes: bytes.length - 1 } }).upload(bytes)).status).toBe(413);
});

test("a shrunken feed is 422: held back with reasons and report, the last good schedule in force, and a subscriber told", async () => {
  const fresh = await runningPlatform({}, 1);
  const empty = `<?xml version="1.0"?><tv><channel id="one.example"><display-name>One</display-name></channel></tv>`;
  const response = await fresh.upload(empty);
  expect(response.status).toBe(422);
  const { error, report } = quarantinedSchema().parse(await response.json());
  expect(error.code).toBe("feed-quarantined");
  expect(error.message).toMatch(/guide was held back, generation 1 stays in force: .*no programme/);
  expect(report).toMatchObject({ outcome: "quarantined", generation: 1 });
  expect(report.quarantine.map(({ code }) => code)).toEqual(["no-programmes"]);
  expect((await scheduleInForce(fresh.context.ports, "guide"))?.programmes).toHaveLength(4);
  expect(typesOf(fresh.events)).toContain("calltime.feed.quarantined");
});

test.each(["UPPER", "-guide", "a_b", "a.b", "..%2Fetc", "%00", "a".repeat(64)])("%s is no feed's id: 400", async (id) => {
  const fresh = platform();
  expect(await errorOf(await fresh.upload(feedText(), { id }))).toMatchObject({ status: 400, code: "feed-id-invalid" });
});

test("the longest id of a feed is taken", async () => {
  expect((await platform().upload(feedText(), { id: "a".repeat(63) })).status).toBe(200);
});

test("an unknown parameter is refused before anything is read or written", async () => {
  const fresh = platform();
  expect(await errorOf(await fresh.upload(feedText(), { id: "guide?dry-run=true" }))).toMatchObject({ status: 400, code: "query-invalid" });
  expect(await fresh.context.ports.schedules.feeds()).toEqual([]);
});

test("uploads of one feed at the same moment, again and again, are 409 and can be repeated", async () => {
  const schedules: ScheduleStore = {
    current: async () => undefined,
    inForceAt: async () => undefined,
    publish: async () => "conflict",
    confirm: async () => "conflict",
    feeds: async () => [],
  };
  expect(await errorOf(await platform({ ports: { schedules } }).upload(feedText()))).toMatchObject({ status: 409, code: "feed-contested" });
});

test("a failure in the middle of a write leaves nothing of it behind", async () => {
  const documents: DocumentStore = {
    read: async () => undefined,
    write: () => Promise.reject(new Error("the store is gone")),
    list: async () => [],
    remove: async () => "written",
  };
  const fresh = platform({ ports: { documents } });
  expect(await errorOf(await fresh.upload(feedText()))).toMatchObject({ status: 500, code: "internal" });
  expect(await inForce(fresh)).toEqual({ current: undefined, feeds: [], documents: [] });
});

test("a slow sender does not hold up a tick, and a finished upload waits for its turn and takes the time of its turn", async () => {
  let turn = (): void => undefined;
  let waiting = false;
  const fresh = platform({
    input: {
      exclusively: async (work) => {
        waiting = true;
        await new Promise<void>((resolve) => (turn = resolve));
        return work();
      },
    },
  });
  let finish = (): void => undefined;
  const body = ReadableStream.from(
    (async function* () {
      const bytes = new TextEncoder().encode(feedText());
      yield bytes.subarray(0, 200);
      await new Promise<void>((resolve) => (finish = resolve));
      yield bytes.subarray(200);
    })(),
  );
  const answer = fresh.upload(body);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(waiting).toBe(false);
  finish();
  await expect.poll(() => waiting).toBe(true);
  expect(await fresh.context.ports.schedules.feeds()).toEqual([]);
  fresh.goTo(NOW_MS + 5 * MINUTE_MS);
  turn();
  expect((await answer).status).toBe(200);
  expect((await fresh.context.ports.schedules.current("guide"))?.publishedAtMs).toBe(NOW_MS + 5 * MINUTE_MS);
});

test("examining a feed writes nothing; settling it is the rest of what one ingest is", async () => {
  const { context } = platform();
  const examined = await examine(context, { feedId: "guide", read: () => inChunks(feedText()) }, NOW_MS);
  expect(await context.ports.schedules.feeds()).toEqual([]);
  expect(await settle(context, examined, NOW_MS)).toMatchObject({ outcome: "published", generation: 1 });
  expect(await settle(context, examined, NOW_MS)).toBeUndefined();
});
