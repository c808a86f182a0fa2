/**
 * How well audiences are forecast: the production model, night by night, on the viewers of five New Zealand programmes (data folder,
 * audience/). Each night is forecast from the nights before it and from what its channel had shown earlier that evening.
 * `npm run bench -- audience [--json]`.
 */
import { readFileSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { join, resolve } from "node:path";
import {
  forecastAudience,
  groupsOf,
  learnEvening,
  learnGroups,
  learnSeries,
  unstretched,
  type AudienceLevels,
} from "../shared/core/forecast/audience.ts";
import { normalQuantile } from "../shared/core/forecast/samples.ts";
import type { Occasion } from "../shared/core/schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS } from "../shared/core/time.ts";

/** Path of the viewers inside the data folder. */
export const VIEWERS_FILE = "audience/nz_news_nightly_viewers_2012_2013.csv";

/** Nights of a programme that are learned from before it is scored. */
export const LEARNED_NIGHTS = 28;

type Slot = { readonly channel: string; readonly hour: number; readonly minutes: number };

// The file has no channels and no times; these are the ones that the five had in those years (local time, which the dates are in too).
const SLOTS: Readonly<Record<string, Slot>> = {
  "One News": { channel: "one", hour: 18, minutes: 60 },
  "3 News": { channel: "three", hour: 18, minutes: 60 },
  "Campbell Live": { channel: "three", hour: 19, minutes: 30 },
  "Close Up": { channel: "one", hour: 19, minutes: 30 },
  "Seven Sharp": { channel: "one", hour: 19, minutes: 30 },
};

/** One programme of one night. */
export type Shown = { readonly programme: string; readonly weekday: number; readonly occasion: Occasion; readonly viewers: number };

/** The nights of the file, in order; within a night by start. A cell that says NA was not broadcast. Throws on a programme without a slot. */
export function nightsOf(csv: string): readonly (readonly Shown[])[] {
  const [head = "", ...rows] = csv.trim().split("\n");
  const programmes = head.split(",").slice(1);
  return rows.map((row) => {
    const [date = "", ...cells] = row.split(",");
    const shown = programmes.flatMap((programme, column) => {
      const viewers = Number(cells[column]);
      return Number.isFinite(viewers) ? [shownOf(programme, date, viewers)] : [];
    });
    return shown.toSorted((a, b) => a.occasion.startsAtMs - b.occasion.startsAtMs);
  });
}

function shownOf(programme: string, date: string, viewers: number): Shown {
  const slot = SLOTS[programme];
  if (slot === undefined) throw new Error(`${VIEWERS_FILE}: "${programme}" has no slot; add one to bench/audience.ts`);
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  const startsAtMs = dayMs + slot.hour * HOUR_MS;
  const endsAtMs = startsAtMs + slot.minutes * MINUTE_MS;
  const id = `${programme}/${date}`;
  const occasion: Occasion = {
    id,
    name: programme,
    programmes: [
      {
        id,
        channelId: slot.channel,
        startsAtMs,
        endsAtMs,
        title: programme,
        categories: ["news"],
        live: false,
      },
    ],
    channelIds: [slot.channel],
    startsAtMs,
    endsAtMs,
    seriesKey: programme,
    category: "news",
    programmeClass: "news",
  };
  return { programme, weekday: new Date(dayMs).getUTCDay(), occasion, viewers };
}

/** A way to forecast viewers. `forecast` is asked as a programme starts, and `showed` told as it ends; `over` when the night is. */
type Forecaster = {
  readonly forecast: (shown: Shown) => { readonly viewers: number; readonly lower?: number; readonly upper?: number } | undefined;
  readonly showed?: (shown: Shown) => void;
  readonly over: (night: readonly Shown[]) => void;
};

/** How one way of forecasting did: mean absolute percentage error, and how often the 90 % interval held where there is one. */
export type AudienceScore = {
  readonly name: string;
  readonly nights: number;
  readonly errorPercent: number;
  readonly byProgramme: Readonly<Record<string, number>>;
  readonly heldPercent: number | undefined;
};

function scoreOf(name: string, nights: readonly (readonly Shown[])[], forecaster: Forecaster): AudienceScore {
  const seen = new Map<string, number>();
  const errors = new Map<string, number[]>();
  let held = 0;
  let intervals = 0;
  for (const night of nights) {
    for (const shown of night) {
      const { programme, viewers } = shown;
      const before = seen.get(programme) ?? 0;
      seen.set(programme, before + 1);
      const forecast = forecaster.forecast(shown);
      if (forecast !== undefined && before >= LEARNED_NIGHTS) {
        errors.set(programme, [...(errors.get(programme) ?? []), Math.abs(forecast.viewers - viewers) / viewers]);
        if (forecast.lower !== undefined && forecast.upper !== undefined) {
          intervals += 1;
          if (viewers >= forecast.lower && viewers <= forecast.upper) held += 1;
        }
      }
      forecaster.showed?.(shown);
    }
    forecaster.over(night);
  }
  const all = [...errors.values()].flat();
  return {
    name,
    nights: all.length,
    errorPercent: percentOf(all),
    byProgramme: Object.fromEntries([...errors].map(([programme, each]) => [programme, percentOf(each)])),
    heldPercent: intervals === 0 ? undefined : (100 * held) / intervals,
  };
}

function percentOf(errors: readonly number[]): number {
  return (100 * errors.reduce((sum, error) => sum + error, 0)) / errors.length;
}

const NINETY_PERCENT = normalQuantile(0.95);

/** The production model, or what is left of it without a part. Usual viewers are not in the file: what a programme draws counts whole. */
function calltime(without?: "evening" | "weekdays" | "groups"): Forecaster {
  let levels: AudienceLevels = {};
  return {
    forecast: ({ occasion }) => {
      const forecast = forecastAudience(levels, occasion, []);
      if (forecast.kind === "unknown") return undefined;
      const reach = NINETY_PERCENT * Math.sqrt(forecast.variance);
      return { viewers: unstretched(forecast.mean), lower: unstretched(forecast.mean - reach), upper: unstretched(forecast.mean + reach) };
    },
    showed: ({ occasion, viewers }) => {
      if (without !== "evening") levels = learnEvening(levels, occasion, viewers, []);
    },
    over: (night) => {
      for (const { occasion, viewers } of night) levels = learnSeries(levels, occasion, { viewers, censored: false }, []);
      const day = night.map(({ occasion, viewers }) => ({ groups: groupsOf(occasion, []), viewers, censored: false }));
      if (without !== "groups") levels = learnGroups(levels, day);
      if (without === "weekdays") levels = Object.fromEntries(Object.entries(levels).filter(([key]) => !/\/day-\d$/.test(key)));
    },
  };
}

/** The last value of the same key. */
function lastOf(keyOf: (shown: Shown) => string): Forecaster {
  const last = new Map<string, number>();
  return {
    forecast: (shown) => {
      const viewers = last.get(keyOf(shown));
      return viewers === undefined ? undefined : { viewers };
    },
    over: (night) => {
      for (const shown of night) last.set(keyOf(shown), shown.viewers);
    },
  };
}

// The best pair on a grid of 0.05, in hindsight.
const SMOOTHED_LEVEL = 0.15;
const SMOOTHED_WEEKDAY = 0.1;

/** Exponential smoothing of the logarithm, with an effect of the weekday. */
function smoothed(): Forecaster {
  const level = new Map<string, number>();
  const effect = new Map<string, number>();
  const keyOf = ({ programme, weekday }: Shown): string => `${programme}/${weekday}`;
  const forecastOf = (shown: Shown): number | undefined => {
    const mean = level.get(shown.programme);
    return mean === undefined ? undefined : mean + (effect.get(keyOf(shown)) ?? 0);
  };
  return {
    forecast: (shown) => {
      const forecast = forecastOf(shown);
      return forecast === undefined ? undefined : { viewers: Math.exp(forecast) };
    },
    over: (night) => {
      for (const shown of night) {
        const value = Math.log(shown.viewers);
        const off = value - (forecastOf(shown) ?? value);
        level.set(shown.programme, (level.get(shown.programme) ?? value) + SMOOTHED_LEVEL * off);
        effect.set(keyOf(shown), (effect.get(keyOf(shown)) ?? 0) + SMOOTHED_WEEKDAY * off);
      }
    },
  };
}

/** The production model, what each of its parts is worth, and what simpler means reach, on the same nights. */
export function scoreAudiences(csv: string): readonly AudienceScore[] {
  const nights = nightsOf(csv);
  const forecasters: readonly (readonly [string, Forecaster])[] = [
    ["last value", lastOf(({ programme }) => programme)],
    ["same weekday", lastOf(({ programme, weekday }) => `${programme}/${weekday}`)],
    ["exponential smoothing with weekday effect", smoothed()],
    ["Calltime", calltime()],
    ["Calltime without the evening so far", calltime("evening")],
    ["Calltime without weekdays", calltime("weekdays")],
    ["Calltime without channel, day part and genre", calltime("groups")],
  ];
  return forecasters.map(([name, forecaster]) => scoreOf(name, nights, forecaster));
}

function tableOf(scores: readonly AudienceScore[]): string {
  const programmes = Object.keys(SLOTS);
  const rows = scores.map(({ name, errorPercent, heldPercent, byProgramme }) => {
    const held = heldPercent === undefined ? "–" : `${heldPercent.toFixed(1)} %`;
    const each = programmes.map((programme) => (byProgramme[programme] ?? Number.NaN).toFixed(1));
    return `| ${[name, errorPercent.toFixed(2), held, ...each].join(" | ")} |`;
  });
  const head = ["", "error, %", "90 % interval held", ...programmes];
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows].join("\n");
}

/** Runs the bench and prints its table, or with `--json` the scores with machine and versions. */
export function main(args: readonly string[]): void {
  const folder = resolve(import.meta.dirname, "..", process.env["CALLTIME_DATA"] ?? "../shared/data");
  const scores = scoreAudiences(readFileSync(join(folder, VIEWERS_FILE), "utf8"));
  const [cpu] = cpus();
  const about = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpu?.model ?? "unknown"}, ${platform()} ${arch()}`,
    node: process.versions.node,
    data: VIEWERS_FILE,
    learnedNights: LEARNED_NIGHTS,
  };
  process.stdout.write(args.includes("--json") ? `${JSON.stringify({ ...about, scores }, undefined, 2)}\n` : `${tableOf(scores)}\n`);
}
