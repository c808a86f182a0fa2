import type { CapacityControl, Pace, SetMinimumOutcome, TargetState } from "../app/ports.ts";
import { MACHINE_PACE } from "../app/ports/machine-pace.ts";
import type { Scaling } from "../core/target-in-aws.ts";
import type { Target } from "../core/target.ts";
import { describeAcu, isAcu, setAcuMinimum, type CapacitiesSeen } from "./acu-clusters.ts";
import { countReaders } from "./aurora-readers.ts";
import { uncounted, type Counts } from "./counts.ts";
import { ecsServices, type CountServices } from "./ecs-services.ts";
import { describeReservation, setReservation } from "./load-balancers.ts";
import { outcomeOf, reasonOf } from "./target-failure.ts";
import { countConcurrency, countThroughput } from "./other-counts.ts";
import { byPlace, placeOf } from "./place.ts";
import { scalableTargets, type ScalablePlace, type ScalableTargets } from "./scalable-targets.ts";
import type { ClientsOf, TargetClients } from "./target-clients.ts";
import { withinLimit } from "./within-limit.ts";

/** What an adapter over the targets' own control planes is made with. */
export type ControlSettings = {
  readonly targets: readonly Target[];
  readonly clients: ClientsOf;
  /** The Region of targets that name none: Calltime's own. */
  readonly homeRegion: string;
  /** The longest that one target is looked at, in milliseconds; 8,000 when left out. */
  readonly describeLimitMs?: number;
  /** The longest that one write takes, tries and turns included, in milliseconds; 20,000 when left out. */
  readonly writeLimitMs?: number;
  readonly pace?: Pace;
};

/** A tick ends within 45 seconds: a look, a write and the look after it fit into it. */
export const DESCRIBE_LIMIT_MS = 8_000;
export const WRITE_LIMIT_MS = 20_000;

type Planes = {
  readonly clients: TargetClients;
  readonly scalable: ScalableTargets;
  readonly services: CountServices;
  readonly capacities: CapacitiesSeen;
};

type Located = {
  readonly target: Target;
  readonly scaling: Scaling;
  readonly planes: Planes;
};

/** The minimums of targets in AWS: by Application Auto Scaling, as the range of an Aurora Serverless v2 cluster, or as a reservation. */
export function awsCapacity(settings: ControlSettings): CapacityControl {
  const { pace = MACHINE_PACE, describeLimitMs = DESCRIBE_LIMIT_MS, writeLimitMs = WRITE_LIMIT_MS } = settings;
  const targets = new Map(settings.targets.map((target) => [target.id, target]));
  const planesOf = byPlace((place): Planes => {
    const clients = settings.clients(place);
    return { clients, scalable: scalableTargets(clients, pace), services: ecsServices(clients, pace), capacities: new Map() };
  });
  const locate = (targetId: string): Located | { readonly kind: "nowhere"; readonly code: string; readonly reason: string } => {
    const target = targets.get(targetId);
    if (target === undefined) return { kind: "nowhere", code: "target-unknown", reason: `${targetId}: there is no such target` };
    const { aws } = target;
    if (aws?.scaling !== undefined) return { target, scaling: aws.scaling, planes: planesOf(placeOf(aws, settings.homeRegion)) };
    const reason = `${targetId}: it is not said how its minimum is set in AWS; right would be aws with scaling, acu or lcu`;
    return { kind: "nowhere", code: "no-place-in-aws", reason };
  };

  const describeOne = async (targetId: string): Promise<TargetState> => {
    const located = locate(targetId);
    if ("kind" in located) return { kind: "unknown", targetId, reason: located.reason };
    try {
      return await withinLimit(describeLimitMs, targetId, () => stateOf(located, pace));
    } catch (error) {
      return { kind: "unknown", targetId, reason: reasonOf(error) };
    }
  };

  return {
    describe: (targetIds) => Promise.all(targetIds.map(describeOne)),
    setMinimum: async (targetId, units) => {
      const located = locate(targetId);
      if ("kind" in located) return { kind: "refused", code: located.code, reason: located.reason };
      const isUnits = located.scaling.kind === "acu" ? isAcu(units) : Number.isInteger(units) && units >= 0;
      if (!isUnits) return { kind: "refused", code: "no-whole-units", reason: `${targetId}: ${units} is no number of units` };
      try {
        return await withinLimit(writeLimitMs, targetId, (signal) => setOne(located, units, signal));
      } catch (error) {
        return outcomeOf(targetId, error);
      }
    },
  };
}

