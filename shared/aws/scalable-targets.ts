import {
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
  type ScalableDimension,
  type ScalableTarget,
  type ServiceNamespace,
} from "@aws-sdk/client-application-auto-scaling";
import { CalltimeError } from "../core/error.ts";
import type { Scaling } from "../core/target-in-aws.ts";
import { codeOf } from "./target-failure.ts";
import { gathered } from "./gathered.ts";
import type { TargetClients } from "./target-clients.ts";
import type { Pace } from "../app/ports.ts";

/** A scalable target in the words of Application Auto Scaling. */
export type ScalablePlace = Extract<Scaling, { kind: "scalable-target" }>;

/** The bounds of a scalable target. */
export type Bounds = { readonly minimumUnits: number; readonly maximumUnits: number };

/** The scalable targets of one account and Region. */
export type ScalableTargets = {
  /** The bounds of one, or undefined when it is not registered. Throws what the call throws. */
  readonly describe: (place: ScalablePlace) => Promise<Bounds | undefined>;
  /** Sets the minimum and nothing else; begins no call once `signal` is aborted: who asked has given up by then, and another may be writing. Throws what the call throws, `ConcurrentUpdateException` after the last try. */
  readonly setMinimum: (place: ScalablePlace, units: number, signal: AbortSignal) => Promise<void>;
};

/** Resource ids that one call describes, and targets on one page. */
const TARGETS_A_CALL = 50;
// A resource has a handful of dimensions. A paginator that goes round for ever ends here.
const MOST_PAGES = 20;

// Two updates of one target must not overlap, and now and then AWS says so with nothing else in sight.
const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 250;

/** The members of a scalable target's name, as every call takes them. */
export function namesOf({ namespace, resourceId, dimension }: ScalablePlace): {
  readonly ServiceNamespace: ServiceNamespace;
  readonly ResourceId: string;
  readonly ScalableDimension: ScalableDimension;
} {
  return { ServiceNamespace: namespace as ServiceNamespace, ResourceId: resourceId, ScalableDimension: dimension as ScalableDimension };
}

/** Application Auto Scaling in one account and Region. Every call waits for its turn. */
export function scalableTargets({ scaling, scalingTurns }: Pick<TargetClients, "scaling" | "scalingTurns">, pace: Pace): ScalableTargets {
  const namespaces = new Map<string, (resourceId: string) => Promise<readonly ScalableTarget[] | undefined>>();
  const describeIn = (namespace: string): ((resourceId: string) => Promise<readonly ScalableTarget[] | undefined>) => {
    const known = namespaces.get(namespace);
    if (known !== undefined) return known;
    const describe = gathered<readonly ScalableTarget[]>(TARGETS_A_CALL, pace, async (resourceIds) => {
      const found = new Map<string, ScalableTarget[]>();
      let NextToken: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        await scalingTurns.turn();
        const answer = await scaling().send(
          new DescribeScalableTargetsCommand({
            ServiceNamespace: namespace as ServiceNamespace,
            ResourceIds: [...resourceIds],
            MaxResults: TARGETS_A_CALL,
            ...(NextToken !== undefined && { NextToken }),
          }),
        );
        for (const target of answer.ScalableTargets ?? []) {
          const id = target.ResourceId ?? "";
          found.set(id, [...(found.get(id) ?? []), target]);
        }
        ({ NextToken } = answer);
        if (NextToken === undefined) return found;
      }
      throw new CalltimeError(
        "endless-pages",
        `${namespace}: DescribeScalableTargets had more than ${MOST_PAGES} pages for ${resourceIds.length}`,
      );
    });
    namespaces.set(namespace, describe);
    return describe;
  };

  return {
    describe: async ({ namespace, resourceId, dimension }) => {
      const all = (await describeIn(namespace)(resourceId)) ?? [];
      const target = all.find(({ ScalableDimension }) => ScalableDimension === dimension);
      const { MinCapacity: minimumUnits, MaxCapacity: maximumUnits } = target ?? {};
      return minimumUnits === undefined || maximumUnits === undefined ? undefined : { minimumUnits, maximumUnits };
    },
    setMinimum: async (place, units, abortSignal) => {
      for (let attempt = 1; ; attempt += 1) {
        await scalingTurns.turn();
        try {
          await scaling().send(new RegisterScalableTargetCommand({ ...namesOf(place), MinCapacity: units }), { abortSignal });
          return;
        } catch (error) {
          if (codeOf(error) !== "ConcurrentUpdateException" || attempt === MOST_TRIES) throw error;
          // Half of the pause is by chance, so that those who met do not meet again.
          await pace.wait(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + pace.random() / 2));
        }
      }
    },
  };
}
