import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseWorld } from "../../local/world-file.ts";
import { problemsOf } from "../config/config-failure.ts";

test("the world of the New Year evening says what it said", () => {
  const file = readFileSync(new URL("../fixtures/new-year/world.yaml", import.meta.url), "utf8");
  expect(parseWorld(file, "world.yaml")).toEqual({
    usualPeakViewers: 120_000,
    occasions: [
      {
        occasion: "the King's New Year speech",
        title: "nytårstale",
        channels: ["DR1 HD (T).dk", "TV 2 HD (D) (T).dk", "TV 2 News HD (D) (T).dk"],
        windowStartMs: Date.UTC(2025, 11, 31, 16, 40),
        windowEndMs: Date.UTC(2025, 11, 31, 17, 31),
        viewers: 1_300_000,
        startsLateMinutes: 0,
        endsLateMinutes: 7,
      },
    ],
    targets: {
      "player-api": { requestsPerArrival: 9, requestsPerViewerMinute: 1.2, requestsPerDeparture: 5, startUpMs: 95_000 },
      "catalogue-db": { requestsPerArrival: 4, requestsPerViewerMinute: 0.3, requestsPerDeparture: 3, startUpMs: 540_000 },
      edge: { requestsPerArrival: 30, requestsPerViewerMinute: 12, requestsPerDeparture: 12, startUpMs: 75_000 },
    },
    refusals: [],
  });
});

test("a world may be no more than its usual viewers", () => {
  expect(parseWorld("usualPeakViewers: 5\n", "f.yaml")).toEqual({ usualPeakViewers: 5, occasions: [], targets: {}, refusals: [] });
});

test("a refusal has a target, a stretch of time, a kind and a code", () => {
  const text = `usualPeakViewers: 5
refusals:
  - { target: api, from: 2026-06-13T17:52:00Z, to: 2026-06-13T17:55:00Z, kind: deferred, code: ThrottlingException }
`;
  expect(parseWorld(text, "f.yaml").refusals).toEqual([
    {
      targetId: "api",
      fromMs: Date.UTC(2026, 5, 13, 17, 52),
      toMs: Date.UTC(2026, 5, 13, 17, 55),
      kind: "deferred",
      code: "ThrottlingException",
    },
  ]);
  expect(problemsOf(parseWorld, text.replace("17:55", "17:52").replace("deferred", "maybe").replace("target: api", "target: API"))).toEqual(
    [
      expect.stringMatching(/^f\.yaml:3:15 target is "API"; right would be an id/),
      expect.stringMatching(/^f\.yaml:3:52 the refusal ends at .*, which is not after its start/),
      expect.stringMatching(/^f\.yaml:3:80 kind is "maybe"; right would be one of deferred, refused/),
    ],
  );
});

test("every problem of a world is told, the keys of its targets included", () => {
  const text = `usualPeakViewers: 0
targets: { API: {}, edge: { requestPerArrival: 3 }, db: 4 }
occasions:
  - { occasion: a, title: t, channels: [c], window: [2026-06-13T18:00Z, 2026-06-13T18:00Z], viewers: 1, endsLateMinutes: -3 }
`;
  expect(problemsOf(parseWorld, text).map((line) => line.split(";")[0])).toEqual([
    "f.yaml:1:19 usualPeakViewers is 0",
    'f.yaml:2:12 the key is "API"',
    'f.yaml:2:29 there is no key "requestPerArrival" here',
    "f.yaml:2:57 targets.db is 4",
    "f.yaml:4:53 the window ends at 2026-06-13T18:00Z, which is not after its start 2026-06-13T18:00Z",
    "f.yaml:4:122 endsLateMinutes is -3",
  ]);
});

