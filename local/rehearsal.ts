import { makePlans } from "../shared/app/plan.ts";
import { setOverride } from "../shared/app/override.ts";
import { situationAt } from "../shared/app/situation.ts";
import { subjectsBetween } from "../shared/app/subjects.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { ARRIVAL_MS } from "../shared/core/forecast/shape.ts";
import { leadMs } from "../shared/core/plan/capacity.ts";
import { neededUnits } from "../shared/core/plan/demand.ts";
import { isReserved, NOTICE_LEADS } from "../shared/core/plan/envelope.ts";
import { READY_SHARE } from "../shared/core/readiness/verdict.ts";
import { normaliseTitle } from "../shared/core/schedule/title.ts";
import type { World } from "../shared/core/simulate/world.ts";
import type { Target } from "../shared/core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../shared/core/time.ts";
import { openEvening, type Evening, type EveningHere } from "./evening.ts";
import type { TrueMinute } from "./evening-world.ts";

/** What is rehearsed: an evening as `openEvening` takes it, and the occasion by its id or a part of its name; the largest when left out. */
export type RehearsalSetting = Omit<EveningHere, "place"> & { readonly occasion?: string | undefined };

/** How one target did. Instants are of the quiet day; undefined: it did not happen while it was watched. */
export type RehearsedTarget = {
  readonly targetId: string;
  /** What it had before, and what the occasion needs of it at most. */
  readonly fromUnits: number;
  readonly fullUnits: number;
  /** What more it would need than its limits let it have. */
  readonly shortUnits: number;
  readonly askedAtMs: number | undefined;
  readonly servingAtMs: number | undefined;
  /** From the first call to all of it serving, and what was planned with. */
  readonly tookMs: number | undefined;
  readonly plannedMs: number;
  /** When the minimum was given back, and when what was desired had come down too. */
  readonly releasedAtMs: number | undefined;
  readonly downAtMs: number | undefined;
  readonly costUsd: number | undefined;
};

/** How a rehearsal went. */
export type Rehearsal = {
  readonly occasionId: string;
  readonly name: string;
  /** When all had to be serving, as at the start of the occasion, a day before it. */
  readonly fullAtMs: number;
  readonly isReady: boolean;
  readonly refusedConnections: number;
  readonly unservedRequests: number;
  /** In the order of the settings; those that need no more than they have are left out. */
  readonly targets: readonly RehearsedTarget[];
};

/** How long all of it stays up. */
const FULL_FOR_MS = 15 * MINUTE_MS;
/** How long it is watched going down: target tracking takes three quarters of an hour, a reservation four quiet hours. */
const DOWN_WITHIN_MS = 90 * MINUTE_MS;
const RESERVATION_DOWN_WITHIN_MS = 6 * HOUR_MS;
// The model has the usual week after its first tick; the second looks at what the first one set.
const SETTLING_TICKS = 3;

type Size = { readonly target: Target; readonly startUpMs: number; readonly fullUnits: number; readonly shortUnits: number };
type Sized = { readonly occasionId: string; readonly name: string; readonly startsAtMs: number; readonly sizes: readonly Size[] };

/**
 * Warms an occasion to full size a day before it, with nobody watching, in the simulated world: every target by its own lead, in order, as on
 * the evening itself. Then it gives all of it back. Throws `occasion-unknown` where no occasion of that name is above the threshold.
 */
export async function rehearse(setting: RehearsalSetting): Promise<Rehearsal> {
  const sized = await sizeOf(setting);
  const needing = sized.sizes.filter(({ target, fullUnits }) => fullUnits > target.baselineUnits);
  const fullAtMs = sized.startsAtMs - DAY_MS;
  const noticeMs = Math.max(HOUR_MS, ...needing.map((size) => (isReserved(size.target) ? NOTICE_LEADS : 1) * plannedMs(size)));
  const evening = await openEvening({ ...quietDay(setting), place: { kind: "memory" }, fromMs: fullAtMs - noticeMs - HOUR_MS / 2 });
  try {
    const beforeMs = await play(evening, SETTLING_TICKS);
    await evening.act(async () => {
      for (const { target, fullUnits } of needing) {
        const floor = {
          id: `rehearsal-${target.id}`,
          targetIds: [target.id],
          floorUnits: fullUnits,
          fromMs: fullAtMs,
          untilMs: fullAtMs + FULL_FOR_MS,
        };
        await setOverride(evening.context, { ...floor, author: "rehearsal", why: `${sized.name} at full size` }, evening.nowMs());
      }
    });
    const withinMs = needing.some(({ target }) => isReserved(target)) ? RESERVATION_DOWN_WITHIN_MS : DOWN_WITHIN_MS;
    while (evening.nowMs() < fullAtMs + FULL_FOR_MS + withinMs) await evening.step();
    const minutes = await evening.world.trueMinutes(beforeMs, evening.nowMs());
    const alone = await evening.world.minutesAlone(beforeMs, evening.nowMs());
    const targets = needing.map((size) => rehearsedOf(size, { minutes, alone, fullAtMs }));
    const sum = (of: (minute: TrueMinute["targets"][string]) => number): number =>
      minutes.reduce((total, minute) => total + Object.values(minute.targets).reduce((part, each) => part + of(each), 0), 0);
    return {
      occasionId: sized.occasionId,
      name: sized.name,
      fullAtMs,
      isReady: targets.every(({ servingAtMs, shortUnits }) => servingAtMs !== undefined && servingAtMs <= fullAtMs && shortUnits === 0),
      refusedConnections: sum(({ refusedConnections = 0 }) => refusedConnections),
      unservedRequests: Math.round(sum(({ unservedRps }) => 60 * unservedRps)),
      targets,
    };
  } finally {
    await evening.close();
  }
}

