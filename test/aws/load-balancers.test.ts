import {
  DescribeCapacityReservationCommand,
  ElasticLoadBalancingV2Client,
  ModifyCapacityReservationCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { awsCapacity } from "../../shared/aws/capacity-control.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { capacityControlLaws } from "../laws/capacity-control.laws.ts";
import { describeWithMoto } from "./moto.ts";
import { recordedAws, recordedClients, stillPace, type Answers, type Call, type Said } from "./recorded.ts";
import { HOME, targetAt } from "./seeded.ts";

const arnOf = (name: string): string => `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/${name}/50dc6c495c0c9188`;
const balancer = (id: string) =>
  targetAt(
    id,
    { scaling: { kind: "lcu", loadBalancerArn: arnOf(id) } },
    { kind: "alb-lcu", baselineUnits: 100, ceilingUnits: 2000, startUpMs: 2 * HOUR_MS },
  );
const TARGETS = [balancer("front"), balancer("api")];

type Zone = readonly [code: string, units?: number, reason?: string];

/** What ELB says of a reservation: shapes of the API reference, version 2015-12-01. */
function reservation(units: number | undefined, zones: readonly Zone[], decreasesLeft = 2): Said {
  const minimum =
    units === undefined ? "" : `<MinimumLoadBalancerCapacity><CapacityUnits>${units}</CapacityUnits></MinimumLoadBalancerCapacity>`;
  const members = zones.map(
    ([code, effective, reason], index) =>
      `<member><State><Code>${code}</Code>${reason === undefined ? "" : `<Reason>${reason}</Reason>`}</State><AvailabilityZone>eu-west-1${"abc"[index]}</AvailabilityZone>${
        effective === undefined ? "" : `<EffectiveCapacityUnits>${effective}</EffectiveCapacityUnits>`
      }</member>`,
  );
  return {
    body: `<R><DescribeCapacityReservationResult><LastModifiedTime>2026-06-13T18:00:00Z</LastModifiedTime><DecreaseRequestsRemaining>${decreasesLeft}</DecreaseRequestsRemaining>${minimum}<CapacityReservationState>${members.join("")}</CapacityReservationState></DescribeCapacityReservationResult></R>`,
  };
}

const MODIFIED: Said = { body: "<R><ModifyCapacityReservationResult/></R>" };

async function control(answers: Answers) {
  const aws = await recordedAws({ ModifyCapacityReservation: () => MODIFIED, ...answers });
  const pace = stillPace();
  const settings = {
    targets: TARGETS,
    clients: recordedClients(aws, pace),
    homeRegion: HOME,
    pace,
    describeLimitMs: 4_000,
    writeLimitMs: 4_000,
  };
  return { aws, capacity: awsCapacity(settings) };
}

/** Load balancers that take every reservation and have it at once; lowered as often as one likes. */
async function obliging() {
  const reserved = new Map<unknown, number>();
  const nameOf = ({ input }: Call): unknown => input["LoadBalancerArn"];
  const { capacity } = await control({
    DescribeCapacityReservation: (call) =>
      reservation(reserved.get(nameOf(call)) ?? 300, [
        ["provisioned", 100],
        ["provisioned", 100],
      ]),
    ModifyCapacityReservation: (call) => {
      const units = call.input["MinimumLoadBalancerCapacity.CapacityUnits"];
      reserved.set(nameOf(call), units === undefined ? 0 : Number(units));
      return MODIFIED;
    },
  });
  return { capacity, targetIds: ["front", "api"] as const };
}

const RESERVED_IS_DESIRED = "nothing is asked for but the reservation: it is what is desired";

capacityControlLaws("reservations of load balancers, as recorded", obliging, {
  excused: { "lowering a minimum removes nothing by itself": RESERVED_IS_DESIRED },
});

describeWithMoto("moto is not ELB in that", (moto) => {
  test("it takes no reservation, and has one for any load balancer, there or not (the laws hold over recorded replies instead)", async () => {
    const client = new ElasticLoadBalancingV2Client(moto.client());
    const front = { LoadBalancerArn: arnOf("front") };
    const asked = { ...front, MinimumLoadBalancerCapacity: { CapacityUnits: 300 } };
    await expect(client.send(new ModifyCapacityReservationCommand(asked))).rejects.toThrow(/Deserialization error/);
    const said = await client.send(new DescribeCapacityReservationCommand(front));
    expect(said.CapacityReservationState).toEqual([{ State: { Code: "provisioned" } }]);
  });
});

describe("what serves of a reservation", () => {
  const state = async (said: Said) => (await (await control({ DescribeCapacityReservation: () => said })).capacity.describe(["front"]))[0];

  test("is all of it once every zone has it", async () => {
    expect(
      await state(
        reservation(600, [
          ["provisioned", 200],
          ["provisioned", 200],
          ["provisioned", 200],
        ]),
      ),
    ).toEqual({
      kind: "known",
      targetId: "front",
      minimumUnits: 600,
      maximumUnits: 2000,
      desiredUnits: 600,
      servingUnits: 600,
    });
  });

  test("is what the zone with least has while one is pending, and nothing may be changed", async () => {
    expect(
      await state(
        reservation(600, [
          ["provisioned", 600],
          ["pending", 110.5],
        ]),
      ),
    ).toMatchObject({
      minimumUnits: 600,
      servingUnits: 110,
      pending: "a reservation of 600 is pending in eu-west-1b",
    });
    expect(await state(reservation(600, [["pending"]]))).toMatchObject({ servingUnits: undefined, pending: expect.any(String) as string });
    expect(await state(reservation(600, []))).toMatchObject({ servingUnits: undefined });
  });

  test("a zone that failed, one that rebalances and a day without decreases are said; a failed one may be asked again", async () => {
    const failed = await state(
      reservation(
        600,
        [
          ["failed", 100, "InsufficientCapacity"],
          ["rebalancing", 300],
        ],
        0,
      ),
    );
    expect(failed).toMatchObject({
      servingUnits: 100,
      remarks: [
        "the reservation failed in eu-west-1a (InsufficientCapacity)",
        "it is rebalancing in eu-west-1b",
        "it can be lowered no more today",
      ],
    });
    expect(failed).not.toHaveProperty("pending");
  });

  test("nothing reserved is none, and a load balancer that is not there is unknown", async () => {
    expect(await state(reservation(undefined, []))).toMatchObject({ minimumUnits: 0, servingUnits: 0 });
    expect(await state({ error: "LoadBalancerNotFound", status: 400 })).toMatchObject({ kind: "unknown" });
  });
});

describe("reserving", () => {
  const set = async (units: number, said: Said, modify: () => Said = () => MODIFIED) => {
    const { aws, capacity } = await control({ DescribeCapacityReservation: () => said, ModifyCapacityReservation: modify });
    const outcome = await capacity.setMinimum("front", units);
    return { outcome, sent: aws.of("ModifyCapacityReservation").map(({ input }) => input) };
  };
  const FULL: readonly Zone[] = [
    ["provisioned", 300],
    ["provisioned", 300],
  ];

  test("asks for the units, and for none resets the reservation", async () => {
    const raised = await set(900, reservation(300, FULL));
    expect(raised.outcome).toEqual({ kind: "accepted" });
    expect(raised.sent).toMatchObject([{ LoadBalancerArn: arnOf("front"), "MinimumLoadBalancerCapacity.CapacityUnits": "900" }]);
    const reset = await set(0, reservation(300, FULL));
    expect(reset.sent).toMatchObject([{ LoadBalancerArn: arnOf("front"), ResetCapacityReservation: "true" }]);
    expect(reset.sent[0]).not.toHaveProperty("MinimumLoadBalancerCapacity.CapacityUnits");
  });

  test.each([
    ["accepted", undefined, 300, reservation(300, FULL)],
    [
      "deferred",
      "change-pending",
      900,
      reservation(300, [
        ["provisioned", 300],
        ["pending", 100],
      ]),
    ],
    ["deferred", "no-decrease-left", 100, reservation(300, FULL, 0)],
    ["refused", "below-least-reservation", 60, reservation(300, FULL)],
    ["refused", "above-maximum", 2001, reservation(300, FULL)],
  ] as const)("is %s as %s, and nothing is sent", async (kind, code, units, said) => {
    const { outcome, sent } = await set(units, said);
    expect(outcome).toMatchObject(code === undefined ? { kind } : { kind, code });
    expect(sent).toEqual([]);
  });

  test.each([
    ["deferred", "CapacityReservationPending", 400],
    ["deferred", "PriorRequestNotComplete", 429],
    ["deferred", "CapacityDecreaseRequestLimitExceeded", 400],
    ["refused", "CapacityUnitsLimitExceeded", 400],
    ["refused", "AccessDenied", 403],
  ] as const)("is %s when ELB says %s", async (kind, error, status) => {
    const { outcome } = await set(900, reservation(300, FULL), () => ({ error, status }));
    expect(outcome).toMatchObject({ kind });
  });

  test("nobody knows what became of it when ELB fails", async () => {
    await expect(set(900, reservation(300, FULL), () => ({ error: "InsufficientCapacity", status: 500 }))).rejects.toThrow(
      /InsufficientCapacity|UnknownError/,
    );
  });
});
