import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readListing } from "../../shared/app/feed-listing.ts";
import { ingest } from "../../shared/app/ingest.ts";
import { diffSchedules } from "../../shared/core/schedule/diff.ts";
import { identify } from "../../shared/core/schedule/identity.ts";
import { clockChanges } from "../../shared/core/schedule/lost-hour.ts";
import { byStart, type Channel, type ListedProgramme, type Programme, type Schedule } from "../../shared/core/schedule/programme.ts";
import { judgeListing, SANITY_THRESHOLDS } from "../../shared/core/schedule/sanity.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type ZoneOffsets } from "../../shared/core/time.ts";
import { writeFeed } from "../../shared/feeds/write-feed.ts";
import { edited } from "../core/schedule/edited.ts";
import { anyListed, EIGHT_PM, realListing } from "../core/schedule/programmes.ts";
import { describeWithData } from "../data-folder.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { scheduleInForce } from "../schedules.ts";
import { platform, type Platform } from "./made.ts";

type Guide = { readonly channels: readonly Channel[]; readonly programmes: readonly ListedProgramme[] };

const NOW = EIGHT_PM + 10 * MINUTE_MS;
const feedOf = (guide: Guide): string => [...writeFeed(guide, "ndjson")].join("");

/** Counts what is kept, and how often a generation is published, from now on. */
function counted({ context: { ports } }: Platform) {
  const { keep } = ports.chunks;
  const { publish, confirm } = ports.schedules;
  const written = { chunks: 0, generations: 0, confirmed: 0 };
  ports.chunks.keep = async (chunks) => {
    written.chunks += chunks.length;
    await keep(chunks);
  };
  ports.schedules.publish = async (next) => {
    written.generations += 1;
    return publish(next);
  };
  ports.schedules.confirm = async (...given) => {
    written.confirmed += 1;
    return confirm(...given);
  };
  return written;
}

const take = ({ context }: Platform, text: string, now = NOW) => ingest(context, { feedId: "dk", read: () => inChunks(text) }, now);

/** Takes a guide in, and expects what reading and judging the whole of it at once gives. */
async function takenAsWhole(made: Platform, guide: Guide, now: number): Promise<void> {
  const { context } = made;
  const { zone, feedGate: thresholds = SANITY_THRESHOLDS } = context.settings;
  const text = feedOf(guide);
  const listing = await readListing(inChunks(text), { latestStartMs: now + thresholds.furthestAheadMs });
  const lastGood = await scheduleInForce(context.ports, "dk");
  const verdict = judgeListing({ listing, lastGood, now, changes: clockChanges(zone), thresholds });
  const report = await take(made, text, now);
  expect(report.counts).toEqual(listing.counts);
  if (verdict.kind === "quarantined") {
    expect(report.outcome).toBe("quarantined");
    expect(report.quarantine).toEqual(verdict.findings.map(({ code, sentence }) => ({ code, what: sentence })));
    expect(report.findings).toEqual(listing.findings);
    expect(await scheduleInForce(context.ports, "dk")).toEqual(lastGood);
    return;
  }
  const whole = identify(listing, lastGood);
  expect(await scheduleInForce(context.ports, "dk")).toEqual(whole);
  const changes = lastGood === undefined ? diffSchedules(undefined, whole, now) : diffSchedules(lastGood, whole, now);
  expect(report.changes).toEqual(changes);
  if (report.outcome === "published") expect(report.warnings).toEqual(verdict.warnings);
  else expect([report.outcome, whole]).toEqual(["unchanged", lastGood]);
  expect(listing.findings).toEqual(expect.arrayContaining([...report.findings]));
}

const anyEdit = fc.record({
  kind: fc.constantFrom("drop", "move", "retitle", "lengthen", "add", "add", "drop channel", "rename channel", "parallel", "shift all"),
  at: fc.nat(),
  listed: anyListed,
  minutes: fc.integer({ min: -90, max: 90 }),
});

