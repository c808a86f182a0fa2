import { describe, expect, test } from "vitest";
import { cheapestOf } from "../../../local/backtest/peers.ts";
import { scaled, unitOf, type Played } from "../../../local/backtest/policies.ts";
import { PEER_SETTINGS, type PeerSetting } from "../../../shared/core/simulate/peers/settings.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { loadOf, MONDAY, SERVICE, showsOn } from "./made.ts";

const SHOWS = showsOn([7, 8, 9]);
const FROM = MONDAY + 7 * DAY_MS + 17 * HOUR_MS;

/** Two evenings with a show after a week without one; an hour of the first is not known. */
function evenings(): Played {
  const rps = Float64Array.from(loadOf(9, SHOWS).rps, (load) => load ?? Number.NaN);
  const first = (FROM - MONDAY) / MINUTE_MS;
  rps.fill(Number.NaN, first + 200, first + 260);
  return { target: SERVICE, fromMs: FROM, rps: rps.subarray(first), beforeRps: rps.subarray(0, first), firstUnits: 8 };
}

type Came = { readonly setting: string; readonly units: number; readonly perMillion: number };

/** What a setting comes to when it is played to the end. */
function cameOf(played: Played, { setting, run }: PeerSetting): Came {
  const { billed, serving } = run((policy) => scaled(played, policy));
  let [units, load, lost] = [0, 0, 0];
  for (const [index, rps] of played.rps.entries()) {
    if (Number.isNaN(rps)) continue;
    units += billed[index] ?? 0;
    load += rps;
    lost += Math.max(0, rps - (serving[index] ?? 0) * SERVICE.throughputRps);
  }
  return { setting, units, perMillion: (lost / load) * 1e6 };
}

describe("a peer tuned in hindsight", () => {
  const slots = SHOWS.programmes.map(({ startsAtMs, endsAtMs }) => ({ startsAtMs, endsAtMs }));
  test.each(Object.entries(PEER_SETTINGS))("%s has the cheapest of all its settings that keep the promise", (_, settingsOf) => {
    const played = evenings();
    const settings = settingsOf(unitOf(SERVICE), slots);
    const all = settings.map((setting) => cameOf(played, setting));
    const promises = [50, 2_000, 30_000];
    const costs = promises.map((promise) => Math.min(...all.filter(({ perMillion }) => perMillion <= promise).map(({ units }) => units)));
    for (const [nth, promise] of promises.entries()) {
      const tuned = cheapestOf(played, settings, promise);
      const came = all.find(({ setting }) => setting === tuned?.setting);
      expect(came?.units).toBe(costs[nth]);
      expect(came?.perMillion).toBeLessThanOrEqual(promise);
    }
    // A stricter promise costs more: else nothing was chosen.
    expect(costs[0]).toBeGreaterThan(costs[2] ?? Number.POSITIVE_INFINITY);
  });

  test("is not there when no setting keeps the promise", () => {
    const played = evenings();
    const [late] = PEER_SETTINGS["AWS target tracking"]?.(unitOf(SERVICE), []) ?? [];
    if (late === undefined) throw new Error("target tracking has settings");
    expect(cameOf(played, late).perMillion).toBeGreaterThan(50);
    expect(cheapestOf(played, [late], 50)).toBeUndefined();
  });
});
