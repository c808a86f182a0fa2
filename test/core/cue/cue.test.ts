import { describe, expect, test } from "vitest";
import { cueIdOf, decideCues, DEFAULT_CUE_OFFSETS, occasionIdOf } from "../../../shared/core/cue/cue.ts";
import { at, Evening, final } from "./evening.ts";

describe("offsets", () => {
  test("each cue goes out at its offset, for the start and for the end", () => {
    const evening = new Evening([final()]);
    const sent = evening.run(-130, 140);
    expect(sent).toEqual([
      "-120 starting 1 T-120",
      "-30 starting 1 T-30",
      "-10 starting 1 T-10",
      "0 starting 1 T-0",
      "0 ending 1 T-120",
      "90 ending 1 T-30",
      "110 ending 1 T-10",
      "120 ending 1 T-0",
    ]);
  });

  test("of several that have passed only the nearest is sent, as late", () => {
    expect(new Evening([final()]).run(-25, 0)).toEqual([
      "-25 starting 1 T-30 late",
      "-10 starting 1 T-10",
      "0 starting 1 T-0",
      "0 ending 1 T-120",
    ]);
    expect(new Evening([final()]).run(-5, -5)).toEqual(["-5 starting 1 T-10 late"]);
  });

  test("a tick later is no delay, two are", () => {
    expect(new Evening([final()]).run(-29, -29)).toEqual(["-29 starting 1 T-30"]);
    expect(new Evening([final()]).run(-28, -28)).toEqual(["-28 starting 1 T-30 late"]);
  });

  test("a second run at the same minute sends nothing", () => {
    const evening = new Evening([final()]);
    expect(evening.tick(-30)).toHaveLength(1);
    expect(evening.tick(-30)).toEqual([]);
    evening.set([final({ air: { kind: "on-air", startedAtMs: at(1) } })]);
    expect(evening.tick(3)).toHaveLength(2);
    expect(evening.tick(3)).toEqual([]);
  });

  test("ticks that were lost are made good by the nearest cue alone", () => {
    const evening = new Evening([final()]);
    evening.tick(-120);
    expect(evening.tick(-7)).toEqual(["-7 starting 1 T-10 late"]);
  });

  test("no offsets, no cues ahead; the actual start and end are told all the same to nobody who knew nothing", () => {
    const none = decideCues({ subjects: [final()], listed: new Map(), records: {}, offsets: [], now: at(-1) });
    expect(none).toEqual({ cues: [], records: {} });
  });

  test("two hours, half an hour, ten minutes and the instant itself are the offsets by default", () => {
    expect(DEFAULT_CUE_OFFSETS).toEqual([120, 30, 10, 0]);
  });
});

describe("changes", () => {
  test("a programme that moves gets a new revision at once, and its offsets are due again", () => {
    const evening = new Evening([final()]);
    evening.run(-130, -10);
    evening.set([final({ startsAtMs: at(20) })]);
    expect(evening.run(-9, 20).filter((line) => line.includes("starting"))).toEqual([
      "-9 starting 2 T-30",
      "10 starting 2 T-10",
      "20 starting 2 T-0",
    ]);
  });

  test("one that moves closer is told at once as late", () => {
    const evening = new Evening([final()]);
    evening.run(-130, -60);
    evening.set([final({ startsAtMs: at(-50) })]);
    expect(evening.tick(-59)).toEqual(["-59 starting 2 T-10"]);
    evening.set([final({ startsAtMs: at(-61) })]);
    expect(evening.tick(-58)).toEqual(["-58 starting 3 T-0 late"]);
  });

  test.each([
    ["name", { name: "the cup final, replayed" }],
    ["channels", { channelIds: ["one", "two"] }],
    ["end", { endsAtMs: at(150) }],
    ["slots", { programmes: final().occasion.programmes.map((slot) => ({ ...slot, title: "Cup Final: extra time" })) }],
  ])("a changed %s is a new revision for whoever got the cue", (_, change) => {
    const evening = new Evening([final()]);
    evening.run(-130, -30);
    evening.set([final(change)]);
    expect(evening.tick(-29)).toEqual(["-29 starting 2 T-30"]);
    expect(evening.tick(-28)).toEqual([]);
  });

  test("what only changes before anybody was told is no revision", () => {
    const evening = new Evening([final()]);
    evening.tick(-130);
    evening.set([final({ name: "the replayed final" })]);
    expect(evening.tick(-120)).toEqual(["-120 starting 1 T-120"]);
  });

  test("one that moves beyond the offsets is withdrawn, and announced again when it is due", () => {
    const evening = new Evening([final()]);
    evening.run(-130, -10);
    evening.set([final({ startsAtMs: at(180), endsAtMs: at(300) })]);
    expect(evening.tick(-9)).toEqual(["-9 starting 2 withdrawn programme-moved"]);
    expect(evening.run(-8, 60)).toEqual(["60 starting 3 T-120"]);
  });

  test("one that moves so far that nobody looks at it is withdrawn as moved, not as too small", () => {
    const evening = new Evening([final()]);
    evening.run(-130, -10);
    evening.set([], [final({ startsAtMs: at(600), endsAtMs: at(720) }).occasion]);
    expect(evening.tick(-9)).toEqual(["-9 starting 2 withdrawn programme-moved"]);
  });

  test("a kick-off that did not happen and was put off by hours is taken back", () => {
    const evening = new Evening([final()]);
    evening.run(-130, 4);
    evening.set([final({ startsAtMs: at(200), endsAtMs: at(320) })]);
    expect(evening.tick(5)).toEqual(["5 starting 2 withdrawn programme-moved", "5 ending 2 withdrawn programme-moved"]);
  });
});

