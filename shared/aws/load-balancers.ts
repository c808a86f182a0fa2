import {
  DescribeCapacityReservationCommand,
  ModifyCapacityReservationCommand,
  type DescribeCapacityReservationCommandOutput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { SetMinimumOutcome, TargetState } from "../app/ports.ts";
import { LEAST_RESERVED_UNITS } from "../core/plan/envelope.ts";
import type { Target } from "../core/target.ts";
import type { TargetClients } from "./target-clients.ts";

type Balancing = Pick<TargetClients, "balancing">;
type Reservation = Pick<
  DescribeCapacityReservationCommandOutput,
  "MinimumLoadBalancerCapacity" | "CapacityReservationState" | "DecreaseRequestsRemaining"
>;

/** Units that are reserved; none where nothing is. */
function reservedUnits({ MinimumLoadBalancerCapacity: minimum }: Reservation): number {
  return minimum?.CapacityUnits ?? 0;
}

/** What of a reservation is being carried out, or undefined when nothing is. */
function pendingOf(reservation: Reservation): string | undefined {
  const zones = zonesIn(reservation, "pending");
  return zones.length === 0 ? undefined : `a reservation of ${reservedUnits(reservation)} is pending in ${zones.join(", ")}`;
}

function zonesIn({ CapacityReservationState: zones = [] }: Reservation, status: "pending" | "failed" | "rebalancing"): readonly string[] {
  return zones
    .filter(({ State }) => State?.Code === status)
    .map(({ AvailabilityZone = "a zone", State }) =>
      State?.Reason === undefined || State.Reason === "" ? AvailabilityZone : `${AvailabilityZone} (${State.Reason})`,
    );
}

/**
 * Units that are there for sure. All, once every zone says `provisioned`. Before that what the zone with least has, which is no more than
 * there is whether AWS counts the units of a zone or those of all; undefined where a zone does not say.
 */
function provisionedUnits(reservation: Reservation): number | undefined {
  const { CapacityReservationState: zones = [] } = reservation;
  const reserved = reservedUnits(reservation);
  if (reserved === 0) return 0;
  if (zones.length > 0 && zones.every(({ State }) => State?.Code === "provisioned")) return reserved;
  const least = Math.min(...zones.map(({ EffectiveCapacityUnits: units = Number.NaN }) => units));
  return Number.isFinite(least) ? Math.min(reserved, Math.floor(least)) : undefined;
}

/** The reservation of a load balancer. What serves is what is provisioned; beyond it a load balancer grows by itself, which nobody counts. */
export async function describeReservation(
  { balancing }: Balancing,
  { id: targetId, ceilingUnits: maximumUnits }: Target,
  loadBalancerArn: string,
): Promise<TargetState> {
  const reservation = await balancing().send(new DescribeCapacityReservationCommand({ LoadBalancerArn: loadBalancerArn }));
  const minimumUnits = reservedUnits(reservation);
  const pending = pendingOf(reservation);
  const failed = zonesIn(reservation, "failed");
  const rebalancing = zonesIn(reservation, "rebalancing");
  const remarks = [
    ...(pending === undefined ? [] : [pending]),
    ...(failed.length === 0 ? [] : [`the reservation failed in ${failed.join(", ")}`]),
    ...(rebalancing.length === 0 ? [] : [`it is rebalancing in ${rebalancing.join(", ")}`]),
    ...(reservation.DecreaseRequestsRemaining === 0 ? ["it can be lowered no more today"] : []),
  ];
  return {
    kind: "known",
    targetId,
    minimumUnits,
    // AWS has a quota of an account and no maximum of a load balancer: the owner's word counts.
    maximumUnits: Math.max(maximumUnits, minimumUnits),
    desiredUnits: minimumUnits,
    servingUnits: provisionedUnits(reservation),
    ...(pending !== undefined && { pending }),
    ...(remarks.length > 0 && { remarks }),
  };
}

/**
 * Reserves so many units, or gives the reservation back for none. Describes first: what is reserved already is not asked for again, and
 * nothing is asked for while a reservation is pending. Throws what ELB throws.
 */
export async function setReservation(
  { balancing }: Balancing,
  { id: targetId, ceilingUnits }: Target,
  loadBalancerArn: string,
  units: number,
  abortSignal: AbortSignal,
): Promise<SetMinimumOutcome> {
  const reservation = await balancing().send(new DescribeCapacityReservationCommand({ LoadBalancerArn: loadBalancerArn }));
  const reserved = reservedUnits(reservation);
  const said = (kind: "deferred" | "refused", code: string, why: string): SetMinimumOutcome => ({
    kind,
    code,
    reason: `${targetId}: ${why}`,
  });
  if (units > Math.max(ceilingUnits, reserved)) return said("refused", "above-maximum", `${units} is above its ceiling, ${ceilingUnits}`);
  if (units > 0 && units < LEAST_RESERVED_UNITS)
    return said(
      "refused",
      "below-least-reservation",
      `${units} is less than a load balancer takes; right would be ${LEAST_RESERVED_UNITS}, or none`,
    );
  if (units === reserved) return { kind: "accepted" };
  const pending = pendingOf(reservation);
  if (pending !== undefined) return said("deferred", "change-pending", pending);
  if (units < reserved && reservation.DecreaseRequestsRemaining === 0)
    return said("deferred", "no-decrease-left", "it was lowered as often as AWS lets it be in a day");
  await balancing().send(
    new ModifyCapacityReservationCommand({
      LoadBalancerArn: loadBalancerArn,
      ...(units === 0 ? { ResetCapacityReservation: true } : { MinimumLoadBalancerCapacity: { CapacityUnits: units } }),
    }),
    { abortSignal },
  );
  return { kind: "accepted" };
}
