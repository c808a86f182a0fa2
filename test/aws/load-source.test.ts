import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { cloudWatchLoads, type LoadSettings } from "../../shared/aws/load-source.ts";
import type { LoadMetric, Metric } from "../../shared/core/target-in-aws.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { loadSourceLaws } from "../laws/load-source.laws.ts";
import { describeWithMoto } from "./moto.ts";
import { recordedAws, recordedClients, stillPace, type Answers, type Call, type Said } from "./recorded.ts";
import { clientsOf, HOME, targetAt } from "./seeded.ts";

const metric = (name: string, more: Partial<Metric> = {}): Metric => ({
  namespace: "AWS/ApplicationELB",
  name,
  dimensions: { LoadBalancer: "app/web/1" },
  stat: "Sum",
  periodMs: MINUTE_MS,
  ...more,
});

const LOAD: LoadMetric = {
  metric: metric("RequestCount"),
  counts: "requests",
  each: 1,
  refused: { metric: metric("HTTPCode_ELB_5XX_Count"), sparse: true, withinLoad: false },
  serving: metric("HealthyHostCount", { stat: "Minimum" }),
};
const VIEWERS = metric("ConcurrentViewers", { namespace: "Acme/Player", dimensions: { Channel: "one" }, stat: "Average" });

/** The minute that it is on this machine; the emulator keeps what lies within its retention. */
const NOW = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;

describeWithMoto("load from an emulated CloudWatch", (moto) => {
  loadSourceLaws("CloudWatch on moto", async () => {
    const metrics = new CloudWatchClient(moto.client());
    const knownFromMs = NOW - 40 * MINUTE_MS;
    const knownToMs = NOW - 2 * MINUTE_MS;
    for (let atMs = knownFromMs; atMs < NOW; atMs += MINUTE_MS) {
      const point = (MetricName: string, Value: number, dimensions: Readonly<Record<string, string>>) => ({
        MetricName,
        Dimensions: Object.entries(dimensions).map(([Name, Of]) => ({ Name, Value: Of })),
        Timestamp: new Date(atMs),
        Value,
      });
      const { dimensions } = LOAD.metric;
      const MetricData = [point("RequestCount", 6_000 + (atMs % 7), dimensions), point("HealthyHostCount", 4, dimensions)];
      await metrics.send(new PutMetricDataCommand({ Namespace: "AWS/ApplicationELB", MetricData }));
      const viewers = [point("ConcurrentViewers", 1_000, VIEWERS.dimensions)];
      await metrics.send(new PutMetricDataCommand({ Namespace: "Acme/Player", MetricData: viewers }));
    }
    const loads = cloudWatchLoads({
      targets: [targetAt("web", { load: LOAD })],
      audience: [{ channelId: "one", metric: VIEWERS, each: 1 }],
      clients: clientsOf(moto),
      homeRegion: HOME,
      pace: { ...stillPace(), nowMs: () => NOW },
    });
    return { loads, targetId: "web", knownFromMs, knownToMs };
  });
});

type Query = { readonly Id: string; readonly MetricStat: { readonly Metric: { readonly MetricName: string } } };

const queriesOf = ({ input }: Call): readonly Query[] => input["MetricDataQueries"] as readonly Query[];

/** A result for each metric asked for, by its name; one that is left out has no points. */
const said =
  (points: Readonly<Record<string, Readonly<Record<number, number>>>>, status = "Complete") =>
  (call: Call): Said => ({
    body: {
      MetricDataResults: queriesOf(call).map(({ Id, MetricStat }) => {
        const of = Object.entries(points[MetricStat.Metric.MetricName] ?? {});
        return {
          Id,
          Label: "x",
          Timestamps: of.map(([atMs]) => Number(atMs) / 1_000),
          Values: of.map(([, value]) => value),
          StatusCode: status,
        };
      }),
      Messages: [],
    },
  });

async function source(answers: Answers, more: Partial<LoadSettings> = {}) {
  const aws = await recordedAws(answers);
  const pace = stillPace(NOW);
  const asked: { readonly metrics: number; readonly pages: number }[] = [];
  const loads = cloudWatchLoads({
    targets: [targetAt("web", { load: LOAD })],
    audience: [],
    clients: recordedClients(aws, pace),
    homeRegion: HOME,
    readLimitMs: 1_500,
    pace,
    counted: (each) => asked.push(each),
    ...more,
  });
  return { aws, pace, asked, loads };
}

