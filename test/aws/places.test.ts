import { describe, expect, test } from "vitest";
import { awsBookings } from "../../shared/aws/booking-control.ts";
import { awsCapacity } from "../../shared/aws/capacity-control.ts";
import { placeOf } from "../../shared/aws/place.ts";
import type { TargetInAws } from "../../shared/core/target-in-aws.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithMoto } from "./moto.ts";
import { recordedAws, recordedClients, stillPace, type Answers, type Call, type Said } from "./recorded.ts";
import { clientsOf, HOME, makeServices, register, serviceAt, targetAt } from "./seeded.ts";

/** Long enough for a machine that runs everything at once. */
const LIMIT_MS = 1_500;
const ROLE = "arn:aws:iam::210987654321:role/calltime-target";
const theirs: TargetInAws = { ...serviceAt("front"), account: { roleArn: ROLE, externalId: "player-team" } };

const described = ({ input }: Call): Said => ({
  body: {
    ScalableTargets: (input["ResourceIds"] as readonly string[]).map((ResourceId) => ({
      ResourceId,
      ScalableDimension: "ecs:service:DesiredCount",
      MinCapacity: 2,
      MaxCapacity: 60,
    })),
  },
});
const counted = ({ input }: Call): Said => ({
  body: { services: (input["services"] as readonly string[]).map((serviceName) => ({ serviceName, desiredCount: 3, runningCount: 3 })) },
});

