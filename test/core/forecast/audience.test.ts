import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  forecastAudience,
  groupsOf,
  learnEvening,
  learnGroups,
  learnSeries,
  stretched,
  unstretched,
  type AudienceLevels,
} from "../../../shared/core/forecast/audience.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import { expectation, expected, occasion } from "./made.ts";

/** The levels once a broadcast's series and, the morning after, its groups have learned from it. */
function learnAudience(
  levels: AudienceLevels,
  of: Occasion,
  measured: { readonly viewers: number; readonly censored: boolean },
): AudienceLevels {
  return learnGroups(learnSeries(levels, of, measured, []), [{ groups: groupsOf(of, []), ...measured }]);
}

/** The levels after these broadcasts, none of them short of capacity. */
function after(broadcasts: readonly (readonly [Occasion, number])[], before: AudienceLevels = {}): AudienceLevels {
  return broadcasts.reduce((levels, [seen, viewers]) => learnAudience(levels, seen, { viewers, censored: false }), before);
}

/** The median forecast in viewers, and the spread of its logarithm. Fails where the audience is unknown. */
function known(levels: AudienceLevels, of: Occasion): { readonly viewers: number; readonly spread: number } {
  const forecast = forecastAudience(levels, of, []);
  if (forecast.kind === "unknown") throw new Error("the audience is unknown");
  return { viewers: unstretched(forecast.mean), spread: Math.sqrt(forecast.variance) };
}

const derby = occasion();
const episode = (n: number): Occasion => occasion({ id: `o-soap-${n}`, seriesKey: "soap" });
const other = (n: number): Occasion => occasion({ id: `o-other-${n}`, seriesKey: `other ${n}` });
const daily = (week: number, day: number): Occasion =>
  occasion({ id: `o-daily-${week}-${day}`, seriesKey: "daily", minute: (week * 7 + day) * 1_440 });
const onChannel = (of: Occasion, channelId: string): Occasion => ({
  ...of,
  channelIds: [channelId],
  programmes: of.programmes.map((slot) => ({ ...slot, channelId })),
});
const elsewhere = (n: number): Occasion => occasion({ id: `o-else-${n}`, seriesKey: `else ${n}`, channelId: "two" });

describe("an audience nobody has seen", () => {
  test("is unknown, also when other channels were measured", () => {
    expect(forecastAudience({}, derby, [])).toEqual({ kind: "unknown" });
    expect(forecastAudience(after([[elsewhere(1), 5_000]]), derby, [])).toEqual({ kind: "unknown" });
  });

  test("is known once a day of its channel was measured", () => {
    expect(forecastAudience(after([[other(1), 500]]), derby, []).kind).toBe("known");
  });

  test("stays unknown on the evening itself: until the morning a broadcast speaks for its own series alone", () => {
    const evening = learnSeries({}, other(1), { viewers: 1_500_000, censored: false }, []);
    expect(forecastAudience(evening, derby, [])).toEqual({ kind: "unknown" });
    expect(known(evening, other(1)).viewers).toBeGreaterThan(1_000_000);
  });

  test("a series is bound to its channel: the news of another channel says nothing", () => {
    const levels = learnSeries({}, occasion({ seriesKey: "news", channelId: "two" }), { viewers: 300_000, censored: false }, []);
    expect(forecastAudience(levels, occasion({ seriesKey: "news" }), [])).toEqual({ kind: "unknown" });
  });
});