const A = NOW - 10 * MINUTE_MS;
const B = A + MINUTE_MS;
const C = B + MINUTE_MS;

describe("one minute", () => {
  test("is the requests that were taken and those that were turned away, a second, and the units that served", async () => {
    const { loads } = await source({
      GetMetricData: said({
        RequestCount: { [A]: 6_000, [B]: 6_600 },
        HTTPCode_ELB_5XX_Count: { [B]: 60 },
        HealthyHostCount: { [A]: 4, [B]: 3.9 },
      }),
    });
    expect(await loads.load("web", A, C + MINUTE_MS)).toEqual([
      { kind: "known", atMs: A, loadRps: 100, unservedRps: 0, servingUnits: 4 },
      { kind: "known", atMs: B, loadRps: 111, unservedRps: 1, servingUnits: 3 },
      { kind: "unknown", atMs: C, reason: "web: a gap in AWS/ApplicationELB RequestCount" },
    ]);
  });

  test("that counts what was turned away already does not count it twice", async () => {
    const within = { ...LOAD, refused: { metric: metric("Refused"), sparse: true, withinLoad: true } };
    const { loads } = await source(
      { GetMetricData: said({ RequestCount: { [A]: 6_000 }, Refused: { [A]: 600 } }) },
      { targets: [targetAt("web", { load: within })] },
    );
    expect(await loads.load("web", A, B)).toMatchObject([{ loadRps: 100, unservedRps: 10, servingUnits: undefined }]);
  });

  test("of which nobody counts what was turned away says so, and a gap in a metric that has none by itself is no zero", async () => {
    const { refused: _refused, serving: _serving, ...bare } = LOAD;
    const dense = { ...LOAD, refused: { metric: metric("Refused"), sparse: false, withinLoad: false } };
    for (const load of [bare, dense]) {
      const { loads } = await source({ GetMetricData: said({ RequestCount: { [A]: 60 } }) }, { targets: [targetAt("web", { load })] });
      expect(await loads.load("web", A, B)).toEqual([
        { kind: "known", atMs: A, loadRps: 1, unservedRps: undefined, servingUnits: undefined },
      ]);
    }
  });

  test("as utilisation is that share of the units that served, and unknown without their number", async () => {
    const load: LoadMetric = {
      metric: metric("CPUUtilization", { stat: "Average" }),
      counts: "utilisation-percent",
      each: 1,
      serving: metric("Readers", { stat: "Minimum" }),
    };
    const { loads } = await source(
      { GetMetricData: said({ CPUUtilization: { [A]: 45, [B]: 45 }, Readers: { [A]: 4 } }) },
      { targets: [targetAt("web", { load })] },
    );
    expect(await loads.load("web", A, C)).toMatchObject([
      { kind: "known", loadRps: 0.45 * 4 * 100, servingUnits: 4 },
      { kind: "unknown", reason: "web: a gap in AWS/ApplicationELB Readers" },
    ]);
  });

  test("as a rate is what it says, each count for so many requests", async () => {
    const load: LoadMetric = { metric: metric("Rate", { stat: "Average" }), counts: "requests-per-second", each: 10 };
    const { loads } = await source({ GetMetricData: said({ Rate: { [A]: 4.5 } }) }, { targets: [targetAt("web", { load })] });
    expect(await loads.load("web", A, B)).toMatchObject([{ loadRps: 45 }]);
  });

  test("of a longer period has that period's share, from whole periods", async () => {
    const load: LoadMetric = { metric: metric("RequestCount", { periodMs: 5 * MINUTE_MS }), counts: "requests", each: 1 };
    const startMs = Math.floor((NOW - HOUR_MS) / (5 * MINUTE_MS)) * 5 * MINUTE_MS;
    const { aws, loads } = await source(
      { GetMetricData: said({ RequestCount: { [startMs]: 30_000, [startMs + 5 * MINUTE_MS]: 60_000 } }) },
      { targets: [targetAt("web", { load })] },
    );
    const minutes = await loads.load("web", startMs + 3 * MINUTE_MS, startMs + 7 * MINUTE_MS);
    expect(minutes.map((minute) => minute.kind === "known" && minute.loadRps)).toEqual([100, 100, 200, 200]);
    expect(aws.of("GetMetricData")[0]?.input).toMatchObject({ StartTime: startMs / 1_000, EndTime: startMs / 1_000 + 600 });
  });

  test("is not believed before it has settled, CloudFront's later still", async () => {
    const edge = { metric: metric("Requests", { namespace: "AWS/CloudFront" }), counts: "requests", each: 1 } as const;
    const points = Object.fromEntries(Array.from({ length: 10 }, (_, nth) => [NOW - nth * MINUTE_MS, 60]));
    const { aws, loads } = await source(
      { GetMetricData: said({ RequestCount: points, Requests: points }) },
      { targets: [targetAt("web", { load: LOAD }), targetAt("edge", { load: edge }, { kind: "cdn-edge" })] },
    );
    const known = async (id: string): Promise<number> =>
      (await loads.load(id, NOW - 9 * MINUTE_MS, NOW)).filter(({ kind }) => kind === "known").length;
    expect(await known("web")).toBe(7);
    expect(await known("edge")).toBe(4);
    expect(aws.calls.map(({ region }) => region).toSorted()).toEqual(["eu-west-1", "us-east-1"]);
  });
});

