import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correctedBy, saidEndOf, saidStartOf, type Correction } from "../../../shared/core/schedule/correction.ts";
import type { Expectation } from "../../../shared/core/schedule/expectation.ts";
import { occasionsOf } from "../../../shared/core/schedule/occasion.ts";
import type { Programme } from "../../../shared/core/schedule/programme.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";

const at = (hour: number, minute = 0): number => Date.UTC(2026, 5, 13, hour, minute);

function slot(id: string, startsAtMs: number, endsAtMs: number, more: Partial<Programme> = {}): Programme {
  return { id, channelId: "one", title: "Cup Final", categories: [], live: false, startsAtMs, endsAtMs, ...more };
}

const by = { author: "newsroom", why: "extra time", atMs: at(18), untilMs: at(24) };
type SaidOfOne = Partial<Correction> & { readonly programmeId: string };
const says = (...said: readonly SaidOfOne[]) => new Map(said.map((each) => [each.programmeId, { ...by, ...each }]));

const FINAL = slot("final", at(19), at(21));
const EXPECTED: Expectation = {
  occasion: "the cup final",
  title: "cup final",
  channels: ["one"],
  windowStartMs: at(18),
  windowEndMs: at(20),
  viewers: 200_000,
};

const corrected = (correction: Partial<Correction>): Programme | undefined =>
  correctedBy(says({ programmeId: "final", ...correction }), FINAL);

describe("a corrected programme", () => {
  test("moves with its length when only its start is said, and ends elsewhere when only its end is", () => {
    expect(corrected({ startsAtMs: at(19, 30) })).toMatchObject({ startsAtMs: at(19, 30), endsAtMs: at(21, 30) });
    expect(corrected({ endsAtMs: at(21, 45) })).toMatchObject({ startsAtMs: at(19), endsAtMs: at(21, 45) });
    expect(corrected({ startsAtMs: at(19, 30), endsAtMs: at(21, 10) })).toMatchObject({ startsAtMs: at(19, 30), endsAtMs: at(21, 10) });
  });

  test("that really began late ends so much later; one that began early may go on until its end in the guide", () => {
    expect(corrected({ actualStartsAtMs: at(19, 12) })).toMatchObject({ startsAtMs: at(19, 12), endsAtMs: at(21, 12) });
    expect(corrected({ actualStartsAtMs: at(18, 55) })).toMatchObject({ startsAtMs: at(18, 55), endsAtMs: at(21) });
    expect(corrected({ actualStartsAtMs: at(19, 12), endsAtMs: at(21, 5) })).toMatchObject({ endsAtMs: at(21, 5) });
  });

  test("says what its feed has, and who corrected it; a new title alone moves nothing", () => {
    expect(corrected({ startsAtMs: at(19, 30) })?.corrected).toEqual({
      startsAtMs: at(19),
      endsAtMs: at(21),
      author: "newsroom",
      why: "extra time",
    });
    expect(corrected({ title: "The Final" })).toEqual({ ...FINAL, title: "The Final" });
  });

  test("is none when it is cancelled, and one of which nobody speaks stays the same object", () => {
    const news = slot("news", at(21), at(22), { title: "News" });
    expect(corrected({ cancelled: true })).toBeUndefined();
    expect(correctedBy(says({ programmeId: "final", cancelled: true }), news)).toBe(news);
  });

  test("whatever is said, it ends after it begins", () => {
    const minute = fc.option(fc.integer({ min: -1_440, max: 1_440 }), { nil: undefined });
    const correction = fc.record({ startsAt: minute, endsAt: minute, actual: minute, feedMoved: fc.integer({ min: -360, max: 360 }) });
    fc.assert(
      fc.property(correction, ({ startsAt, endsAt, actual, feedMoved }) => {
        const near = (minutes: number | undefined) => minutes && at(19) + minutes * MINUTE_MS;
        const said = {
          ...(startsAt !== undefined && { startsAtMs: near(startsAt) ?? 0 }),
          ...(endsAt !== undefined && { endsAtMs: near(endsAt) ?? 0 }),
          ...(actual !== undefined && { actualStartsAtMs: near(actual) ?? 0 }),
        };
        const moved = slot("final", FINAL.startsAtMs + feedMoved * MINUTE_MS, FINAL.endsAtMs + feedMoved * MINUTE_MS);
        const made = correctedBy(says({ programmeId: "final", ...said }), moved);
        expect(made?.endsAtMs).toBeGreaterThan(made?.startsAtMs ?? Infinity);
      }),
      { seed: 1 },
    );
  });
});

