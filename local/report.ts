import type { AirLog } from "../shared/app/air-log.ts";
import { readVerdicts } from "../shared/app/operate.ts";
import { readAirLog } from "../shared/app/situation.ts";
import { ARRIVAL_MS, DECAY_MS } from "../shared/core/forecast/shape.ts";
import { meanRelativeError, scoreTarget, type Blame, type ScoredMinute, type TargetScore } from "../shared/core/score.ts";
import { leadMs } from "../shared/core/plan/capacity.ts";
import type { Target } from "../shared/core/target.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import type { Evening } from "./evening.ts";
import type { TrueMinute } from "./evening-world.ts";
import type { Death } from "./outbox.ts";

/** How one target fared, beside the customer's own autoscaling alone in the same world. */
export type TargetReport = {
  readonly targetId: string;
  readonly calltime: TargetScore;
  /** The same evening without Calltime. */
  readonly withoutPreWarming: TargetScore;
  /** Mean |forecast − fact| ÷ fact of the load, forecast one lead ahead; undefined when nothing could be compared. */
  readonly loadForecastError: number | undefined;
};

/** One occasion above the threshold that is over. Viewers are above usual. */
export type AudienceReport = {
  readonly occasionId: string;
  readonly name: string;
  readonly forecastViewers: number;
  readonly measuredViewers: number;
  /** When it really ended, and what its floors did around that; undefined when the end is no longer remembered. */
  readonly held: { readonly endedAtMs: number; readonly targets: readonly HeldTarget[] } | undefined;
};

/** The floor of one target around one occasion. */
export type HeldTarget = {
  readonly targetId: string;
  /** The largest floor from its arrival to its real end. */
  readonly peakUnits: number;
  /** The smallest floor since its real end, and when that was first in force. */
  readonly releasedToUnits: number;
  readonly releasedAtMs: number;
};

/** What an evening came to. */
export type EveningReport = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Occasions that started in the run, by what was thought of them then. */
  readonly occasions: { readonly above: number; readonly below: number; readonly unknownAudience: number };
  /** Turned out above the threshold although nobody had thought so. */
  readonly revealed: readonly {
    readonly occasionId: string;
    readonly impact: "below" | "unknown-audience";
    readonly name: string;
    readonly startsAtMs: number;
    readonly viewers: number;
  }[];
  /** Forecast and fact of the occasions above the threshold that are over. */
  readonly audiences: readonly AudienceReport[];
  readonly targets: readonly TargetReport[];
  /** Every time that the bus gave a delivery up, oldest first, and what has become of it. */
  readonly deaths: readonly Death[];
};

/** The report of an evening so far, from what was measured and what was decided. */
export async function reportOf(evening: Evening): Promise<EveningReport> {
  const { context, fromMs } = evening;
  const toMs = evening.nowMs();
  const log = await readAirLog(context);
  const really = await evening.world.trueMinutes(fromMs, toMs);
  const alone = await evening.world.minutesAlone(fromMs, toMs);
  const blames = await blamesOf(evening, log);
  const targets: TargetReport[] = [];
  for (const target of context.settings.targets) targets.push(await targetReport(evening, target, { really, alone, blames, toMs }));
  return {
    fromMs,
    toMs,
    occasions: { above: log.tally.above, below: log.tally.below, unknownAudience: log.tally["unknown-audience"] },
    revealed: Object.entries(log.revealed).map(([occasionId, { impact, name, startsAtMs, viewers }]) => ({
      occasionId,
      impact,
      name,
      startsAtMs,
      viewers,
    })),
    audiences: await audiencesOf(evening, log, toMs),
    targets,
    deaths: await evening.bus.deaths(),
  };
}

async function audiencesOf(evening: Evening, log: AirLog, toMs: number): Promise<readonly AudienceReport[]> {
  return Promise.all(
    Object.entries(log.outcomes).map(async ([occasionId, { name, startsAtMs, forecastViewers, measuredViewers }]) => {
      const air = log.air[occasionId];
      const held = air?.kind === "ended" ? await heldUntil(evening, startsAtMs, air.endedAtMs, toMs) : undefined;
      return { occasionId, name, forecastViewers, measuredViewers, held };
    }),
  );
}

