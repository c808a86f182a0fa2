import type { CustomerAction, Deployment, Dip, TrueOccasion, World } from "../../shared/core/simulate/world.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import type { Draw } from "./draw.ts";
import { EVENING_MINUTES, type Family } from "./family.ts";

/** What is true of the crowd and the cloud of an evening: its occasions, and what else happens; most of it on few evenings. */
export function truthOf(family: Family, occasions: readonly TrueOccasion[], draw: Draw): World {
  const service = family.targets.find(({ kind }) => kind === "ecs-service");
  if (service === undefined) throw new RangeError(`family ${family.index} has no service`);
  const logsIn = draw.chance(0.3, "logs-in");
  return {
    usualPeakViewers: family.usualPeakViewers,
    occasions: [
      ...occasions.map((occasion, nth) => calledOff(occasion, nth, draw)),
      ...(draw.chance(0.04, "surprise") ? [surpriseOf(family, draw)] : []),
    ],
    targets: logsIn ? { [service.id]: { requestsPerLogin: draw.whole(2, 8, "login-requests") } } : {},
    refusals: [],
    ...(logsIn && { loginMinutes: draw.whole(2, 5, "login-minutes") }),
    ...(draw.chance(0.08, "account-launches") && { accountLaunchUnitsPerMinute: draw.whole(20, 60, "account-launch-units") }),
    ...(draw.chance(0.08, "dip") && { dips: [dipOf(family, draw)] }),
    ...(draw.chance(0.12, "deployment") && { deployments: [deploymentOf(family, service, draw)] }),
    ...(draw.chance(0.12, "customer-action") && { actions: customerActionsOf(family, draw) }),
  };
}

function minuteOfEvening({ fromMs }: Family, draw: Draw, ...name: readonly string[]): number {
  return fromMs + draw.whole(5, EVENING_MINUTES - 20, ...name) * MINUTE_MS;
}

/** Some are called off while they are on. */
function calledOff(occasion: TrueOccasion, nth: number, draw: Draw): TrueOccasion {
  return draw.chance(0.05, "called-off", nth)
    ? { ...occasion, calledOffAfterMinutes: draw.whole(2, 40, "called-off-after", nth) }
    : occasion;
}

/** A crowd that no guide names. */
function surpriseOf(family: Family, draw: Draw): TrueOccasion {
  const startsAtMs = minuteOfEvening(family, draw, "surprise-at");
  return {
    occasion: "what no guide names",
    title: "what no guide names",
    channels: family.channels.slice(0, 1),
    windowStartMs: startsAtMs - HOUR_MS,
    windowEndMs: startsAtMs + HOUR_MS,
    startsAtMs,
    endsAtMs: startsAtMs + draw.whole(10, 60, "surprise-for") * MINUTE_MS,
    viewers: Math.round(family.usualPeakViewers * (0.05 + 0.3 * draw.uniform("surprise-viewers"))),
    startsLateMinutes: 0,
    endsLateMinutes: 0,
    unlisted: true,
  };
}

function dipOf(family: Family, draw: Draw): Dip {
  const fromMs = minuteOfEvening(family, draw, "dip-at");
  return { fromMs, toMs: fromMs + draw.whole(2, 15, "dip-for") * MINUTE_MS, share: 0.5 * draw.uniform("dip-share") };
}

/** Half of them reset the count to the customer's own minimum; the others leave it alone. */
function deploymentOf(family: Family, { id: targetId, baselineUnits }: Target, draw: Draw): Deployment {
  const fromMs = minuteOfEvening(family, draw, "deployment-at");
  const toMs = fromMs + draw.whole(4, 20, "deployment-for") * MINUTE_MS;
  return { targetId, fromMs, toMs, ...(draw.chance(0.5, "resets-the-count") && { countUnits: baselineUnits }) };
}

/** What the customer had booked before Calltime came: a minimum that is set once, whatever it is by then. */
function customerActionsOf(family: Family, draw: Draw): readonly CustomerAction[] {
  return family.targets
    .filter(({ kind }) => kind === "ecs-service" || kind === "aurora-readers")
    .map(({ id: targetId, baselineUnits }) => ({
      targetId,
      name: "every-evening",
      atMs: minuteOfEvening(family, draw, "action-at", targetId),
      everyDay: false,
      minimumUnits: baselineUnits + draw.whole(0, 4, "action-units", targetId),
    }));
}