function editedGuide(guide: Guide, edits: readonly (typeof anyEdit extends fc.Arbitrary<infer Edit> ? Edit : never)[]): Guide {
  let { channels, programmes } = guide;
  for (const { kind, at, listed, minutes } of edits) {
    const nth = programmes.length === 0 ? 0 : at % programmes.length;
    const change = (changed: (was: ListedProgramme) => ListedProgramme) => programmes.map((was, i) => (i === nth ? changed(was) : was));
    const moved = (was: ListedProgramme) => ({
      ...was,
      startsAtMs: was.startsAtMs + minutes * MINUTE_MS,
      endsAtMs: was.endsAtMs + minutes * MINUTE_MS,
    });
    if (kind === "drop") programmes = programmes.toSpliced(nth, 1);
    else if (kind === "move") programmes = change(moved);
    else if (kind === "retitle") programmes = change((was) => ({ ...was, title: listed.title }));
    else if (kind === "lengthen") programmes = change((was) => ({ ...was, endsAtMs: was.endsAtMs + Math.abs(minutes) * MINUTE_MS }));
    else if (kind === "add")
      programmes = [
        ...programmes,
        { ...listed, startsAtMs: listed.startsAtMs + (at % 3) * DAY_MS, endsAtMs: listed.endsAtMs + (at % 3) * DAY_MS },
      ];
    else if (kind === "drop channel") {
      programmes = programmes.filter(({ channelId }) => channelId !== listed.channelId);
      channels = channels.filter(({ id }) => id !== listed.channelId);
    } else if (kind === "shift all") programmes = programmes.map(moved);
    else {
      const made = { id: listed.channelId, name: `${listed.title} ${at}`, ...(kind === "parallel" && { parallel: true as const }) };
      channels = [...channels.filter(({ id }) => id !== made.id), made];
    }
  }
  return { channels, programmes };
}

const LOOSE = {
  ...SANITY_THRESHOLDS,
  goneShare: 1,
  channelsLostShare: 1,
  fillerShare: 1.1,
  rejectedShare: 1,
  cutShare: 1,
  shiftedLeast: 1_000,
};
/** Clocks that go back in the middle of the evening. */
const ZONE: ZoneOffsets = [
  { fromMs: -Infinity, offsetMinutes: 120 },
  { fromMs: EIGHT_PM + HOUR_MS, offsetMinutes: 60 },
];