async function stateOf({ target, scaling, planes }: Located, pace: Pace): Promise<TargetState> {
  const targetId = target.id;
  if (scaling.kind === "acu") return describeAcu(planes.clients, targetId, scaling.clusterId, pace, planes.capacities);
  if (scaling.kind === "lcu") return describeReservation(planes.clients, target, scaling.loadBalancerArn);
  const [bounds, counts] = await Promise.all([planes.scalable.describe(scaling), countsOf(target, scaling, planes)]);
  if (bounds === undefined) return { kind: "unknown", targetId, reason: notRegistered(scaling) };
  const { remarks, ...units } = counts;
  return { kind: "known", targetId, ...bounds, ...units, ...(remarks.length > 0 && { remarks }) };
}

/** What the service itself says. When it says nothing the minimum is known all the same, and can be set. */
async function countsOf({ aws }: Target, scaling: ScalablePlace, { clients, services }: Planes): Promise<Counts> {
  const { resourceId, dimension } = scaling;
  try {
    switch (dimension) {
      case "ecs:service:DesiredCount":
        return await services(resourceId, aws?.targetGroupArn);
      case "rds:cluster:ReadReplicaCount":
        return await countReaders(clients, resourceId);
      case "lambda:function:ProvisionedConcurrency":
        return await countConcurrency(clients, resourceId);
      case "dynamodb:table:ReadCapacityUnits":
      case "dynamodb:table:WriteCapacityUnits":
      case "dynamodb:index:ReadCapacityUnits":
      case "dynamodb:index:WriteCapacityUnits":
        return await countThroughput(clients, resourceId, dimension);
      default:
        return uncounted(`how many units of ${dimension} serve is not known here`);
    }
  } catch (error) {
    return uncounted(`how many units serve could not be found out: ${reasonOf(error)}`);
  }
}

/** Describes first: what is right already is not set again, unless fewer units are asked for than the minimum, which setting it repairs. */
async function setOne({ target, scaling, planes }: Located, units: number, signal: AbortSignal): Promise<SetMinimumOutcome> {
  if (scaling.kind === "acu") return setAcuMinimum(planes.clients, target.id, scaling.clusterId, units, signal);
  if (scaling.kind === "lcu") return setReservation(planes.clients, target, scaling.loadBalancerArn, units, signal);
  const bounds = await planes.scalable.describe(scaling);
  if (bounds === undefined) return { kind: "refused", code: "not-registered", reason: `${target.id}: ${notRegistered(scaling)}` };
  if (units > bounds.maximumUnits) {
    const reason = `${target.id}: ${units} is above its maximum, ${bounds.maximumUnits}; a maximum is never changed`;
    return { kind: "refused", code: "above-maximum", reason };
  }
  if (units === bounds.minimumUnits) {
    const { desiredUnits } = await countsOf(target, scaling, planes);
    if (desiredUnits !== undefined && desiredUnits >= units) return { kind: "accepted" };
  }
  await planes.scalable.setMinimum(scaling, units, signal);
  return { kind: "accepted" };
}

function notRegistered({ namespace, resourceId, dimension }: ScalablePlace): string {
  return `${resourceId} is not registered as a scalable target of ${namespace} for ${dimension}; Calltime moves a minimum and registers none`;
}