describe("what measured broadcasts say", () => {
  test("the nearer the group, the more it says: series before day part, day part before channel", () => {
    const morning = (n: number): Occasion => occasion({ id: `m-${n}`, seriesKey: `m ${n}`, minute: -12 * 60 });
    const levels = after([
      ...[1, 2, 3, 4].map((n) => [morning(n), 3_000] as const),
      ...[1, 2, 3, 4].map((n) => [other(n), 600] as const),
      [episode(1), 1_500],
    ]);
    const slot = known(levels, other(9)).viewers;
    const channel = known(levels, occasion({ seriesKey: "new", minute: -6 * 60 })).viewers;
    const series = known(levels, episode(2)).viewers;
    expect(Math.abs(series - 1_500)).toBeLessThan(150);
    expect(slot).toBeLessThan(channel);
    expect(slot).toBeLessThan(series);
  });

  test("a series is learned from one broadcast, however far it lies from its channel", () => {
    const levels = after([...[1, 2, 3, 4, 5].map((n) => [other(n), 400] as const), [episode(1), 200_000]]);
    const { viewers, spread } = known(levels, episode(2));
    expect(viewers).toBeGreaterThan(140_000);
    expect(viewers).toBeLessThan(210_000);
    expect(spread).toBeLessThan(0.5);
  });

  test("one flop among the first episodes neither makes a series small nor leaves everything possible", () => {
    const flopped = after([...[900_000, 270_000, 900_000].entries()].map(([n, viewers]) => [episode(n), viewers] as const));
    const { viewers, spread } = known(flopped, episode(9));
    expect(viewers).toBeGreaterThan(600_000);
    // Three spreads above the median are no more than six times it.
    expect(Math.exp(3 * spread)).toBeLessThan(6);
  });

  test("how far episodes of other series lay from what was forecast of them says how far the next of this one may", () => {
    const calm = Array.from({ length: 12 }, (_, n): readonly [Occasion, number] => [episode(n), 100_000]);
    const twoEpisodes = calm.slice(0, 2);
    const wild = Array.from({ length: 40 }, (_, n): readonly [Occasion, number] => {
      const of = occasion({ id: `o-wild-${n}`, seriesKey: "wild", channelId: "two" });
      return [of, n % 5 === 4 ? 220_000 : 100_000];
    });
    const steady = wild.map(([of]): readonly [Occasion, number] => [of, 100_000]);
    const spreadAfter = (...seen: readonly (readonly [Occasion, number])[][]): number => known(after(seen.flat()), episode(20)).spread;
    expect(spreadAfter(wild, twoEpisodes)).toBeGreaterThan(1.3 * spreadAfter(steady, twoEpisodes));
    // Its own episodes soon count for more.
    expect(spreadAfter(wild, calm)).toBeLessThan(0.6 * spreadAfter(wild, twoEpisodes));
  });

  test("most episodes of other series leave what is forecast of this one as it was", () => {
    const before = after(Array.from({ length: 60 }, (_, n): readonly [Occasion, number] => [episode(n), n % 2 === 0 ? 90_000 : 110_000]));
    let levels = after([[elsewhere(1), 100_000]], before);
    let forecast = forecastAudience(levels, episode(99), []);
    let moved = 0;
    for (let n = 0; n < 20; n += 1) {
      levels = learnSeries(levels, elsewhere(1), { viewers: n % 2 === 0 ? 90_000 : 110_000, censored: false }, []);
      const next = forecastAudience(levels, episode(99), []);
      if (JSON.stringify(next) !== JSON.stringify(forecast)) moved += 1;
      forecast = next;
    }
    expect(moved).toBeLessThanOrEqual(2);
  });

  test("one final does not make the programmes after it large", () => {
    const before = after([1, 2, 3, 4, 5, 6].map((n) => [other(n), 300] as const));
    const later = after([[derby, 2_000_000]], before);
    expect(known(later, other(9)).viewers).toBeLessThan(1_000);
    expect(known(later, derby).viewers).toBeGreaterThan(1_000_000);
  });

  test("it is signed: a programme that empties its channel is expected to do so again", () => {
    expect(known(after([[episode(1), -4_000]]), episode(2)).viewers).toBeLessThan(-3_000);
  });

  test("seasons pass: twenty broadcasts later the old size is forgotten", () => {
    const old = after(Array.from({ length: 20 }, () => [episode(1), 1_000] as const));
    const now = after(
      Array.from({ length: 40 }, () => [episode(1), 10_000] as const),
      old,
    );
    expect(known(now, episode(1)).viewers).toBeGreaterThan(7_000);
  });

  test("Fridays are told from Mondays once a few of both were seen", () => {
    const weeks = Array.from({ length: 8 }, (_, week) => [
      [daily(week, 0), 100_000] as const,
      [daily(week, 1), 100_000] as const,
      [daily(week, 2), 100_000] as const,
      [daily(week, 4), 60_000] as const,
    ]).flat();
    const levels = after(weeks);
    expect(known(levels, daily(9, 0)).viewers).toBeGreaterThan(90_000);
    expect(known(levels, daily(9, 4)).viewers).toBeLessThan(70_000);
  });

  test("one strange night hardly moves a settled series, and a lasting change does within a fortnight", () => {
    const settled = after(Array.from({ length: 20 }, (_, n) => [episode(n), n % 2 === 0 ? 95_000 : 105_000] as const));
    expect(known(after([[episode(21), 1_000_000]], settled), episode(22)).viewers).toBeLessThan(125_000);
    const grown = after(
      Array.from({ length: 14 }, (_, n) => [episode(n), 300_000] as const),
      settled,
    );
    expect(known(grown, episode(99)).viewers).toBeGreaterThan(250_000);
  });

  test("a night short of capacity never lowers what is expected, of this programme or any other", () => {
    const viewers = fc.integer({ min: -50_000, max: 500_000 });
    fc.assert(
      fc.property(fc.array(viewers, { minLength: 1, maxLength: 8 }), viewers, (seen, short) => {
        const levels = after(seen.map((count) => [derby, count] as const));
        const next = learnAudience(levels, derby, { viewers: short, censored: true });
        for (const each of [derby, other(1), occasion({ seriesKey: "new", minute: -12 * 60 })]) {
          expect(stretched(known(next, each).viewers)).toBeGreaterThanOrEqual(stretched(known(levels, each).viewers) - 1e-9);
        }
      }),
      { seed: 1 },
    );
  });
});

