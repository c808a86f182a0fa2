import { readFileSync } from "node:fs";
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
} from "../../shared/core/forecast/audience.ts";
import { forecastLoad } from "../../shared/core/forecast/forecast.ts";
import { DEFAULT_IMPACT_THRESHOLD, impactOf } from "../../shared/core/forecast/impact.ts";
import { firstLearned, firstTargetUsual, type Model } from "../../shared/core/forecast/model.ts";
import { normalQuantile, SAMPLE_COUNT } from "../../shared/core/forecast/samples.ts";
import { tailOf } from "../../shared/core/forecast/tail.ts";
import { learnUsualLoad, usualAt } from "../../shared/core/forecast/usual-load.ts";
import { leadMs, unitsForLoad, unitsForTail, withZoneReserve } from "../../shared/core/plan/capacity.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import { planSteps } from "../../shared/core/plan/steps.ts";
import type { Occasion } from "../../shared/core/schedule/occasion.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MINUTES_PER_WEEK } from "../../shared/core/time.ts";
import { expected, MONDAY, occasion, target } from "../core/forecast/made.ts";

const PAGE = readFileSync(new URL("../../docs/calculations.md", import.meta.url), "utf8");

/** The rows of the table below `<!-- calculation: name -->`, by their first cell: the second cell's number, or its text. */
function calculation(name: string): Readonly<Record<string, string | number>> {
  const block = new RegExp(`<!-- calculation: ${name} -->\\n+((?:\\|.*\\n)+)`).exec(PAGE)?.[1];
  if (block === undefined) throw new Error(`docs/calculations.md: no table "${name}"; write <!-- calculation: ${name} --> above it`);
  const rows = block.trim().split("\n").slice(2);
  return Object.fromEntries(
    rows.map((row) => {
      const [label = "", value = ""] = row
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      const number = Number(value.replaceAll(",", "").replace("−", "-").replace(/ .*/, ""));
      return [label, Number.isNaN(number) ? value : number];
    }),
  );
}

/** Rounded as the page writes numbers: to as many decimals as asked. */
function rounded(value: number, decimals = 0): number {
  return Number(value.toFixed(decimals));
}

const WEDNESDAY = MONDAY + 2 * DAY_MS;
const NEXT_WEEK = 7 * DAY_MS;
const KICK_OFF = WEDNESDAY + NEXT_WEEK + 20 * HOUR_MS;
const GIVEN = calculation("given");
const given = (label: string): number => Number(GIVEN[label]);

const service = target({
  throughputRps: given("throughput of one unit, requests/s"),
  targetUtilisation: given("target utilisation"),
  baselineUnits: given("baseline, units"),
  zones: given("zones"),
  startUpMs: given("start-up, minutes") * MINUTE_MS,
  launchUnitsPerMinute: given("launch, units a minute"),
  loadPerViewerRps: given("load per viewer, requests/s"),
});
const game = expected(given("viewers expected"), { startsAtMs: KICK_OFF, endsAtMs: KICK_OFF + 2 * HOUR_MS });

function learnedWeek(): Model {
  const first = firstTargetUsual();
  const minutes = Array.from({ length: MINUTES_PER_WEEK }, (_, i) => MONDAY + i * MINUTE_MS).map((atMs) => {
    const wednesday = atMs >= WEDNESDAY && atMs < WEDNESDAY + DAY_MS;
    return {
      atMs,
      value: wednesday ? given("last Wednesday evening, requests/s") : given("the other four weekdays, requests/s"),
      weight: 1,
    };
  });
  const usual = { load: learnUsualLoad(first.load, minutes, []), residuals: first.residuals };
  return { learned: firstLearned(), targets: { [service.id]: usual }, viewers: {} };
}

const model = learnedWeek();
const usualRps = usualAt(model.targets[service.id]?.load ?? firstTargetUsual().load, KICK_OFF, []) ?? 0;
const impact = impactOf({ model, target: service, occasion: game, zone: [], threshold: DEFAULT_IMPACT_THRESHOLD });
if (impact.kind !== "above") throw new Error("the worked occasion is not above the threshold");
const plateauRps = unstretched(impact.audience.mean) * impact.loadPerViewerRps;