const credentials = (key: string, endsAtMs: number): Said => ({
  body: `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>none</SecretAccessKey><SessionToken>session</SessionToken><Expiration>${new Date(endsAtMs).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
});

async function elsewhere(answers: Answers, targets = [targetAt("ours", serviceAt("front")), targetAt("theirs", theirs)]) {
  const aws = await recordedAws({ DescribeScalableTargets: described, DescribeServices: counted, ...answers });
  const pace = stillPace(Date.now());
  const settings = {
    targets,
    clients: recordedClients(aws, pace),
    homeRegion: HOME,
    pace,
    describeLimitMs: LIMIT_MS,
    writeLimitMs: LIMIT_MS,
  };
  return { aws, pace, capacity: awsCapacity(settings), bookings: awsBookings(settings) };
}

describe("another account", () => {
  test("is entered by its role with the external id it asks for, once for all its clients", async () => {
    const { aws, pace, capacity } = await elsewhere({ AssumeRole: () => credentials("theirs", pace.nowMs() + 60 * MINUTE_MS) });
    expect(await capacity.describe(["ours", "theirs"])).toMatchObject([
      { kind: "known", servingUnits: 3 },
      { kind: "known", servingUnits: 3 },
    ]);
    await capacity.describe(["theirs"]);
    expect(aws.of("AssumeRole").map(({ input, accessKey }) => [accessKey, input["RoleArn"], input["ExternalId"]])).toEqual([
      ["ours", ROLE, "player-team"],
    ]);
    expect(new Set(aws.of("DescribeServices").map(({ accessKey }) => accessKey))).toEqual(new Set(["ours", "theirs"]));
  });

  test("is entered again before its credentials end", async () => {
    // The SDK looks at the clock of this machine: what ends within five minutes is fetched anew.
    const lives = [2, 60];
    const { aws, pace, capacity } = await elsewhere({
      AssumeRole: (_, nth) => credentials(`key-${nth}`, Date.now() + (lives[nth] ?? 60) * MINUTE_MS),
    });
    await capacity.describe(["theirs"]);
    pace.passMs(MINUTE_MS);
    await capacity.describe(["theirs"]);
    await capacity.describe(["theirs"]);
    expect(aws.of("AssumeRole").length).toBeLessThanOrEqual(3);
    expect(aws.of("DescribeServices").at(-1)?.accessKey).not.toBe("key-0");
  });

  test("that lets nobody in makes its target unknown and its writes refused, and nobody else's", async () => {
    const { capacity, bookings, pace } = await elsewhere({
      AssumeRole: () => ({ error: "AccessDenied", message: "User: … is not authorized to perform: sts:AssumeRole", status: 403 }),
    });
    expect(await capacity.describe(["theirs", "ours"])).toMatchObject([
      { kind: "unknown", reason: expect.stringMatching(/AccessDenied: the role .* could not be assumed/) as string },
      { kind: "known" },
    ]);
    expect(await capacity.setMinimum("theirs", 4)).toMatchObject({ kind: "refused", code: "AccessDenied" });
    const action = { name: "calltime-1", atMs: pace.nowMs() + MINUTE_MS, minimumUnits: 4 };
    expect(await bookings.put("theirs", action)).toMatchObject({ kind: "refused", code: "AccessDenied" });
    expect(await bookings.list(["theirs"])).toMatchObject([{ kind: "unknown" }]);
  });

  test("whose STS fails is not asked about for good: the next tick tries again", async () => {
    const { capacity } = await elsewhere({ AssumeRole: () => ({ error: "InternalFailure", status: 500 }) });
    expect(await capacity.setMinimum("theirs", 4)).toMatchObject({ kind: "deferred", code: "role-not-reached" });
  });

  test("that gives half an answer is no way in", async () => {
    const { capacity } = await elsewhere({ AssumeRole: () => ({ body: "<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>" }) });
    expect(await capacity.setMinimum("theirs", 4)).toMatchObject({ kind: "refused", code: "no-credentials" });
  });
});

describe("a target that does not answer", () => {
  const hanging: Answers = { AssumeRole: () => ({ hangs: true }) };

  test("is unknown after its limit, and no other waits for it", async () => {
    const { capacity } = await elsewhere(hanging);
    let isStuck = true;
    const stuck = capacity.describe(["theirs"]).finally(() => (isStuck = false));
    expect(await capacity.describe(["ours"])).toMatchObject([{ kind: "known" }]);
    expect(isStuck).toBe(true);
    expect(await stuck).toEqual([
      { kind: "unknown", targetId: "theirs", reason: `no-answer-in-time: theirs: no answer within ${LIMIT_MS} ms` },
    ]);
  });

  test("holds up neither the minimum nor the bookings of another", async () => {
    const { aws, capacity, bookings, pace } = await elsewhere({
      ...hanging,
      RegisterScalableTarget: () => ({ body: {} }),
      PutScheduledAction: () => ({ body: {} }),
    });
    const stuck = [
      capacity.setMinimum("theirs", 4),
      bookings.put("theirs", { name: "calltime-1", atMs: pace.nowMs() + 1, minimumUnits: 4 }),
    ];
    let areStuck = true;
    const all = Promise.allSettled(stuck).finally(() => (areStuck = false));
    expect(await capacity.setMinimum("ours", 4)).toEqual({ kind: "accepted" });
    const action = { name: "calltime-1", atMs: pace.nowMs() + MINUTE_MS, minimumUnits: 4 };
    expect(await bookings.put("ours", action)).toEqual({ kind: "accepted" });
    expect(areStuck).toBe(true);
    for (const outcome of await all) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "no-answer-in-time" } });
    expect(aws.of("RegisterScalableTarget")).toHaveLength(1);
  });

  test("within one service's own health check leaves the bounds of its neighbours known", async () => {
    const group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/slow/1";
    const slow = targetAt("slow", { ...serviceAt("slow"), targetGroupArn: group });
    const { capacity } = await elsewhere({ DescribeTargetHealth: () => ({ hangs: true }) }, [slow, targetAt("quick", serviceAt("quick"))]);
    expect(await capacity.describe(["slow", "quick"])).toMatchObject([{ kind: "unknown" }, { kind: "known", servingUnits: 3 }]);
  });
});

test("a target that names no Region is where Calltime runs", () => {
  expect(placeOf({}, "eu-north-1")).toEqual({ region: "eu-north-1" });
  expect(placeOf({ region: "us-east-1", account: { roleArn: ROLE } }, "eu-north-1")).toEqual({
    region: "us-east-1",
    account: { roleArn: ROLE },
  });
});

describeWithMoto("another Region", (moto) => {
  test("is where its targets are looked for and set: in the wrong one they are not registered", async () => {
    await makeServices(moto, ["front"], 3, "eu-north-1");
    await register(moto, serviceAt("front"), 2, 12, "eu-north-1");
    const there = targetAt("there", { ...serviceAt("front"), region: "eu-north-1" });
    const capacity = awsCapacity({ targets: [there, targetAt("here", serviceAt("front"))], clients: clientsOf(moto), homeRegion: HOME });
    expect(await capacity.setMinimum("there", 5)).toEqual({ kind: "accepted" });
    expect(await capacity.setMinimum("here", 5)).toMatchObject({ kind: "refused", code: "not-registered" });
    expect(await capacity.describe(["there", "here"])).toMatchObject([
      { kind: "known", minimumUnits: 5, servingUnits: 3 },
      { kind: "unknown" },
    ]);
  });

  test("and another account are entered through STS", async () => {
    const there = targetAt("there", { ...serviceAt("front"), account: { roleArn: "arn:aws:iam::123456789012:role/calltime-target" } });
    await makeServices(moto, ["front"], 3);
    await register(moto, serviceAt("front"), 2, 12);
    const capacity = awsCapacity({ targets: [there], clients: clientsOf(moto), homeRegion: HOME });
    expect(await capacity.setMinimum("there", 4)).toEqual({ kind: "accepted" });
  });
});