describe("the evening so far", () => {
  const news = (n: number): Occasion => occasion({ id: `o-news-${n}`, seriesKey: "news", minute: -60 + n * 1_440, lengthMinutes: 60 });
  const talk = (n: number, minute = 0): Occasion => occasion({ id: `o-talk-${n}`, seriesKey: "talk", minute: minute + n * 1_440 });
  const nights = Array.from({ length: 10 }, (_, n) => [
    [news(n), n % 2 === 0 ? 95_000 : 105_000] as const,
    [talk(n), n % 2 === 0 ? 45_000 : 55_000] as const,
  ]).flat();
  const levels = after(nights);
  const tonight = (viewers: number): AudienceLevels => learnEvening(levels, news(10), viewers, []);

  test("a large first programme makes the next one of its channel somewhat larger, a small one smaller", () => {
    const usual = known(levels, talk(10)).viewers;
    expect(known(tonight(125_000), talk(10)).viewers).toBeGreaterThan(usual * 1.03);
    expect(known(tonight(85_000), talk(10)).viewers).toBeLessThan(usual * 0.97);
    expect(known(tonight(10_000_000), talk(10)).viewers).toBeLessThan(usual * 1.3);
  });

  test("says nothing of itself, of another channel, of the next day, or of a series that is not settled", () => {
    const large = tonight(125_000);
    const onTwo = nights.map(([of, count]) => [onChannel(of, "two"), count] as const);
    expect(known(large, news(10))).toEqual(known(levels, news(10)));
    expect(known(large, talk(11))).toEqual(known(levels, talk(11)));
    expect(known(after(onTwo, large), onChannel(talk(10), "two")).viewers).toBe(
      known(after(onTwo, levels), onChannel(talk(10), "two")).viewers,
    );
    expect(known(large, episode(1))).toEqual(known(levels, episode(1)));
    expect(learnEvening(levels, episode(1), 900_000, [])).toBe(levels);
  });

  test("a crowd that is nearly gone is an outage, and lowers nothing", () => {
    expect(tonight(10_000)).toBe(levels);
    expect(tonight(0)).toBe(levels);
  });

  test("the second time is harmless", () => {
    const once = tonight(125_000);
    expect(learnEvening(once, news(10), 125_000, [])).toBe(once);
  });
});

describe("what a person says", () => {
  const said = (viewers: number, interval?: { lower: number; upper: number }): Occasion =>
    occasion({ expectation: expectation(viewers, interval) });

  test("alone it is believed within a few per cent, and about ±20 % wide", () => {
    const { viewers, spread } = known({}, said(400_000));
    expect(viewers).toBeGreaterThan(385_000);
    expect(viewers).toBeLessThan(400_000);
    expect(spread).toBeCloseTo(0.2, 2);
  });

  test("an interval is taken at its word: the narrower, the surer", () => {
    const narrow = known({}, said(400_000, { lower: 380_000, upper: 420_000 }));
    const wide = known({}, said(400_000, { lower: 200_000, upper: 800_000 }));
    expect(narrow.spread).toBeCloseTo(Math.log(420 / 380) / (2 * 1.645), 3);
    expect(wide.spread).toBeGreaterThan(0.3);
  });

  test("where it agrees with what was measured, both count, and together they are surer than each", () => {
    const levels = after([1, 2, 3].map(() => [derby, 400_000] as const));
    const both = known(levels, said(400_000));
    expect(both.viewers).toBeGreaterThan(known(levels, derby).viewers);
    expect(both.viewers).toBeLessThan(400_000);
    expect(both.spread).toBeLessThan(Math.min(0.2, known(levels, derby).spread));
  });

  test("counts as an episode of a series that nobody has seen: a flop is then told from a small series", () => {
    const flop = 30_000;
    const told = known(after([[expected(100_000), flop]]), derby);
    const untold = known(after([[derby, flop]]), derby);
    expect(untold.viewers).toBeCloseTo(flop, -4);
    expect(told.viewers).toBeGreaterThan(40_000);
    expect(told.viewers * Math.exp(2 * told.spread)).toBeGreaterThan(100_000);
    // A night short of capacity shows less than came: what was said stands.
    const short = learnSeries({}, expected(100_000), { viewers: flop, censored: true }, []);
    expect(known(short, derby).viewers).toBeGreaterThan(70_000);
    // Once the series was seen, what is said of one night is said of that night alone.
    const seen = after([[derby, 100_000]]);
    expect(known(after([[expected(900_000), 100_000]], seen), derby).viewers).toBeLessThan(110_000);
  });

  test("where it is far from the usual, tonight is not usual: the number said stands", () => {
    const levels = after([1, 2, 3, 4, 5].map((n) => [other(n), 500] as const));
    expect(known(levels, said(1_500_000)).viewers).toBeGreaterThan(1_350_000);
  });
});

test("stretching and its inverse cancel, and keep signs", () => {
  fc.assert(
    fc.property(fc.integer({ min: -5_000_000, max: 5_000_000 }), (viewers) => {
      expect(unstretched(stretched(viewers)) / (viewers || 1)).toBeCloseTo(viewers === 0 ? 0 : 1, 9);
      expect(Math.sign(stretched(viewers))).toBe(Math.sign(viewers));
    }),
    { seed: 1 },
  );
});
