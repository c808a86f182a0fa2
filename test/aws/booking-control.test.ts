import {
  ApplicationAutoScalingClient,
  DeleteScheduledActionCommand,
  DescribeScheduledActionsCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  type PutScheduledActionCommandInput,
} from "@aws-sdk/client-application-auto-scaling";
import { describe, expect, test } from "vitest";
import { awsBookings } from "../../shared/aws/booking-control.ts";
import { awsCapacity } from "../../shared/aws/capacity-control.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { bookingControlLaws } from "../laws/booking-control.laws.ts";
import { describeWithMoto } from "./moto.ts";
import { recordedAws, recordedClients, stillPace, type Answers } from "./recorded.ts";
import { clientsOf, HOME, makeServices, register, serviceAt, targetAt } from "./seeded.ts";

const TARGETS = [
  targetAt("web", serviceAt("front")),
  targetAt("db", { scaling: { kind: "acu", clusterId: "sessions" } }, { kind: "aurora-acu" }),
];
const NAMES = { ServiceNamespace: "ecs", ResourceId: "service/web/front", ScalableDimension: "ecs:service:DesiredCount" } as const;

/** A whole minute, well ahead of this machine's clock. */
const FROM_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 24 * HOUR_MS;

describeWithMoto("bookings in an emulated AWS", (moto) => {
  const scaling = () => new ApplicationAutoScalingClient(moto.client());

  bookingControlLaws(
    "scheduled actions on moto, fired as AWS does",
    async () => {
      await makeServices(moto, ["front"], 3);
      await register(moto, serviceAt("front"), 2, 60);
      let now = FROM_MS - MINUTE_MS;
      const settings = { targets: TARGETS, clients: clientsOf(moto), homeRegion: HOME };
      const bookings = awsBookings({ ...settings, pace: { ...stillPace(), nowMs: () => now } });
      const capacity = awsCapacity(settings);
      return {
        bookings: named(bookings),
        targetId: "web",
        unsupportedId: "db",
        fromMs: FROM_MS,
        // The emulator keeps actions and fires none.
        passTo: async (atMs) => {
          const { ScheduledActions: all = [] } = await scaling().send(new DescribeScheduledActionsCommand({ ServiceNamespace: "ecs" }));
          const due = all
            .map((action) => ({ action, dueMs: Date.parse(`${action.Schedule?.slice(3, -1)}Z`) }))
            .filter(({ dueMs }) => dueMs < atMs)
            .sort((a, b) => a.dueMs - b.dueMs);
          for (const { action } of due) {
            await scaling().send(new RegisterScalableTargetCommand({ ...NAMES, ...action.ScalableTargetAction }));
            const { ScheduledActionName = "" } = action;
            await scaling().send(new DeleteScheduledActionCommand({ ...NAMES, ScheduledActionName }));
          }
          now = Math.max(now, atMs - MINUTE_MS);
        },
        minimumOf: async (targetId) => {
          const [state] = await capacity.describe([targetId]);
          return state?.kind === "known" ? state.minimumUnits : Number.NaN;
        },
      };
    },
    {
      excused: {
        "takes 200 actions of a target and refuses one more, but not another under a name that is there": "moto counts no actions",
      },
    },
  );

  test("a booking holds the minimum alone, by UTC; what is the customer's is read and never written", async () => {
    await makeServices(moto, ["front"], 3);
    await register(moto, serviceAt("front"), 2, 60);
    const pace = { ...stillPace(), nowMs: () => FROM_MS };
    const bookings = awsBookings({ targets: TARGETS, clients: clientsOf(moto), homeRegion: HOME, pace });
    const atMs = Date.UTC(2031, 5, 13, 17, 45);
    await scaling().send(
      new PutScheduledActionCommand({
        ...NAMES,
        ScheduledActionName: "every evening",
        Schedule: "cron(0 18 * * ? *)",
        Timezone: "Europe/Copenhagen",
        ScalableTargetAction: { MinCapacity: 9, MaxCapacity: 40 },
      }),
    );
    expect(await bookings.put("web", { name: "calltime-7", atMs, minimumUnits: 20 })).toEqual({ kind: "accepted" });
    const listed = await bookings.list(["web"]);
    expect(listed).toMatchObject([
      {
        kind: "known",
        actions: [
          { name: "every evening", recurring: true, minimumUnits: 9, maximumUnits: 40 },
          { name: "calltime-7", atMs, recurring: false, minimumUnits: 20 },
        ],
      },
    ]);
    for (const outcome of [
      await bookings.put("web", { name: "every evening", atMs, minimumUnits: 1 }),
      await bookings.remove("web", "every evening"),
    ])
      expect(outcome).toMatchObject({ kind: "refused", code: "not-ours" });
    const { ScheduledActions: stored = [] } = await scaling().send(new DescribeScheduledActionsCommand({ ServiceNamespace: "ecs" }));
    expect(stored.find(({ ScheduledActionName }) => ScheduledActionName === "calltime-7")).toMatchObject({
      Schedule: "at(2031-06-13T17:45:00)",
      Timezone: "UTC",
      ScalableTargetAction: { MinCapacity: 20 },
    });
    expect(stored.find(({ ScheduledActionName }) => ScheduledActionName === "calltime-7")?.ScalableTargetAction).not.toHaveProperty(
      "MaxCapacity",
    );
    expect(stored).toHaveLength(2);
  });
});

