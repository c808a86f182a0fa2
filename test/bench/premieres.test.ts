import { describe, expect, test } from "vitest";
import { premiereRows } from "../../bench/premieres.ts";
import { PEERS } from "../../bench/season/tune.ts";
import { PREMIERES } from "../../bench/workloads/premiere-parameters.ts";
import { premiereNights, type Night, type PremiereNights } from "../../bench/workloads/premieres.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/core/time.ts";

const SEEDS = [1, 2, 3] as const;
const made = SEEDS.map((seed) => premiereNights(seed, PREMIERES));

/** The load of the minutes around an instant, from `from` to `to` minutes after it. */
function around({ fromMs, rps }: PremiereNights, atMs: number, from: number, to: number): readonly number[] {
  const index = Math.floor((atMs - fromMs) / MINUTE_MS);
  return rps.slice(index + from, index + to);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Load two minutes after the real start ÷ load three minutes before it. */
function multipleOf(nights: PremiereNights, { startedAtMs }: Night): number {
  const [before = Number.NaN] = around(nights, startedAtMs, -3, -2);
  const [after = Number.NaN] = around(nights, startedAtMs, 2, 3);
  return after / before;
}

describe("synthetic premiere nights", () => {
  test("say that they are synthetic, and are the same for the same seed", () => {
    expect(made.map(({ label }) => label)).toEqual(["synthetic", "synthetic", "synthetic"]);
    expect(premiereNights(1, PREMIERES)).toEqual(made[0]);
    expect(premiereNights(1, PREMIERES).rps).not.toEqual(made[1]?.rps);
  });

  test("rise fivefold within two minutes of their start, and some tenfold", () => {
    const multiples = made.flatMap((nights) =>
      nights.nights.filter(({ happening }) => happening === "as-listed").map((night) => multipleOf(nights, night)),
    );
    expect(median(multiples)).toBeGreaterThan(4);
    expect(median(multiples)).toBeLessThan(6);
    expect(multiples.filter((times) => times > 8).length).toBeGreaterThan(0.05 * multiples.length);
  });

  test("gain 1.1 million viewers in the fastest minute, and no more", () => {
    const most = (PREMIERES.mostArrivalsAMinute * (PREMIERES.viewerRps * 60 + PREMIERES.arrivalRequests)) / 60;
    const gains = made.flatMap((nights) =>
      nights.nights.flatMap(({ startedAtMs }) => {
        const minutes = around(nights, startedAtMs, -2, 6);
        return minutes.slice(1).map((rps, index) => rps - (minutes[index] ?? 0));
      }),
    );
    expect(Math.max(...gains)).toBeLessThan(1.05 * most);
    expect(Math.max(...gains)).toBeGreaterThan(0.6 * most);
  });

  test("begin in the last twenty seconds before their start, and not before", () => {
    for (const nights of made) {
      for (const night of nights.nights.filter(({ viewers }) => viewers > 0)) {
        const [before = 0, last = 0, first = 0] = around(nights, night.startedAtMs, -2, 1);
        expect(before).toBeLessThan(2.6 * PREMIERES.usualPeakRps);
        expect(last).toBeGreaterThan(1.2 * before);
        expect(first).toBeGreaterThan(last);
      }
    }
  });

  test("surge at their real end, when everybody asks for the home page", () => {
    const surges = made.flatMap((nights) =>
      nights.nights
        .filter(({ viewers }) => viewers > 0)
        .map(({ endedAtMs }) => Math.max(...around(nights, endedAtMs, 0, 3)) / (around(nights, endedAtMs, -2, -1)[0] ?? Number.NaN)),
    );
    expect(median(surges)).toBeGreaterThan(1.3);
    expect(median(surges)).toBeLessThan(1.7);
  });

  test("overrun, slip, are cancelled, flop and surprise about as often as stated, and the guide says nothing of it", () => {
    const nights = Array.from({ length: 25 }, (_, seed) => premiereNights(seed, { ...PREMIERES, usualDays: 0 }).nights).flat();
    const share = (happening: string): number => nights.filter((night) => night.happening === happening).length / nights.length;
    const { overruns, slips, cancelled, flops, surprises } = PREMIERES;
    for (const [happening, stated] of Object.entries({ overrun: overruns, slip: slips, cancelled, flop: flops, surprise: surprises })) {
      expect(share(happening)).toBeGreaterThan(0.6 * stated.share);
      expect(share(happening)).toBeLessThan(1.5 * stated.share);
    }
    for (const { programme, happening, startedAtMs, endedAtMs, viewers } of nights) {
      expect(startedAtMs === programme.startsAtMs).toBe(happening !== "slip");
      expect(endedAtMs === programme.endsAtMs).toBe(happening !== "slip" && happening !== "overrun");
      expect(viewers === 0).toBe(happening === "cancelled");
    }
  });
});

describe("policies on premiere nights", () => {
  test("target tracking keeps no limit for less than three times the oracle: it sees the crowd when it is there", () => {
    const { fromMs, rps } = premiereNights(1, { ...PREMIERES, usualDays: 1, nights: 8 });
    const trace = { fromMs, loadRps: Float64Array.from(rps), chargeMs: fromMs + DAY_MS };
    const trials = PEERS["AWS target tracking"]?.(trace, [], { throughputRps: 25, startUpMinutes: 3 }) ?? [];
    expect(trials).toHaveLength(90);
    const affordable = trials.filter(({ outcome }) => outcome.ratio < 3);
    expect(affordable.length).toBeGreaterThan(50);
    expect(Math.min(...affordable.map(({ outcome }) => outcome.unservedPerMillion))).toBeGreaterThan(100);
  }, 60_000);

  test("a floor that was told of a first night leaves less unserved than one that was not", async () => {
    const rows = await premiereRows(1, { ...PREMIERES, usualDays: 3, nights: 1 });
    const unserved = (policy: string): number => rows.find((row) => row.policy === policy)?.unservedPerMillion ?? Number.NaN;
    expect(unserved("Calltime's floor alone, told of first nights")).toBeLessThan(0.2 * unserved("Calltime's floor alone"));
  }, 120_000);
});
