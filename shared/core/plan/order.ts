import type { Target, TargetKind } from "../target.ts";
import { leadMs, unitsWithin } from "./capacity.ts";
import { isReserved, NOTICE_LEADS } from "./envelope.ts";
import { canServeAt, inTime, type InTime, type NeededMinute } from "./in-time.ts";

/** What an occasion's viewers meet, in the order in which it is warmed. */
export const STAGES = ["load-balancer", "database-size", "readers", "services", "content"] as const;
export type Stage = (typeof STAGES)[number];

const STAGE_OF: Readonly<Record<TargetKind, Stage>> = {
  "alb-lcu": "load-balancer",
  "aurora-acu": "database-size",
  "aurora-readers": "readers",
  "ecs-service": "services",
  "cdn-edge": "content",
};

/** One target that an occasion needs. */
export type Needing = {
  readonly target: Target;
  /** Time from asking for one unit to its serving: p95 as measured, what its owner says until then. */
  readonly startUpMs: number;
  /** Undefined where it could not be found out. */
  readonly servingUnits: number | undefined;
  /** Asked for already, serving or not. */
  readonly desiredUnits: number | undefined;
  /** What the minutes of the occasion need, in the order of time, none before now. */
  readonly minutes: readonly NeededMinute[];
};

/** One target in the plan of an occasion. */
export type OrderStep = {
  readonly stage: Stage;
  readonly targetId: string;
  /** The most that any minute needs, and the first minute that does. */
  readonly neededUnits: number;
  readonly neededByMs: number;
  readonly servingUnits: number | undefined;
  /** From asking for all that is missing to its serving; from asking for all, where nobody knows what is there. */
  readonly leadMs: number;
  /** When the first of what is missing has to be asked for, at the latest; undefined when all of it has been. Before now: it is late. */
  readonly askByMs: number | undefined;
  /** The database that has to have room for its connections first. */
  readonly after: string | undefined;
  /** What can still be had; undefined where nobody knows what serves. */
  readonly inTime: InTime | undefined;
};

/**
 * The plan of one occasion, back-scheduled from when each target is needed: load balancer, database size, readers, services, content. Units that
 * connect to a database come up as it has room for them, so that of what is late only as much is counted as can really serve.
 */
export function warmOrder(all: readonly Needing[], now: number): readonly OrderStep[] {
  return all
    .flatMap((each) => stepOf(each, all, now))
    .toSorted((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.askByMs ?? Infinity) - (b.askByMs ?? Infinity));
}

function stepOf(needing: Needing, all: readonly Needing[], now: number): readonly OrderStep[] {
  const { target, startUpMs, servingUnits, desiredUnits, minutes } = needing;
  const [first] = minutes;
  if (first === undefined) return [];
  const most = minutes.reduce((largest, minute) => (minute.units > largest.units ? minute : largest), first);
  const database = all.find((other) => other.target.id === target.connections?.database);
  const roomAt = database && roomOf(target, database, now);
  const asked = Math.max(servingUnits ?? 0, desiredUnits ?? 0);
  const known = servingUnits !== undefined;
  return [
    {
      stage: STAGE_OF[target.kind],
      targetId: target.id,
      neededUnits: most.units,
      neededByMs: most.atMs,
      servingUnits,
      leadMs: leadMs(target, startUpMs, most.units - (servingUnits ?? target.baselineUnits)),
      askByMs: askBy(needing, known ? asked : target.baselineUnits),
      after: database?.target.maxConnectionsPerUnit === undefined ? undefined : database.target.id,
      inTime: known
        ? inTime({ target, startUpMs, servingUnits, desiredUnits: asked, minutes, now, ...(roomAt !== undefined && { roomAt }) })
        : undefined,
    },
  ];
}

/** When the first minute that needs more than has been asked for has to be asked for. */
function askBy({ target, startUpMs, minutes }: Needing, askedUnits: number): number | undefined {
  const leads = isReserved(target) ? NOTICE_LEADS : 1;
  const instants = minutes
    .filter(({ units }) => units > askedUnits)
    .map(({ atMs, units }) => atMs - leads * leadMs(target, startUpMs, units - askedUnits));
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** Units of a client that a database can have room for at an instant; undefined where nothing bounds them, or nobody knows. */
function roomOf(
  client: Target,
  { target, startUpMs, servingUnits, desiredUnits }: Needing,
  now: number,
): ((atMs: number) => number) | undefined {
  if (target.maxConnectionsPerUnit === undefined || servingUnits === undefined) return undefined;
  const asked = Math.max(servingUnits, desiredUnits ?? 0);
  return (atMs) => unitsWithin(client, target, canServeAt({ target, startUpMs, servingUnits, desiredUnits: asked, now }, atMs));
}