/** The laws name actions as they like; written are only those whose name is ours. */
function named(bookings: ReturnType<typeof awsBookings>): ReturnType<typeof awsBookings> {
  const prefix = "calltime-";
  return {
    list: async (ids) =>
      (await bookings.list(ids)).map((each) =>
        each.kind === "known"
          ? { ...each, actions: each.actions.map((action) => ({ ...action, name: action.name.slice(prefix.length) })) }
          : each,
      ),
    put: (targetId, action) => bookings.put(targetId, { ...action, name: `${prefix}${action.name}` }),
    remove: (targetId, name) => bookings.remove(targetId, `${prefix}${name}`),
  };
}

describe("what AWS says of bookings", () => {
  const NOW = Date.UTC(2026, 5, 13, 18);
  const action = (name: string, Schedule: string, more: object = {}) => ({
    ScheduledActionName: name,
    ScheduledActionARN: `arn:aws:autoscaling:eu-west-1:123456789012:scheduledAction:0:resource/ecs/service/web/front:scheduledActionName/${name}`,
    ...NAMES,
    Schedule,
    CreationTime: (NOW - 90 * MINUTE_MS) / 1_000,
    ScalableTargetAction: { MinCapacity: 20 },
    ...more,
  });
  const booked = async (answers: Answers) => {
    const aws = await recordedAws(answers);
    const pace = stillPace(NOW);
    const settings = { targets: TARGETS, clients: recordedClients(aws, pace), homeRegion: HOME, pace, writeLimitMs: 4_000 };
    return { aws, bookings: awsBookings(settings) };
  };
  const booking = { name: "calltime-29", atMs: NOW + HOUR_MS, minimumUnits: 20 };

  test("every page is read; what has fired and what never fires again is not to come", async () => {
    const { aws, bookings } = await booked({
      DescribeScheduledActions: ({ input }) =>
        input["NextToken"] === undefined
          ? { body: { ScheduledActions: [action("past", "at(2026-06-13T17:59:00)"), action("b", "at(2026-06-13T20:00)")], NextToken: "2" } }
          : {
              body: {
                ScheduledActions: [
                  action("by their clock", "at(2026-06-13T20:30:00)", { Timezone: "Europe/Copenhagen" }),
                  action("over", "cron(0 12 * * ? 2025)"),
                  action("ended", "rate(1 hour)", { EndTime: NOW / 1_000 }),
                  action("no schedule", "soon"),
                  action("hourly", "rate(1 hour)"),
                  action("ceiling", "at(2026-06-13T21:00:00)", { ScalableTargetAction: { MaxCapacity: 90 } }),
                ],
              },
            },
    });
    expect(await bookings.list(["web"])).toEqual([
      {
        kind: "known",
        targetId: "web",
        actions: [
          { name: "by their clock", atMs: NOW + 30 * MINUTE_MS, recurring: false, minimumUnits: 20 },
          { name: "hourly", atMs: NOW + 30 * MINUTE_MS, recurring: true, minimumUnits: 20 },
          { name: "b", atMs: NOW + 2 * HOUR_MS, recurring: false, minimumUnits: 20 },
          { name: "ceiling", atMs: NOW + 3 * HOUR_MS, recurring: false, maximumUnits: 90 },
        ],
      },
    ]);
    expect(aws.of("DescribeScheduledActions").map(({ input }) => input["NextToken"])).toEqual([undefined, "2"]);
  });

  test("pages that go round for ever, and a denied call, leave them unknown", async () => {
    const endless = await booked({ DescribeScheduledActions: () => ({ body: { ScheduledActions: [], NextToken: "again" } }) });
    expect(await endless.bookings.list(["web"])).toMatchObject([
      { kind: "unknown", reason: expect.stringMatching(/endless-pages/) as string },
    ]);
    const denied = await booked({ DescribeScheduledActions: () => ({ error: "AccessDeniedException", message: "no" }) });
    expect(await denied.bookings.list(["web"])).toEqual([{ kind: "unknown", targetId: "web", reason: "AccessDeniedException: no" }]);
  });

  test("one more than 200 is refused, and nothing of the customer's is taken away for it", async () => {
    const full = { error: "LimitExceededException", message: "You've reached a limit on the number of scheduled actions: 200" };
    const { aws, bookings } = await booked({
      PutScheduledAction: () => full,
      DescribeScheduledActions: () => ({
        body: { ScheduledActions: [action("theirs", "at(2026-06-13T17:00:00)"), action("calltime-30", "at(2026-06-13T19:30:00)")] },
      }),
    });
    expect(await bookings.put("web", booking)).toMatchObject({ kind: "refused", code: "LimitExceededException" });
    expect(aws.of("DeleteScheduledAction")).toEqual([]);
  });

  test("bookings of ours that have fired and still lie there make room", async () => {
    const { aws, bookings } = await booked({
      PutScheduledAction: (_, nth) => (nth === 0 ? { error: "LimitExceededException" } : { body: {} }),
      DeleteScheduledAction: () => ({ body: {} }),
      DescribeScheduledActions: () => ({
        body: {
          ScheduledActions: ["calltime-1", "theirs", "calltime-30"].map((name) =>
            action(name, name === "calltime-30" ? "at(2026-06-13T19:30:00)" : "at(2026-06-13T17:00:00)"),
          ),
        },
      }),
    });
    expect(await bookings.put("web", booking)).toEqual({ kind: "accepted" });
    expect(aws.of("DeleteScheduledAction").map(({ input }) => input["ScheduledActionName"])).toEqual(["calltime-1"]);
    expect(aws.of("PutScheduledAction")[1]?.input).toEqual({
      ...NAMES,
      ScheduledActionName: "calltime-29",
      Schedule: "at(2026-06-13T19:00:00)",
      Timezone: "UTC",
      ScalableTargetAction: { MinCapacity: 20 },
    } satisfies PutScheduledActionCommandInput);
  });

  test("a booking on a target that is not registered is refused; removing one is done", async () => {
    const gone = () => ({ error: "ObjectNotFoundException", message: "No scalable target registered" });
    const { bookings } = await booked({ PutScheduledAction: gone, DeleteScheduledAction: gone });
    expect(await bookings.put("web", booking)).toMatchObject({ kind: "refused", code: "ObjectNotFoundException" });
    expect(await bookings.remove("web", "calltime-29")).toEqual({ kind: "accepted" });
  });

  test("a throttled booking is put off, a denied removal refused", async () => {
    const { bookings } = await booked({
      PutScheduledAction: () => ({ error: "ThrottlingException", message: "Rate exceeded" }),
      DeleteScheduledAction: () => ({ error: "AccessDeniedException", message: "no" }),
    });
    expect(await bookings.put("web", booking)).toMatchObject({ kind: "deferred", code: "ThrottlingException" });
    expect(await bookings.remove("web", "calltime-29")).toMatchObject({ kind: "refused", code: "AccessDeniedException" });
  });
});
