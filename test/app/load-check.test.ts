import { describe, expect, test } from "vitest";
import { ingest } from "../../shared/app/ingest.ts";
import type { Channel, ListedProgramme } from "../../shared/core/schedule/programme.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { writeFeed } from "../../shared/feeds/write-feed.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { scheduleInForce } from "../schedules.ts";
import { at, platform, target, type Platform } from "./made.ts";

const NOW = at(9);
/** A show of two hours every other night at 19:00Z: seven that are over, and seven still to come. */
const NIGHTS = Array.from({ length: 14 }, (_, index) => at(19) + (index - 7) * 2 * DAY_MS);
const MOVED_MS = HOUR_MS;

/** A list of the shows that says them `byMs` late, with a remark that makes another edition of it. */
function feed(byMs = 0, remark = ""): string {
  const channels: readonly Channel[] = [{ id: "one", name: "One", parallel: true }];
  const programmes = NIGHTS.map((startsAtMs, index): ListedProgramme => {
    const moved = startsAtMs + byMs;
    const description = `${index}${remark}`;
    return {
      channelId: "one",
      title: `Show ${index}`,
      description,
      categories: [],
      live: true,
      startsAtMs: moved,
      endsAtMs: moved + 2 * HOUR_MS,
    };
  });
  return [...writeFeed({ channels, programmes }, "ndjson")].join("");
}

const isOn = (atMs: number): boolean => NIGHTS.some((startsAtMs) => atMs >= startsAtMs && atMs < startsAtMs + 2 * HOUR_MS);
/** Twice the load while a show is really on, over a day that has its own rise and fall. */
const crowdRps = (_: string, atMs: number): number => (isOn(atMs) ? 2 : 1) * (300 + 100 * Math.sin((2 * Math.PI * atMs) / DAY_MS));

async function measured(loadRps: (targetId: string, atMs: number) => number | undefined = crowdRps, ids = ["api"]): Promise<Platform> {
  const made = await platform({ targets: ids.map((id) => target(id)) });
  made.measured.world.loadRps = loadRps;
  return made;
}

function take(made: Platform, text: string, now = NOW) {
  made.goTo(now);
  return ingest(made.context, { feedId: "dk", read: () => inChunks(text) }, now);
}

const codes = ({ warnings }: { readonly warnings: readonly { readonly code: string }[] }) => warnings.map(({ code }) => code);

describe("load that was measured says whether a feed is an hour off", () => {
  test("where no schedule was in force: the feed is put in force, and the hour is told", async () => {
    const report = await take(await measured(), feed(-MOVED_MS));
    expect(report).toMatchObject({ outcome: "published", generation: 1, load: { kind: "shifted" } });
    expect(report.warnings).toEqual([
      {
        code: "load-shifted",
        sentence:
          "The load of api rose 1 hour after the feed says, in 7 of 7 programmes; a time zone was probably misread, or a change of clocks left out.",
      },
    ]);
    expect((await take(await measured(), feed(MOVED_MS))).load.sentence).toContain("1 hour before the feed says");
  });

  test("where the schedule in force is as shifted, edition after edition", async () => {
    const made = await measured();
    await take(made, feed(MOVED_MS));
    const next = await take(made, feed(MOVED_MS, " edited"), NOW + MINUTE_MS);
    expect(next).toMatchObject({ outcome: "published", generation: 2, load: { kind: "shifted" } });
    expect(codes(next)).toEqual(["load-shifted"]);
  });

  test("where the feed was put in force before anything was measured, once it is sent again unchanged", async () => {
    const made = await measured();
    const text = feed(MOVED_MS);
    const early = await take(made, text, NOW - 20 * DAY_MS);
    expect(early.load).toEqual({
      kind: "unknown",
      sentence: "Whether load rises when the feed says was not seen: it lists 0 programmes on 0 days of known load; 5 on 3 would tell.",
    });
    expect(codes(early)).toEqual([]);
    const late = await take(made, text);
    expect(late).toMatchObject({ outcome: "unchanged", generation: 1, load: { kind: "shifted" } });
    expect(codes(late)).toEqual(["load-shifted"]);
  });

  test("and says nothing against a feed that is right", async () => {
    const report = await take(await measured(), feed());
    expect(report).toMatchObject({ outcome: "published", warnings: [] });
    expect(report.load).toEqual({ kind: "in-place", sentence: "The load of api rose when the feed says, over 7 programmes." });
  });
});