describe("withdrawals", () => {
  test("one that is removed is withdrawn once, with what had been sent", () => {
    const evening = new Evening([final()]);
    evening.run(-130, -20);
    evening.set([]);
    expect(evening.tick(-19)).toEqual(["-19 starting 2 withdrawn programme-removed"]);
    expect(evening.last()).toMatchObject({
      reason: "the guide no longer has it",
      record: {
        name: "the cup final",
        sent: [
          { revision: 1, timing: { kind: "ahead", offsetMinutes: 120 }, sentAtMs: at(-120) },
          { revision: 1, timing: { kind: "ahead", offsetMinutes: 30 }, sentAtMs: at(-30) },
        ],
      },
    });
    expect(evening.tick(-18)).toEqual([]);
  });

  test("one of which nothing was sent is not withdrawn", () => {
    const evening = new Evening([final()]);
    evening.tick(-130);
    evening.set([]);
    expect(evening.run(-129, 0)).toEqual([]);
  });

  test("one that comes back is announced again with a higher revision", () => {
    const evening = new Evening([final()]);
    evening.run(-130, -20);
    evening.set([]);
    evening.tick(-19);
    evening.set([final()]);
    expect(evening.tick(-18)).toEqual(["-18 starting 3 T-30 late"]);
  });

  test("one that falls below the threshold is withdrawn before its start, not after", () => {
    const early = new Evening([final()]);
    early.run(-130, -20);
    early.set([], [final().occasion]);
    expect(early.tick(-19)).toEqual(["-19 starting 2 withdrawn below-threshold"]);

    const onAir = new Evening([final()]);
    onAir.run(-130, 10);
    onAir.set([], [final().occasion]);
    expect(onAir.run(11, 130)).toEqual([]);
  });

  test("the end of one that is taken off the air is withdrawn, its start is not", () => {
    const evening = new Evening([final()]);
    evening.run(-130, 3);
    evening.set([]);
    expect(evening.run(4, 40)).toEqual(["4 ending 2 withdrawn programme-removed"]);
  });

  test("an end that was seen is not taken back when the guide drops the programme", () => {
    const evening = new Evening([final()]);
    evening.run(-130, 110);
    evening.set([final({ air: { kind: "ended", by: "crowd", endedAtMs: at(112) } })]);
    expect(evening.tick(114)).toContain("114 ending 2 actual 112");
    evening.set([]);
    expect(evening.run(115, 130)).toEqual([]);
  });
});

describe("what really happened", () => {
  test("the actual start and the actual end are told once each, as a revision", () => {
    const evening = new Evening([final()]);
    evening.run(-130, 2);
    const startedAtMs = at(2);
    evening.set([final({ air: { kind: "on-air", startedAtMs } })]);
    expect(evening.run(3, 20)).toEqual(["3 starting 2 actual 2"]);
    evening.run(21, 130);
    evening.set([final({ air: { kind: "ended", by: "crowd", startedAtMs, endedAtMs: at(127) } })]);
    expect(evening.run(131, 200)).toEqual(["131 ending 2 actual 127"]);
  });

  test("once the actual start was told, what the guide says of it is told to nobody", () => {
    const evening = new Evening([final()]);
    evening.run(-130, 2);
    evening.set([final({ air: { kind: "on-air", startedAtMs: at(1) } })]);
    evening.tick(3);
    evening.set([final({ startsAtMs: at(5), air: { kind: "on-air", startedAtMs: at(1) } })]);
    expect(evening.run(4, 20).filter((line) => line.includes("starting"))).toEqual([]);
  });

  test("nothing is announced that is long over when it becomes known", () => {
    const started = { air: { kind: "on-air" as const, startedAtMs: at(0) } };
    expect(new Evening([final(started)]).tick(11)).toEqual(["11 ending 1 T-120 late"]);
    expect(new Evening([final({ air: { kind: "ended", by: "crowd", endedAtMs: at(118) } })]).tick(131)).toEqual([]);
  });

  test("what has only just begun is told as it is", () => {
    const started = { air: { kind: "on-air" as const, startedAtMs: at(0) } };
    expect(new Evening([final(started)]).tick(10)).toEqual(["10 starting 1 actual 0", "10 ending 1 T-120 late"]);
  });

  test("an end that the guide puts off is a new revision of the end", () => {
    const evening = new Evening([final()]);
    evening.run(-130, 115);
    evening.set([final({ endsAtMs: at(135) })]);
    expect(evening.run(116, 136)).toEqual(["116 ending 2 T-30 late", "125 ending 2 T-10", "135 ending 2 T-0"]);
  });
});

test("a cue is known by its occasion and its side", () => {
  expect(cueIdOf("o-7.a", "ending")).toBe("o-7.a.ending");
  expect(occasionIdOf("o-7.a.ending")).toBe("o-7.a");
});