describe("half an answer", () => {
  test("on several pages is put together, whatever the status on the way", async () => {
    const first = said({ RequestCount: { [A]: 60 } }, "PartialData");
    const second = said({ RequestCount: { [B]: 120 } });
    const { aws, asked, loads } = await source({
      GetMetricData: (call, nth) => {
        const { body } = (nth === 0 ? first(call) : second(call)) as { readonly body: object };
        return { body: { ...body, ...(nth === 0 && { NextToken: "more" }) } };
      },
    });
    expect(await loads.load("web", A, C)).toMatchObject([{ loadRps: 1 }, { loadRps: 2 }]);
    expect(aws.of("GetMetricData").map(({ input }) => input["NextToken"])).toEqual([undefined, "more"]);
    expect(asked).toEqual([{ metrics: 3, pages: 2 }]);
  });

  test.each(["PartialData", "InternalError", "Forbidden"])(
    "that ends with %s gives what it has, and the rest is unknown",
    async (status) => {
      const { loads } = await source({ GetMetricData: said({ RequestCount: { [A]: 60 } }, status) });
      expect(await loads.load("web", A, C)).toEqual([
        // A gap in what was turned away is none only where the whole answer came.
        { kind: "known", atMs: A, loadRps: 1, unservedRps: undefined, servingUnits: undefined },
        { kind: "unknown", atMs: B, reason: `web: ${status}` },
      ]);
    },
  );

  test("that leaves a metric out is a gap, and so is what is no number", async () => {
    const none = await source({ GetMetricData: () => ({ body: { MetricDataResults: [] } }) });
    expect(await none.loads.load("web", A, B)).toMatchObject([{ kind: "unknown", reason: "web: CloudWatch did not mention it" }]);
    const uneven = await source({
      GetMetricData: (call) => ({
        body: { MetricDataResults: [{ Id: queriesOf(call)[0]?.Id, Timestamps: [A / 1_000], Values: [], StatusCode: "Complete" }] },
      }),
    });
    expect(await uneven.loads.load("web", A, B)).toMatchObject([{ kind: "unknown" }]);
  });
});