describe("a feed that moved by an hour against the one in force is held back, whatever load says", () => {
  test("and when it is the feed that is wrong, load says so too", async () => {
    const made = await measured();
    await take(made, feed());
    const before = await scheduleInForce(made.context.ports, "dk");
    const report = await take(made, feed(MOVED_MS), NOW + MINUTE_MS);
    expect(report).toMatchObject({ outcome: "quarantined", generation: 1 });
    expect(report.quarantine).toEqual([
      {
        code: "shifted",
        what: expect.stringMatching(/moved by the same 60 min.* The load of api rose 1 hour before the feed says/) as string,
      },
    ]);
    expect(await scheduleInForce(made.context.ports, "dk")).toEqual(before);
  });

  test("and when it is the schedule in force that is wrong, the person who decides is told that the feed is right", async () => {
    const made = await measured();
    await take(made, feed(MOVED_MS));
    const report = await take(made, feed(), NOW + MINUTE_MS);
    expect(report).toMatchObject({ outcome: "quarantined", generation: 1, load: { kind: "in-place" } });
    expect(report.quarantine[0]?.what).toMatch(/moved by the same -60 min.* The load of api rose when the feed says/);
  });
});

describe("load that is not known is not held against a feed", () => {
  test("a load that cannot be read stops nothing, and is said", async () => {
    const made = await measured();
    made.measured.world.broken.add("api");
    const report = await take(made, feed(MOVED_MS));
    expect(report).toMatchObject({ outcome: "published", warnings: [], load: { kind: "unknown" } });
    expect(report.load.sentence).toBe("Whether load rises when the feed says was not seen: api: metrics are throttled.");
    const gaps = await take(await measured(() => undefined), feed(MOVED_MS));
    expect(gaps.load.sentence).toBe("Whether load rises when the feed says was not seen: a gap.");
    const none = await take(await measured(crowdRps, []), feed(MOVED_MS));
    expect(none.load.sentence).toContain("there is no target whose load is measured");
  });

  test("a load that does not follow the programmes says nothing, and the next target is asked", async () => {
    const flat = (targetId: string, atMs: number): number => (targetId === "flat" ? 300 : crowdRps(targetId, atMs));
    expect((await take(await measured(flat, ["flat"]), feed(MOVED_MS))).load).toEqual({
      kind: "unknown",
      sentence:
        "Whether load rises when the feed says was not seen: flat: it does not rise and fall with the 7 programmes that were looked at.",
    });
    const made = await measured(flat, ["flat", "broken", "api"]);
    made.measured.world.broken.add("broken");
    expect((await take(made, feed(MOVED_MS))).load.sentence).toContain("The load of api rose 1 hour before the feed says");
  });

  test("a guide that has something on at every hour cannot tell, and no load is asked for", async () => {
    const made = await measured();
    const programmes = Array.from({ length: 24 * 8 }, (_, index): ListedProgramme => {
      const startsAtMs = NOW + (index - 24 * 6) * HOUR_MS;
      return { channelId: "one", title: `Part ${index}`, categories: [], live: false, startsAtMs, endsAtMs: startsAtMs + HOUR_MS };
    });
    const report = await take(made, [...writeFeed({ channels: [], programmes }, "ndjson")].join(""));
    expect(report.load.sentence).toContain("something is on nearly always");
    expect(made.measured.reads).toEqual([]);
  });
});