async function play(evening: Evening, ticks: number): Promise<number> {
  for (let nth = 0; nth < ticks; nth += 1) await evening.step();
  return evening.nowMs();
}

/** What the occasion needs of every target at most, as planned from the evening's start. */
async function sizeOf(setting: RehearsalSetting): Promise<Sized> {
  const evening = await openEvening({ ...setting, place: { kind: "memory" } });
  try {
    const now = await play(evening, SETTLING_TICKS);
    const { context } = evening;
    const situation = await situationAt(context, now);
    const { above } = subjectsBetween(context, situation, now, now + DAY_MS);
    const ahead = above.filter(({ occasion }) => occasion.startsAtMs > now);
    const asked = setting.occasion;
    const isAsked = ({ id, name }: { readonly id: string; readonly name: string }): boolean =>
      asked === undefined || id === asked || normaliseTitle(name).includes(normaliseTitle(asked));
    const [subject] = ahead
      .filter(({ occasion }) => isAsked(occasion))
      .toSorted((a, b) => b.expected.median - a.expected.median || a.occasion.startsAtMs - b.occasion.startsAtMs);
    if (subject === undefined) {
      const names = ahead.map(({ occasion }) => occasion.name).join(", ");
      const right =
        names === "" ? "nothing that is known to draw a crowd is ahead; an expectation says so" : `right would be one of ${names}`;
      throw new CalltimeError("occasion-unknown", `${asked ?? "any"}: no such occasion above the threshold in the next 24 hours; ${right}`);
    }
    const { id: occasionId, name, startsAtMs, endsAtMs } = subject.occasion;
    const planned = await makePlans(context, situation, endsAtMs + HOUR_MS - now);
    const sizes = planned.map(({ target, startUpMs, needs }): Size => {
      const during = needs
        .filter(({ atMs }) => atMs >= startsAtMs - ARRIVAL_MS && atMs < endsAtMs)
        .flatMap((need) => neededUnits(need) ?? []);
      const fullUnits = Math.max(target.baselineUnits, ...during.map(({ units }) => units));
      return { target, startUpMs, fullUnits, shortUnits: Math.max(0, ...during.map(({ units, wantedUnits }) => wantedUnits - units)) };
    });
    return { occasionId, name, startsAtMs, sizes };
  } finally {
    await evening.close();
  }
}

/** The same targets on a day without occasions and without trouble. All of them are active: their cloud is simulated. */
function quietDay({ occasion: _occasion, ...setting }: RehearsalSetting): Omit<EveningHere, "place" | "fromMs"> {
  const { world, settings } = setting;
  const quiet: World = {
    usualPeakViewers: world.usualPeakViewers,
    occasions: [],
    targets: world.targets,
    refusals: [],
    connectionLimits: true,
    ...(world.accountLaunchUnitsPerMinute !== undefined && { accountLaunchUnitsPerMinute: world.accountLaunchUnitsPerMinute }),
  };
  const targets = settings.targets.map((target): Target => ({ ...target, mode: "active" }));
  return { ...setting, world: quiet, settings: { ...settings, targets, expectations: [] } };
}

function plannedMs({ target, startUpMs, fullUnits }: Size): number {
  return leadMs(target, startUpMs, fullUnits - target.baselineUnits);
}

type Watched = { readonly minutes: readonly TrueMinute[]; readonly alone: readonly TrueMinute[]; readonly fullAtMs: number };

// The usual week asks for some units meanwhile: the rehearsal has begun, and is over, where this share of what it adds is asked for.
const ADDED_SHARE = 0.2;

function rehearsedOf(size: Size, { minutes, alone, fullAtMs }: Watched): RehearsedTarget {
  const { target, fullUnits, shortUnits } = size;
  const own = minutes.flatMap(({ atMs, targets }) => (targets[target.id] === undefined ? [] : [{ atMs, ...targets[target.id] }]));
  const fromUnits = own[0]?.servingUnits ?? target.baselineUnits;
  const isUp = (units: number | undefined): boolean => (units ?? 0) >= fromUnits + ADDED_SHARE * (fullUnits - fromUnits);
  const firstOf = (fromMs: number, holds: (minute: (typeof own)[number]) => boolean): number | undefined =>
    own.find((minute) => minute.atMs >= fromMs && holds(minute))?.atMs;
  const askedAtMs = firstOf(0, ({ minimumUnits }) => isUp(minimumUnits));
  const servingAtMs = firstOf(0, ({ servingUnits = 0 }) => servingUnits >= READY_SHARE * fullUnits);
  const overMs = fullAtMs + FULL_FOR_MS;
  const unitHours = own.reduce((sum, { desiredUnits = 0 }, index) => {
    const without = alone[index]?.targets[target.id]?.desiredUnits ?? desiredUnits;
    return sum + (desiredUnits - without) / 60;
  }, 0);
  return {
    targetId: target.id,
    fromUnits,
    fullUnits,
    shortUnits,
    askedAtMs,
    servingAtMs,
    tookMs: askedAtMs === undefined || servingAtMs === undefined ? undefined : servingAtMs - askedAtMs,
    plannedMs: plannedMs(size),
    releasedAtMs: firstOf(overMs, ({ minimumUnits }) => !isUp(minimumUnits)),
    downAtMs: firstOf(overMs, ({ minimumUnits, desiredUnits }) => !isUp(minimumUnits) && !isUp(desiredUnits)),
    costUsd: target.costUsdPerUnitHour === undefined ? undefined : unitHours * target.costUsdPerUnitHour,
  };
}
