import { expect, test } from "vitest";
import { ingest, readLastSeen } from "../../shared/app/ingest.ts";
import type { NextGeneration } from "../../shared/app/ports.ts";
import { MOST_LISTED } from "../../shared/core/schedule/findings.ts";
import { SANITY_THRESHOLDS } from "../../shared/core/schedule/sanity.ts";
import { at, platform, type Platform } from "./made.ts";
import { calendarOf } from "../feeds/calendars.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { scheduleInForce } from "../schedules.ts";

const clock = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, "0")}${String(minutes % 60).padStart(2, "0")}`;

/** A feed of one channel with `count` programmes of half an hour from 17:00 on, a day at the most of them, each with its number. */
function feed(count: number, { from = 17 * 60, each = 1, titled = "Part" } = {}): string {
  const slots = Array.from({ length: count }, (_, index) => {
    const start = from + index * each;
    return `<programme start="20260613${clock(start)}00 +0000" stop="20260613${clock(start + each)}00 +0000" channel="one"><title>${titled} ${index}</title></programme>`;
  });
  return `<?xml version="1.0"?><tv><channel id="one"><display-name>One</display-name></channel>${slots.join("")}</tv>`;
}

const take = ({ context }: Platform, text: string, now = at(17)) => ingest(context, { feedId: "dk", read: () => inChunks(text) }, now);

test("a new feed is put in force, and its changes are told of", async () => {
  const small = await platform();
  const report = await take(small, feed(4));
  expect(report).toMatchObject({ outcome: "published", generation: 1, quarantine: [] });
  expect(report.changes.map(({ kind }) => kind)).toEqual(["added", "added", "added", "added"]);
  const [event] = small.bus.of("calltime.schedule.changed");
  expect(event?.id).toBe("schedule.changed/dk/1");
  expect(event?.data).toMatchObject({ generation: 1, previousGeneration: null, counts: { added: 4 }, truncated: false });
});

test("the same feed again changes nothing but when it was last seen", async () => {
  const small = await platform();
  const text = feed(4, { each: 30 });
  await take(small, text);
  expect(await take(small, text, at(17, 5))).toMatchObject({ outcome: "unchanged", generation: 1, changes: [] });
  expect(small.bus.of("calltime.schedule.changed")).toHaveLength(1);
  expect(await readLastSeen(small.context, "dk")).toEqual({ receivedAtMs: at(17, 5), outcome: "unchanged" });
});

const storedAt = ({ context }: Platform, storedAtMs: number, titled: string, now: number) =>
  ingest(context, { feedId: "dk", read: () => inChunks(feed(4, { each: 30, titled })), storedAtMs }, now);

test("an upload that waited counts from when it was stored, never after now", async () => {
  const small = await platform();
  const { schedules } = small.context.ports;
  await storedAt(small, at(17, 20), "Part", at(17, 30));
  expect((await schedules.current("dk"))?.publishedAtMs).toBe(at(17, 20));
  await storedAt(small, at(18), "Bit", at(17, 32));
  expect((await schedules.current("dk"))?.publishedAtMs).toBe(at(17, 32));
  expect((await schedules.inForceAt("dk", at(17, 31)))?.generation).toBe(1);
});

test("of two uploads the one stored later wins, whichever is read first", async () => {
  const small = await platform();
  await storedAt(small, at(17, 20), "Part", at(17, 30));
  expect(await storedAt(small, at(17, 10), "Piece", at(17, 31))).toMatchObject({ outcome: "outdated", generation: 1, changes: [] });
  const titles = async () => (await scheduleInForce(small.context.ports, "dk"))?.programmes.map(({ title }) => title);
  expect(await titles()).toEqual(["Part 0", "Part 1", "Part 2", "Part 3"]);
  expect(await readLastSeen(small.context, "dk")).toEqual({ receivedAtMs: at(17, 30), outcome: "published" });
  expect(await storedAt(small, at(17, 25), "Piece", at(17, 32))).toMatchObject({ outcome: "published", generation: 2 });
});

test("an upload that says what is in force keeps older ones away too", async () => {
  const small = await platform();
  await storedAt(small, at(17, 10), "Part", at(17, 11));
  expect(await storedAt(small, at(17, 20), "Part", at(17, 21))).toMatchObject({ outcome: "unchanged" });
  expect(await storedAt(small, at(17, 15), "Piece", at(17, 22))).toMatchObject({ outcome: "outdated", generation: 1 });
  expect(await storedAt(small, at(17, 15), "Part", at(17, 23))).toMatchObject({ outcome: "outdated", generation: 1 });
});

test("an older upload that another one overtakes while it is read does not win", async () => {
  const small = await platform();
  await storedAt(small, at(17, 5), "First", at(17, 5));
  const { chunks } = small.context.ports;
  const { keep } = chunks;
  chunks.keep = async (kept) => {
    chunks.keep = keep;
    await storedAt(small, at(17, 20), "Part", at(17, 21));
    await keep(kept);
  };
  expect(await storedAt(small, at(17, 10), "Piece", at(17, 21))).toMatchObject({ outcome: "outdated", generation: 2 });
  chunks.keep = async (kept) => {
    chunks.keep = keep;
    await storedAt(small, at(17, 40), "Part", at(17, 41));
    await keep(kept);
  };
  expect(await storedAt(small, at(17, 30), "Piece", at(17, 41))).toMatchObject({ outcome: "outdated", generation: 2 });
});

test("a feed that is judged insane is quarantined, and the last good schedule stays", async () => {
  const small = await platform();
  await take(small, feed(8, { each: 30 }));
  const report = await take(small, feed(0), at(17, 5));
  expect(report).toMatchObject({ outcome: "quarantined", generation: 1 });
  expect((await scheduleInForce(small.context.ports, "dk"))?.programmes).toHaveLength(8);
  const [event] = small.bus.of("calltime.feed.quarantined");
  expect(event?.data).toMatchObject({ feedId: "dk", generationKept: 1 });
  expect(event?.data.findings.length).toBe(report.quarantine.length);
});

test("the first feed of all can be quarantined too: then nothing is in force", async () => {
  const small = await platform();
  expect(await take(small, feed(0))).toMatchObject({ outcome: "quarantined", generation: undefined });
  expect(await small.context.ports.schedules.current("dk")).toBeUndefined();
  expect(small.bus.of("calltime.feed.quarantined")[0]?.data.generationKept).toBeNull();
});

test("a feed that breaks off throws and changes nothing", async () => {
  const small = await platform();
  const before = await small.documents.list("");
  await expect(take(small, feed(4).slice(0, -40))).rejects.toMatchObject({ code: expect.stringMatching(/^feed-/) as string });
  expect(await small.documents.list("")).toEqual(before);
  expect(await small.context.ports.schedules.current("dk")).toBeUndefined();
  expect(small.bus.events).toEqual([]);
});

test("of two uploads at once the second one is judged again, against the first", async () => {
  const small = await platform();
  const { publish } = small.context.ports.schedules;
  let conflicts = 0;
  let raced = false;
  small.context.ports.schedules.publish = async (next: NextGeneration) => {
    if (!raced) {
      raced = true;
      await take(small, feed(5));
    }
    const outcome = await publish(next);
    if (outcome === "conflict") conflicts += 1;
    return outcome;
  };
  const report = await take(small, feed(6));
  expect(conflicts).toBe(1);
  expect(report).toMatchObject({ outcome: "published", generation: 2 });
  expect(report.changes.map(({ kind }) => kind)).toEqual(["added"]);
  expect((await scheduleInForce(small.context.ports, "dk"))?.programmes).toHaveLength(6);
});

test("an upload that loses again and again is refused, and can be sent again", async () => {
  const small = await platform();
  small.context.ports.schedules.publish = async () => "conflict";
  await expect(take(small, feed(4))).rejects.toMatchObject({ code: "feed-contested" });
});

test("an event lists 200 changes at the most and counts all of them", async () => {
  const small = await platform();
  expect((await take(small, feed(240))).changes).toHaveLength(240);
  const [event] = small.bus.of("calltime.schedule.changed");
  expect(event?.data.changes).toHaveLength(200);
  expect(event?.data).toMatchObject({ counts: { added: 240 }, truncated: true });
});

test("changes with long titles are cut so that the event fits on the bus", async () => {
  const small = await platform();
  await take(small, feed(150, { titled: "x".repeat(3_000) }));
  const [event] = small.bus.of("calltime.schedule.changed");
  expect(event?.data.changes.length).toBeGreaterThan(20);
  expect(event?.data.changes.length).toBeLessThan(150);
  expect(event?.data).toMatchObject({ counts: { added: 150 }, truncated: true });
});

test("what a feed has wrong and is read all the same is in the report and in the event, with its line", async () => {
  const small = await platform();
  const text = feed(4, { each: 30, titled: "Salt & Sea" }).replace("<tv>", "<tv>\n");
  const report = await take(small, text);
  expect(report).toMatchObject({ outcome: "published", counts: { programmesKept: 4, itemsUnreadable: 0 } });
  const told = { kind: "repaired", code: "ampersand-bare", what: "an & stands alone; it was kept; &amp; would be right", line: 2 };
  expect(report.findings).toEqual([told, told, told, told]);
  const [event] = small.bus.of("calltime.schedule.changed");
  expect(event?.data.feedFindings).toEqual({ repaired: 4, rejected: 0, first: [told, told, told, told] });
});

test("a feed of bare ampersands is counted to the last one, and no more of them are kept than are listed", async () => {
  const small = await platform();
  const before = performance.now();
  const report = await take(small, feed(4, { each: 30, titled: "&".repeat(250_000) }));
  // Measured one by one from the beginning of its text each would take a minute.
  expect(performance.now() - before).toBeLessThan(20_000);
  expect(report.findingCounts).toEqual([{ kind: "repaired", code: "ampersand-bare", count: 1_000_000 }]);
  expect(report.findings.length).toBeLessThanOrEqual(MOST_LISTED);
  expect(report.warnings.map(({ sentence }) => sentence)).toContainEqual(expect.stringContaining("1000000 repairs on 4 programmes"));
  expect(small.bus.of("calltime.schedule.changed")[0]?.data.feedFindings).toMatchObject({ repaired: 1_000_000, rejected: 0 });
});

test("an event lists 20 findings at the most, each cut, and counts all of them", async () => {
  // So much wrong would be held back otherwise.
  const small = await platform({ feedGate: { ...SANITY_THRESHOLDS, rejectedShare: 1 } });
  const broken = '<programme channel="one" start="soon"><title>X</title></programme>'.repeat(40);
  const long = `<programme channel="${"x".repeat(400)}" start="20260613180000" stop="20260613190000"><title>X</title></programme>`;
  await take(small, feed(4, { each: 30 }).replace("</channel>", `</channel>${long}${broken}`));
  const [event] = small.bus.of("calltime.schedule.changed");
  expect(event?.data.feedFindings).toMatchObject({ repaired: 1, rejected: 40 });
  expect(event?.data.feedFindings?.first).toHaveLength(20);
});

test("a feed with nothing wrong says nothing of findings", async () => {
  const small = await platform();
  await take(small, feed(4, { each: 30 }));
  expect(small.bus.of("calltime.schedule.changed")[0]?.data).not.toHaveProperty("feedFindings");
});

test("what was taken out, moved and renamed is told with both slots", async () => {
  const small = await platform();
  await take(small, feed(8, { each: 30 }));
  await take(small, feed(7, { each: 30 }), at(17, 5));
  const [, second] = small.bus.of("calltime.schedule.changed");
  expect(second?.data.changes).toEqual([
    expect.objectContaining({
      kind: "cancelled",
      after: null,
      before: expect.objectContaining({ title: "Part 7" }) as object,
      minutesBeforeAir: 205,
    }),
  ]);
});

test("what repeats for ever is in force as far ahead as is believed, and is the same again until the next day", async () => {
  const small = await platform();
  const daily = calendarOf(
    "BEGIN:VEVENT",
    "SUMMARY:Magazine",
    "DTSTART:20200101T210000Z",
    "DURATION:PT1H",
    "RRULE:FREQ=DAILY",
    "END:VEVENT",
  );
  const first = await take(small, daily);
  // From yesterday's, which could still be on air, to the last of 400 days.
  expect(first).toMatchObject({ outcome: "published", counts: { programmesKept: 401 } });
  expect(await take(small, daily, at(23, 59))).toMatchObject({ outcome: "unchanged" });
  const next = await take(small, daily, at(41));
  expect(next).toMatchObject({ outcome: "published", counts: { programmesKept: 401 } });
  expect(next.changes.map((change) => change.kind)).toEqual(["added"]);
});