function forecastMinute(minute: number) {
  const atMs = KICK_OFF + minute * MINUTE_MS;
  const [found] = forecastLoad({
    model,
    target: service,
    occasions: [{ occasion: game, air: { kind: "ahead" } }],
    recent: [],
    zone: [],
    now: KICK_OFF - HOUR_MS,
    fromMs: atMs,
    toMs: atMs + MINUTE_MS,
    threshold: DEFAULT_IMPACT_THRESHOLD,
    unservedPerMillion: DEFAULT_PLAN_POLICY.unservedPerMillion,
  }).minutes;
  if (found?.kind !== "known") throw new Error(`minute ${minute} is unknown`);
  return found;
}

const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 16);

describe("the worked example in docs/calculations.md", () => {
  test("the usual load", () => {
    expect(calculation("usual")).toEqual({
      "that part of any weekday": rounded(
        (4 * given("the other four weekdays, requests/s") + given("last Wednesday evening, requests/s")) / 5,
      ),
      "usual load of a Wednesday evening": rounded(usualRps),
    });
  });

  test("the audience", () => {
    const said = stretched(given("viewers expected"));
    const table = calculation("audience");
    const unseenVariance = Number(table["variance of a programme nobody has seen"]);
    const distance = said ** 2 / unseenVariance;
    // How the two were really weighed, from what came out.
    const both = 1 / impact.audience.variance;
    const saidWeight = (impact.audience.mean * both) / said;
    expect(1 / (unseenVariance * (1 + distance))).toBeCloseTo(both - saidWeight, 6);
    expect(table).toEqual({
      "expected, stretched": rounded(said, 3),
      "variance of a programme nobody has seen": unseenVariance,
      distance: rounded(distance, 2),
      "weight of the usual": rounded(both - saidWeight, 3),
      "weight of what was said": rounded(saidWeight, 1),
      "both together, stretched": rounded(impact.audience.mean, 3),
      "viewers, median": rounded(unstretched(impact.audience.mean) / 100) * 100,
      "spread of viewers": rounded(Math.sqrt(impact.audience.variance), 2),
      "spread of their load": rounded(impact.spread, 2),
      "load on the plateau, median": rounded(plateauRps),
    });
  });

  test("a series that was seen", () => {
    const show = (day: number, seriesKey: string, hour: number): Occasion => {
      const startsAtMs = MONDAY + day * DAY_MS + hour * HOUR_MS;
      const changes = { id: `${seriesKey}/${day}`, seriesKey, startsAtMs, endsAtMs: startsAtMs + HOUR_MS };
      return occasion({ ...changes, category: "news", programmeClass: "news" });
    };
    const news = (day: number): Occasion => show(day, "news", 19);
    const before = (day: number): Occasion => show(day, "before", 18);
    const BEFORE_VIEWERS = 50_000;
    let levels: AudienceLevels = {};
    const learn = (of: Occasion, viewers: number): void => {
      levels = learnSeries(levels, of, { viewers, censored: false }, []);
      levels = learnGroups(levels, [{ groups: groupsOf(of, []), viewers, censored: false }]);
    };
    for (let week = 0; week < 5; week += 1) {
      for (let day = 0; day < 5; day += 1) {
        learn(before(week * 7 + day), BEFORE_VIEWERS * (day % 2 === 0 ? 0.9 : 1.1));
        learn(news(week * 7 + day), day === 4 ? 40_000 : 100_000);
      }
    }
    const monday = forecastAudience(levels, news(35), []);
    const friday = forecastAudience(levels, news(39), []);
    const after = forecastAudience(learnEvening(levels, before(35), BEFORE_VIEWERS * 1.2, []), news(35), []);
    if (monday.kind !== "known" || friday.kind !== "known" || after.kind !== "known") throw new Error("the series is unknown");
    const viewers = (mean: number): number => rounded(unstretched(mean) / 100) * 100;
    expect(calculation("series")).toEqual({
      "next Monday, viewers": viewers(monday.mean),
      "next Friday, viewers": viewers(friday.mean),
      spread: rounded(Math.sqrt(monday.variance), 2),
      "the programme before it 20 % above its own usual: next Monday": viewers(after.mean),
    });
  });

  test("three samples and their tail", () => {
    const z = [1 / 6, 1 / 2, 5 / 6].map(normalQuantile);
    const loads = z.map((each) => usualRps + unstretched(impact.audience.mean + impact.spread * each) * impact.loadPerViewerRps);
    const sorted = Float64Array.from(loads);
    const sum = loads.reduce((a, b) => a + b, 0);
    expect(calculation("samples")).toEqual({
      "low third, z": rounded(z[0] ?? 0, 3),
      "low third": rounded(loads[0] ?? 0),
      "middle third": rounded(loads[1] ?? 0),
      "high third": rounded(loads[2] ?? 0),
      "sum of the three": rounded(sum),
      "2 % of it": rounded(0.02 * sum),
      "tail at 2 %": rounded(tailOf(sorted, 0.02)),
      "tail at 10 per million": rounded(tailOf(sorted, 10 / 1e6)),
    });
    expect(PAGE).toContain(`with ${SAMPLE_COUNT} samples`);
  });

  test("what the samples do not see", () => {
    const { tailRps } = forecastMinute(2);
    const spread = Math.hypot(impact.spread, 0.2);
    const FINE = 200_000;
    let sum = 0;
    let unserved = 0;
    for (let i = 0; i < FINE; i += 1) {
      const viewers = unstretched(impact.audience.mean + spread * normalQuantile((i + 0.5) / FINE));
      const load = usualRps + 1.3 * viewers * impact.loadPerViewerRps;
      sum += load;
      unserved += Math.max(0, load - tailRps);
    }
    expect(calculation("unseen")).toEqual({
      promised: DEFAULT_PLAN_POLICY.unservedPerMillion,
      "unserved at the tail of 20:02": rounded((1e6 * unserved) / sum / 10) * 10,
    });
  });

  test("units", () => {
    const burst = forecastMinute(2);
    const expectedUnits = unitsForLoad(service, burst.medianRps);
    const tailUnits = unitsForTail(service, burst.tailRps);
    const reserve = withZoneReserve(service, expectedUnits);
    expect(calculation("units")).toEqual({
      "median at 20:02": rounded(burst.medianRps),
      "tail at 20:02": rounded(burst.tailRps),
      "units for the median": expectedUnits,
      "units for the tail": tailUnits,
      "units with the zone reserve": reserve,
      "units needed": Math.max(expectedUnits, tailUnits, reserve),
    });
  });

  test("lead, hold and release", () => {
    const units = Number(calculation("units")["units needed"]);
    const needMs = KICK_OFF + 2 * MINUTE_MS;
    const now = KICK_OFF - HOUR_MS;
    const { steps } = planSteps({
      target: service,
      needs: [{ kind: "known", atMs: needMs, units, wantedUnits: units, limit: undefined, reasons: () => [] }],
      policy: DEFAULT_PLAN_POLICY,
      now,
      untilMs: now + 3 * HOUR_MS,
      floorInForce: undefined,
      startUpMs: service.startUpMs,
      releaseUnderWay: false,
      lowersNothing: undefined,
    });
    const lead = leadMs(service, service.startUpMs, units - service.baselineUnits) / MINUTE_MS;
    expect(calculation("lead")).toEqual({ "lead, minutes": lead, "asked for at": clock(needMs - lead * MINUTE_MS) });
    const listed = Object.entries(calculation("steps"));
    const made = steps.map((step) => [clock(step.atMs), step.floorUnits]);
    expect(listed).toEqual([...made.slice(0, listed.length - 1), made.at(-1)]);
  });
});