async function heldUntil(evening: Evening, startsAtMs: number, endedAtMs: number, toMs: number): Promise<AudienceReport["held"]> {
  const { journal } = evening.context.ports;
  const targets: HeldTarget[] = [];
  for (const { id: targetId } of evening.context.settings.targets) {
    const entries = await journal.read(targetId, startsAtMs - ARRIVAL_MS, toMs);
    const during = entries.filter(({ atMs }) => atMs <= endedAtMs).map(({ tick }) => tick.floorUnits);
    const after = entries.filter(({ atMs }) => atMs > endedAtMs);
    const releasedToUnits = Math.min(...after.map(({ tick }) => tick.floorUnits));
    const released = after.find(({ tick }) => tick.floorUnits === releasedToUnits);
    if (released !== undefined && during.length > 0) {
      targets.push({ targetId, peakUnits: Math.max(...during), releasedToUnits, releasedAtMs: released.atMs });
    }
  }
  return { endedAtMs, targets };
}

type Known = {
  readonly really: readonly TrueMinute[];
  /** The same world with nobody raising a minimum. */
  readonly alone: readonly TrueMinute[];
  readonly blames: readonly Blame[];
  readonly toMs: number;
};

async function targetReport(evening: Evening, target: Target, { really, alone, blames, toMs }: Known): Promise<TargetReport> {
  const { context, fromMs } = evening;
  const entries = new Map((await context.ports.journal.read(target.id, fromMs, toMs)).map((entry) => [entry.atMs, entry]));
  const minutes: ScoredMinute[] = really.flatMap(({ atMs, targets }) => {
    const minute = targets[target.id];
    return minute === undefined ? [] : [{ ...facts(minute), atMs, tick: entries.get(atMs)?.tick }];
  });
  const peer: ScoredMinute[] = alone.flatMap(({ atMs, targets }) => {
    const minute = targets[target.id];
    return minute === undefined ? [] : [{ ...facts(minute), atMs, tick: undefined }];
  });
  const limits = {
    throughputRps: target.throughputRps,
    baselineUnits: target.baselineUnits,
    ceilingUnits: target.ceilingUnits,
    leadMs: leadMs(target, target.startUpMs, 0),
  };
  const loads = new Map(minutes.map((minute) => [minute.atMs, minute.loadRps]));
  const pairs = [...entries.values()].flatMap(({ forecast }) => {
    const fact = forecast === undefined ? undefined : loads.get(forecast.forMs);
    return forecast === undefined || fact === undefined ? [] : [{ forecast: forecast.medianRps, fact }];
  });
  return {
    targetId: target.id,
    calltime: scoreTarget({ minutes, blames, ...limits }),
    withoutPreWarming: scoreTarget({ minutes: peer, blames, ...limits }),
    loadForecastError: meanRelativeError(pairs),
  };
}

function facts(minute: {
  readonly loadRps: number;
  readonly unservedRps: number;
  readonly servingUnits: number;
  readonly startingUnits: number;
}) {
  const { loadRps, unservedRps, servingUnits, startingUnits } = minute;
  return { loadRps, unservedRps, servingUnits, billedUnits: servingUnits + startingUnits };
}

/** Occasions that explain a shortage: known too late for their lead, or of an audience that nobody knew. */
async function blamesOf(evening: Evening, log: AirLog): Promise<readonly Blame[]> {
  const late: Blame[] = (await readVerdicts(evening.context))
    .filter((verdict) => verdict.verdict === "late")
    .map(({ name, startsAtMs }) => ({ cause: "late", name, fromMs: startsAtMs - ARRIVAL_MS, toMs: startsAtMs + 2 * ARRIVAL_MS }));
  const unknown: Blame[] = Object.entries(log.revealed)
    .filter(([, { impact }]) => impact === "unknown-audience")
    .map(([id, { name, startsAtMs, endsAtMs }]) => {
      const air = log.air[id];
      const overMs = air?.kind === "ended" ? air.endedAtMs : Math.max(endsAtMs, evening.nowMs());
      return { cause: "unknown-audience", name, fromMs: startsAtMs - ARRIVAL_MS, toMs: overMs + DECAY_MS + MINUTE_MS };
    });
  return [...late, ...unknown];
}