describe("calls", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, nth) =>
      targetAt(`t${nth}`, { load: { metric: metric(`Count${nth}`), counts: "requests", each: 1 } }),
    );

  test("one reads the same stretch of all targets, and a minute later another", async () => {
    const { aws, pace, asked, loads } = await source(
      { GetMetricData: said({ Count0: { [A]: 60 }, Count1: { [A]: 120 } }) },
      { targets: many(40) },
    );
    const [first, second] = [await loads.load("t0", A, B), await loads.load("t1", A, B)];
    expect([first, second]).toMatchObject([[{ loadRps: 1 }], [{ loadRps: 2 }]]);
    await Promise.all(many(40).map(({ id }) => loads.load(id, A, B)));
    expect(aws.of("GetMetricData")).toHaveLength(1);
    expect(asked).toEqual([{ metrics: 40, pages: 1 }]);
    pace.passMs(MINUTE_MS);
    await loads.load("t0", A, B);
    expect(aws.of("GetMetricData")).toHaveLength(2);
  });

  test("hold 500 metrics at most", async () => {
    const { aws, loads } = await source({ GetMetricData: said({}) }, { targets: many(1_100) });
    await loads.load("t0", A, B);
    expect(aws.of("GetMetricData").map((call) => queriesOf(call).length)).toEqual([500, 500, 100]);
  });

  test("of a target's history hold that target alone, and no more points than a call may have", async () => {
    const more = { targets: [targetAt("web", { load: LOAD }), ...many(9)] };
    const { aws, loads } = await source({ GetMetricData: said({}) }, more);
    const minutes = await loads.load("web", NOW - 40 * DAY_MS, NOW);
    expect(minutes).toHaveLength(40 * 24 * 60);
    expect(aws.of("GetMetricData").map((call) => queriesOf(call).map(({ MetricStat }) => MetricStat.Metric.MetricName))).toEqual([
      ["RequestCount"],
      ["HTTPCode_ELB_5XX_Count"],
      ["HealthyHostCount"],
    ]);
  });

  test("that AWS refuses for one metric are made for each alone, and only that one is unknown", async () => {
    const { loads } = await source(
      {
        GetMetricData: (call) =>
          queriesOf(call).some(({ MetricStat }) => MetricStat.Metric.MetricName === "Count1")
            ? { error: "InvalidParameterValue", message: "the namespace must not start with a colon" }
            : said({ Count0: { [A]: 60 } })(call),
      },
      { targets: many(2) },
    );
    expect(await loads.load("t0", A, B)).toMatchObject([{ kind: "known", loadRps: 1 }]);
    expect(await loads.load("t1", A, B)).toMatchObject([
      { kind: "unknown", reason: expect.stringMatching(/namespace must not/) as string },
    ]);
  });

  test.each([
    ["AccessDenied", { error: "AccessDenied", message: "no", status: 403 }],
    ["Throttling", { error: "Throttling", message: "Rate exceeded" }],
  ] as const)("that end with %s throw, so that the same minutes are read again later", async (code, failure) => {
    const { loads } = await source({ GetMetricData: () => failure });
    await expect(loads.load("web", A, B)).rejects.toMatchObject({ name: code });
  });

  test("that get no answer are waited for once in a tick, and all places at once", async () => {
    const region = (name: string) => targetAt(name, { region: name, load: LOAD });
    const targets = [region("eu-north-1"), region("eu-west-1"), region("eu-west-2")];
    const { loads } = await source(
      { GetMetricData: (call) => (call.region === "eu-west-1" ? said({ RequestCount: { [A]: 60 } })(call) : { hangs: true }) },
      { targets },
    );
    const began = performance.now();
    await expect(loads.load("eu-north-1", A, B)).rejects.toMatchObject({ code: "no-answer-in-time" });
    expect(await loads.load("eu-west-1", A, B)).toMatchObject([{ kind: "known" }]);
    await expect(loads.load("eu-west-2", A, B)).rejects.toMatchObject({ code: "no-answer-in-time" });
    await expect(loads.load("eu-west-2", A, C)).rejects.toThrow("did not answer a moment ago");
    // One limit of 1,500 ms, not three.
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});