describe("what differs from the edition in force is all that is looked at, and", () => {
  test("what comes of it is what comes of the whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyListed, { minLength: 1, maxLength: 40 }),
        fc.array(fc.record({ edits: fc.array(anyEdit, { maxLength: 6 }), laterMinutes: fc.integer({ min: 0, max: 120 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom(LOOSE, SANITY_THRESHOLDS),
        async (programmes, editions, feedGate) => {
          const made = await platform({ feedGate, zone: ZONE });
          let guide: Guide = { channels: [], programmes };
          let now = NOW;
          await takenAsWhole(made, guide, now);
          for (const { edits, laterMinutes } of editions) {
            guide = editedGuide(guide, edits);
            now += laterMinutes * MINUTE_MS;
            await takenAsWhole(made, guide, now);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("an edition that is sent again writes no chunk and no manifest", async () => {
    const made = await platform();
    const text = feedOf({ channels: [], programmes: evening("one", "two") });
    await take(made, text);
    const written = counted(made);
    expect(await take(made, text, NOW + MINUTE_MS)).toMatchObject({ outcome: "unchanged", generation: 1, warnings: [] });
    expect(written).toEqual({ chunks: 0, generations: 0, confirmed: 1 });
  });

  test("one edited programme writes one chunk and the manifest", async () => {
    const made = await platform();
    const programmes = evening("one", "two", "three");
    await take(made, feedOf({ channels: [], programmes }));
    const written = counted(made);
    const edit = programmes.map((was, nth) => (nth === 7 ? { ...was, title: "Extraordinary" } : was));
    expect(await take(made, feedOf({ channels: [], programmes: edit }))).toMatchObject({ outcome: "published", generation: 2 });
    expect(written).toEqual({ chunks: 2, generations: 1, confirmed: 0 });
  });

  test("another order, and another repair that comes to the same, write nothing", async () => {
    const made = await platform();
    const programmes = evening("one", "two");
    await take(made, feedOf({ channels: [], programmes }));
    const written = counted(made);
    expect(await take(made, feedOf({ channels: [], programmes: programmes.toReversed() }))).toMatchObject({ outcome: "unchanged" });
    const overlapping = programmes.map((was, nth) => (nth === 2 ? { ...was, endsAtMs: was.endsAtMs + MINUTE_MS } : was));
    const report = await take(made, feedOf({ channels: [], programmes: overlapping }));
    expect([report.outcome, report.findings.map(({ code }) => code)]).toEqual([
      "unchanged",
      ["channel-undeclared", "channel-undeclared", "overlap"],
    ]);
    expect(written).toMatchObject({ chunks: 0, generations: 0 });
  });

  test("a feed that nobody looked at until its last programme had ended is stale, though it says the same", async () => {
    const made = await platform();
    const text = feedOf({ channels: [], programmes: evening("one") });
    await take(made, text);
    const report = await take(made, text, NOW + DAY_MS);
    expect([report.outcome, report.quarantine.map(({ code }) => code)]).toEqual(["quarantined", ["stale"]]);
  });

  test("a feed of the same programmes, most of it beside them unreadable by now, is quarantined", async () => {
    const made = await platform();
    const programmes = evening("one");
    await take(made, feedOf({ channels: [], programmes }));
    const untitled = programmes.map((was) => ({ ...was, title: "" }));
    const report = await take(made, feedOf({ channels: [], programmes: [...programmes, ...untitled] }), NOW + MINUTE_MS);
    expect([report.outcome, report.quarantine.map(({ code }) => code)]).toEqual(["quarantined", ["rejected"]]);
  });

  test("a feed whose bytes change between two readings of it is refused", async () => {
    const made = await platform();
    const texts = [feedOf({ channels: [], programmes: evening("one") }), feedOf({ channels: [], programmes: evening("one").slice(1) })];
    const read = () => inChunks(texts.shift() ?? "");
    await expect(ingest(made.context, { feedId: "dk", read }, NOW)).rejects.toMatchObject({ code: "feed-unreadable" });
    expect(await made.context.ports.schedules.current("dk")).toBeUndefined();
  });

  test("an ingest that is stopped half-way has changed nothing that can be seen, and is whole the second time", async () => {
    const made = await platform();
    const text = feedOf({ channels: [], programmes: evening("one", "two") });
    const { keep } = made.context.ports.chunks;
    made.context.ports.chunks.keep = async (chunks) => {
      await keep(chunks.slice(0, 1));
      throw new Error("killed");
    };
    await expect(take(made, text)).rejects.toThrow("killed");
    expect(await made.context.ports.schedules.feeds()).toEqual(["guide"]);
    made.context.ports.chunks.keep = keep;
    expect(await take(made, text)).toMatchObject({ outcome: "published", generation: 1 });
    expect((await scheduleInForce(made.context.ports, "dk"))?.programmes).toHaveLength(10);
  });
});

/** Five programmes a channel, from before eight on. */
function evening(...channels: readonly string[]): readonly ListedProgramme[] {
  return channels.flatMap((channelId) =>
    Array.from({ length: 5 }, (_, nth): ListedProgramme => {
      const startsAtMs = EIGHT_PM + (nth - 1) * HOUR_MS;
      return { channelId, title: `Show ${nth} of ${channelId}`, categories: [], live: false, startsAtMs, endsAtMs: startsAtMs + HOUR_MS };
    }),
  );
}

describeWithData("fifty edits of a real guide", () => {
  test.each([1, 2, 3])("come to what comes of the whole, and write the chunks of the days that they are in (seed %i)", async (seed) => {
    const { channels, programmes } = await realListing("epg/clean/Denmark.xml.gz");
    const now = Math.min(...programmes.map(({ startsAtMs }) => startsAtMs)) - MINUTE_MS;
    const made = await platform();
    await takenAsWhole(made, { channels, programmes }, now);
    const before = (await scheduleInForce(made.context.ports, "dk")) as Schedule;
    const written = counted(made);
    await takenAsWhole(made, { channels, programmes: edited(before, 50, seed).programmes.toSorted(byStart) }, now);
    const after = (await scheduleInForce(made.context.ports, "dk")) as Schedule;
    expect(written).toEqual({ chunks: daysThatDiffer(before, after) + 1, generations: 1, confirmed: 0 });
    expect(written.chunks).toBeGreaterThan(30);
  });
});

/** Channels and days whose programmes are not the same, as far as there are any left. */
function daysThatDiffer(before: Schedule, after: Schedule): number {
  const days = ({ programmes }: Schedule) => {
    const byDay = Map.groupBy(programmes, ({ channelId, startsAtMs }: Programme) => `${channelId} ${Math.floor(startsAtMs / DAY_MS)}`);
    return new Map([...byDay].map(([day, of]) => [day, JSON.stringify(of)]));
  };
  const was = days(before);
  return [...days(after)].filter(([day, of]) => was.get(day) !== of).length;
}