describe("the occasion of a corrected programme", () => {
  const occasionWith = (correction: Partial<Correction>, expectation: Expectation = EXPECTED) =>
    occasionsOf({ channels: [], programmes: [corrected(correction)].filter((slot) => slot !== undefined) }, [expectation])[0];

  test("is still the expected one when it is put off until after the window", () => {
    const late = occasionWith({ startsAtMs: at(20, 30) });
    expect(late).toMatchObject({ name: "the cup final", startsAtMs: at(20, 30), endsAtMs: at(22, 30) });
    expect(late).toMatchObject({ listed: { startsAtMs: at(19), endsAtMs: at(21) }, expectation: { viewers: 200_000 } });
  });

  test("moves the kick-off of the expectation as far as its slot", () => {
    const kickOff = { ...EXPECTED, startsAtMs: at(19, 15), endsAtMs: at(20, 55) };
    expect(occasionWith({ startsAtMs: at(19, 30) }, kickOff)).toMatchObject({ startsAtMs: at(19, 45), endsAtMs: at(21, 25) });
    expect(occasionWith({ endsAtMs: at(21, 40) }, kickOff)).toMatchObject({ startsAtMs: at(19, 15), endsAtMs: at(21, 35) });
    expect(occasionWith({ title: "The Cup Final" }, kickOff)).toMatchObject({ startsAtMs: at(19, 15), endsAtMs: at(20, 55) });
  });

  test("says who moved it, and by how much", () => {
    expect(occasionWith({ startsAtMs: at(19, 10), endsAtMs: at(21, 45) })?.said).toEqual([
      { change: { kind: "start", byMinutes: 10 }, author: "newsroom", why: "extra time" },
      { change: { kind: "end", byMinutes: 45 }, author: "newsroom", why: "extra time" },
    ]);
    expect(occasionWith({ title: "The Cup Final" })?.said).toBeUndefined();
  });

  test("is found by its corrected title, and no longer by the one in the feed", () => {
    const sport = { ...FINAL, title: "Sport" };
    const named = correctedBy(says({ programmeId: "final", title: "The Cup Final, live" }), sport) ?? sport;
    expect(occasionsOf({ channels: [], programmes: [named] }, [EXPECTED])[0]?.name).toBe("the cup final");
    expect(occasionWith({ title: "Sport" })?.name).toBe("Sport");
  });
});

describe("what is said of the real start and end", () => {
  const halves = [slot("first", at(19), at(20)), slot("second", at(20, 15), at(21, 15))];
  const simulcast = [slot("here", at(19), at(21)), slot("there", at(19), at(21), { channelId: "two" })];
  const both: Expectation = { ...EXPECTED, channels: ["one", "two"], windowEndMs: at(21) };
  const end = (minute: number, source: "operator" | "marker" = "marker") => ({ atMs: at(21, minute), by: source });
  const occasion = (programmes: readonly Programme[]) => occasionsOf({ channels: [], programmes }, [both])[0];
  const endOf = (programmes: readonly Programme[], ...said: readonly SaidOfOne[]) => {
    const found = occasion(programmes);
    return found && saidEndOf(found, says(...said));
  };

  test("the end of the last half is the end; the end of the first is none", () => {
    expect(endOf(halves, { programmeId: "second", actualEnd: end(20) })).toEqual(end(20));
    expect(endOf(halves, { programmeId: "first", actualEnd: { atMs: at(20, 2), by: "marker" } })).toBeUndefined();
    expect(endOf(halves, { programmeId: "second", cancelled: true })).toBeUndefined();
  });

  test("on two channels it has ended when both were said to, or when the other was to be over by then", () => {
    expect(endOf(simulcast, { programmeId: "here", actualEnd: { atMs: at(20, 50), by: "operator" } })).toBeUndefined();
    expect(
      endOf(
        simulcast,
        { programmeId: "here", actualEnd: { atMs: at(20, 50), by: "operator" } },
        { programmeId: "there", actualEnd: { atMs: at(20, 52), by: "marker" } },
      ),
    ).toEqual({ atMs: at(20, 52), by: "marker" });
    expect(endOf(simulcast, { programmeId: "here", actualEnd: end(10) })).toEqual(end(10));
  });

  test("the real start is the first slot's", () => {
    const found = occasion(halves);
    expect(found && saidStartOf(found, says({ programmeId: "first", actualStartsAtMs: at(19, 4) }))).toBe(at(19, 4));
    expect(found && saidStartOf(found, says({ programmeId: "second", actualStartsAtMs: at(20, 20) }))).toBeUndefined();
  });
});