describe("targets and channels", () => {
  test("a target that does not say what counts its load is unknown, and nothing is asked", async () => {
    const { aws, loads } = await source({}, { targets: [targetAt("web", {}), targetAt("bare", undefined)] });
    for (const id of ["web", "bare"])
      expect(await loads.load(id, A, B)).toEqual([
        { kind: "unknown", atMs: A, reason: `${id}: it is not said what counts its load (aws.load)` },
      ]);
    expect(aws.calls).toEqual([]);
  });

  test("without a metric for any channel the audience is unknown", async () => {
    const { loads } = await source({});
    expect(await loads.audience(A, B)).toMatchObject([{ kind: "unknown", reason: expect.stringMatching(/no metric counts/) as string }]);
  });

  test("a channel that was not reported is left out, not empty; one Region that fails hides no channel of another", async () => {
    const channel = (channelId: string, region?: string) => ({
      channelId,
      ...(region !== undefined && { region }),
      metric: metric(`viewers-${channelId}`, { stat: "Average" }),
      each: 2,
    });
    const { loads } = await source(
      {
        GetMetricData: (call) =>
          call.region === "eu-north-1"
            ? { error: "AccessDenied", status: 403 }
            : said({ "viewers-one": { [A]: 500 }, "viewers-two": { [B]: 7 } })(call),
      },
      { audience: [channel("one"), channel("two"), channel("three", "eu-north-1")] },
    );
    expect(await loads.audience(A, C + MINUTE_MS)).toMatchObject([
      { kind: "known", viewers: { one: 1_000 } },
      { kind: "known", viewers: { two: 14 } },
      { kind: "unknown", reason: expect.stringMatching(/^audience: /) as string },
    ]);
    const none = await source({ GetMetricData: () => ({ error: "AccessDenied", status: 403 }) }, { audience: [channel("one")] });
    await expect(none.loads.audience(A, B)).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

describe("a reading that may be old", () => {
  const FIVE_MS = 5 * MINUTE_MS;
  const points = Object.fromEntries(Array.from({ length: 90 }, (_, nth) => [NOW + (20 - nth) * MINUTE_MS, 60]));
  const bare = (name: string): LoadMetric => ({ metric: metric(name), counts: "requests", each: 1 });
  const two = async () => {
    const made = await source(
      { GetMetricData: said({ Web: points, Search: points }) },
      { targets: [targetAt("web", { load: bare("Web") }), targetAt("search", { load: bare("Search") })] },
    );
    const at = (minutes: number, id: string, oldestMs: number) =>
      made.loads.load(id, NOW + (minutes - 60) * MINUTE_MS, NOW + minutes * MINUTE_MS, oldestMs);
    const namesAsked = () =>
      made.aws.of("GetMetricData").map((call) => queriesOf(call).map(({ MetricStat }) => MetricStat.Metric.MetricName));
    return { ...made, at, namesAsked };
  };

  test("is asked for once in five minutes; what came since is unknown until then, and known after it", async () => {
    const { at, namesAsked, pace } = await two();
    const newest = async (minutes: number) => {
      const all = await at(minutes, "web", FIVE_MS);
      expect(all).toHaveLength(60);
      return all.findLast(({ kind }) => kind === "known")?.atMs;
    };
    for (const minute of [0, 1, 2, 3, 4]) {
      expect(await newest(minute)).toBe(NOW - 3 * MINUTE_MS);
      pace.passMs(MINUTE_MS);
    }
    expect(namesAsked()).toEqual([["Web"]]);
    const [last] = (await at(4, "web", FIVE_MS)).slice(-1);
    expect(last?.kind).toBe("unknown");
    expect(await newest(5)).toBe(NOW + 2 * MINUTE_MS);
    expect(namesAsked()).toHaveLength(2);
    expect((await at(5, "web", FIVE_MS)).filter(({ kind }) => kind === "unknown")).toHaveLength(2);
  });

  test("is read anew for those alone that need it now, in one call for all of them", async () => {
    const { at, namesAsked, pace } = await two();
    await Promise.all([at(0, "web", 0), at(0, "search", 0)]);
    expect(namesAsked()).toEqual([["Web", "Search"]]);
    pace.passMs(MINUTE_MS);
    await Promise.all([at(1, "web", FIVE_MS), at(1, "search", 0)]);
    expect(namesAsked().slice(1)).toEqual([["Search"]]);
  });

  test("is no reading when it failed: the next minute asks again", async () => {
    let fails = true;
    const { loads, pace } = await source({
      GetMetricData: (call) => (fails ? { error: "ThrottlingException", status: 400 } : said({ RequestCount: points })(call)),
    });
    await expect(loads.load("web", NOW - HOUR_MS, NOW, FIVE_MS)).rejects.toThrow(/ThrottlingException/);
    fails = false;
    pace.passMs(MINUTE_MS);
    expect((await loads.load("web", NOW - HOUR_MS, NOW + MINUTE_MS, FIVE_MS)).some(({ kind }) => kind === "known")).toBe(true);
  });
});