test("a world may say how its cloud, its callers and its crowds misbehave", () => {
  const text = `usualPeakViewers: 5
loginMinutes: 3
occasions:
  - { occasion: a, title: t, channels: [c], window: [2026-06-13T18:00Z, 2026-06-13T18:30Z], viewers: 1, calledOffAfterMinutes: 20 }
unlisted:
  - { occasion: breaking news, channels: [c], from: 2026-06-13T19:00Z, to: 2026-06-13T19:20Z, viewers: 700 }
dips: [{ from: 2026-06-13T18:40Z, to: 2026-06-13T18:46Z, share: 0.1 }]
targets:
  api: { requestsPerLogin: 4, joiningSeconds: 20, failedStarts: 0.02, launchPerMinute: 90, scaleInShare: 0.2 }
  db: { joiningSeconds: 180, joiningThroughput: 0.5 }
  lcu: { growthShare: 0.1, leastGrowth: 2, shrinkShare: 0.05, pendingMinutes: 30, pendingSpread: 0.5, decreasesPerDay: 2 }
  edge: { ttlMinutes: 45 }
accountLaunchPerMinute: 900
connectionLimits: true
outside: [{ target: api, at: 2026-06-13T19:30Z, minimum: 4 }]
deployments: [{ target: api, from: 2026-06-13T18:10Z, to: 2026-06-13T18:20Z, count: 6 }]
scheduledActions:
  - { target: api, name: evening, at: 2026-06-01T16:00Z, everyDay: true, minimum: 20 }
  - { target: api, name: once, at: 2026-06-13T21:00Z, minimum: 4, maximum: 90 }
troubles:
  - { kind: late, where: audience, from: 2026-06-13T18:00Z, to: 2026-06-13T18:10Z, lateMinutes: 7 }
  - { kind: lost-done, from: 2026-06-13T18:00Z, to: 2026-06-13T18:10Z }
troubleShares: { throttled: 0.1, lost-done: 0.02 }
clockSteps: [{ from: 2026-06-13T18:00Z, to: 2026-06-13T18:10Z, bySeconds: -90 }]
`;
  const at = (hour: number, minute = 0): number => Date.UTC(2026, 5, 13, hour, minute);
  const world = parseWorld(text, "f.yaml");
  expect(world).toMatchObject({
    loginMinutes: 3,
    dips: [{ fromMs: at(18, 40), toMs: at(18, 46), share: 0.1 }],
    accountLaunchUnitsPerMinute: 900,
    connectionLimits: true,
    outside: [{ targetId: "api", atMs: at(19, 30), minimumUnits: 4 }],
    deployments: [{ targetId: "api", fromMs: at(18, 10), toMs: at(18, 20), countUnits: 6 }],
    actions: [
      { targetId: "api", name: "evening", atMs: Date.UTC(2026, 5, 1, 16), everyDay: true, minimumUnits: 20 },
      { targetId: "api", name: "once", atMs: at(21), everyDay: false, minimumUnits: 4, maximumUnits: 90 },
    ],
    troubles: [
      { kind: "late", where: "audience", fromMs: at(18), toMs: at(18, 10), lateMinutes: 7 },
      { kind: "lost-done", where: undefined, fromMs: at(18), toMs: at(18, 10) },
    ],
    troubleShares: { throttled: 0.1, "lost-done": 0.02 },
    clockSteps: [{ fromMs: at(18), toMs: at(18, 10), byMs: -90_000 }],
  });
  expect(world.occasions).toMatchObject([
    { occasion: "a", calledOffAfterMinutes: 20 },
    { occasion: "breaking news", channels: ["c"], startsAtMs: at(19), endsAtMs: at(19, 20), viewers: 700, unlisted: true },
  ]);
  expect(world.targets).toEqual({
    api: { requestsPerLogin: 4, joiningMs: 20_000, failedStartShare: 0.02, launchUnitsPerMinute: 90, scaleInShare: 0.2 },
    db: { joiningMs: 180_000, joiningThroughput: 0.5 },
    lcu: {
      growthShare: 0.1,
      leastGrowthUnits: 2,
      shrinkShare: 0.05,
      pendingMs: 1_800_000,
      pendingSpread: 0.5,
      decreasesPerDay: 2,
    },
    edge: { ttlMs: 2_700_000 },
  });
});

test("what cannot be of a misbehaving world is told with its line", () => {
  const text = `usualPeakViewers: 5
unlisted: [{ occasion: a, channels: [c], from: 2026-06-13T19:00Z, to: 2026-06-13T19:00Z, viewers: 700 }]
dips: [{ from: 2026-06-13T18:40Z, to: 2026-06-13T18:30Z, share: 0.1 }]
outside: [{ target: api, at: 2026-06-13T19:30Z, minimum: 9, maximum: 8 }]
scheduledActions: [{ target: api, name: x, at: 2026-06-13T19:30Z, minimum: 9, maximum: 8 }]
troubles: [{ kind: slow, from: 2026-06-13T18:40Z, to: 2026-06-13T18:30Z }]
troubleShares: { throttled: 0.6, lost: 0.5, dark: 1 }
`;
  expect(problemsOf(parseWorld, text).map((line) => line.split(";")[0])).toEqual([
    "f.yaml:2:71 the occasion ends at 2026-06-13T19:00Z, which is not after its start 2026-06-13T19:00Z",
    "f.yaml:3:39 the dip ends at 2026-06-13T18:30Z, which is not after its start 2026-06-13T18:40Z",
    "f.yaml:4:58 minimum 9 is above the maximum 8",
    "f.yaml:5:76 minimum 9 is above the maximum 8",
    "f.yaml:6:55 the trouble ends at 2026-06-13T18:30Z, which is not after its start 2026-06-13T18:40Z",
    "f.yaml:7:16 the shares of calls that go wrong come to 1.1",
  ]);
});
