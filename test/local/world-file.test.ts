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
