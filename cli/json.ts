import type { AnyEvent } from "../events/index.ts";
import type { Evening } from "../local/evening.ts";
import type { EveningReport } from "../local/report.ts";
import { readPlans, readVerdicts } from "../shared/app/operate.ts";

/** The whole evening for machines: feed report, every event, every verdict, the plans in force at the end, the report. Times are ISO strings. */
export async function jsonOf(evening: Evening, report: EveningReport): Promise<unknown> {
  const events: readonly AnyEvent[] = (await evening.log.read()).map(({ event }) => event);
  const plans = await readPlans(evening.context, evening.nowMs());
  const { counts, findings, findingCounts, warnings, load, outcome } = evening.feedReport;
  return withIsoTimes({
    feed: { outcome, counts, findings, findingCounts, warnings, load },
    cues: events.filter(
      ({ type }) => type === "calltime.programme.starting" || type === "calltime.programme.ending" || type === "calltime.cue.withdrawn",
    ),
    verdicts: await readVerdicts(evening.context),
    events,
    plans: plans.map(({ plan }) => plan),
    report,
  });
}

/** Every `…Ms` that holds an instant becomes the same name without `Ms`, as an ISO string; durations keep theirs. */
export function withIsoTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) =>
      INSTANT.test(key) && typeof part === "number" ? [key.slice(0, -2), new Date(part).toISOString()] : [key, withIsoTimes(part)],
    ),
  );
}

const INSTANT = /(At|from|to|until|neededBy|readyBy|since|for|windowStart|windowEnd)Ms$/;
