import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseTargets } from "../../shared/config/targets.ts";
import { SANITY_THRESHOLDS } from "../../shared/core/schedule/sanity.ts";
import { problemsOf } from "./config-failure.ts";

const TWO = `targets:
  - id: api
    kind: ecs-service
    throughput: 150
    baseline: 12
    ceiling: 600
    loadPerViewer: 0.03
    startUpMinutes: 1.5
    launchPerMinute: 120
    scalesIn: target-tracking
    connections: { database: db, poolPerUnit: 10 }
  - id: db
    kind: aurora-readers
    throughput: 2600
    baseline: 2
    ceiling: 15
    loadPerViewer: 0.012
    startUpMinutes: 15
    launchPerMinute: 15
    scalesIn: target-tracking
    maxConnections: 2000
`;

const problems = (...changes: readonly (readonly [from: string, to: string])[]) => {
  const spoiled = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`nothing to change: ${from}`);
    return text.replace(from, to);
  }, TWO);
  return problemsOf(parseTargets, spoiled);
};

test("what is left out has its default: a new target observes, plans with 70 % and has one zone", () => {
  expect(parseTargets(TWO, "f.yaml").targets).toEqual([
    {
      id: "api",
      kind: "ecs-service",
      mode: "observe",
      throughputRps: 150,
      targetUtilisation: 0.7,
      baselineUnits: 12,
      ceilingUnits: 600,
      loadPerViewerRps: 0.03,
      startUpMs: 90_000,
      launchUnitsPerMinute: 120,
      zones: 1,
      connections: { database: "db", poolPerUnit: 10 },
      scalesIn: "target-tracking",
    },
    expect.objectContaining({ id: "db", maxConnectionsPerUnit: 2_000 }),
  ]);
});

test("from where on a feed is not believed is the owner's to say, one threshold at a time", () => {
  const written = `${TWO}feedGate: { rejectedShare: 0.1, furthestAheadDays: 30, gapMinutes: 5 }\n`;
  expect(parseTargets(TWO, "f.yaml").feedGate).toEqual(SANITY_THRESHOLDS);
  expect(parseTargets(written, "f.yaml").feedGate).toEqual({
    ...SANITY_THRESHOLDS,
    rejectedShare: 0.1,
    furthestAheadMs: 30 * 24 * 3_600_000,
    gapMs: 5 * 60_000,
  });
  expect(parseTargets(`${TWO}feedGate: {}\n`, "f.yaml").feedGate).toEqual(SANITY_THRESHOLDS);
  expect(problemsOf(parseTargets, `${TWO}feedGate: { gonShare: 0.1, cutShare: 2 }\n`)).toEqual([
    'f.yaml:22:13 there is no key "gonShare" here; did you mean goneShare?',
    "f.yaml:22:38 feedGate.cutShare is 2; right would be a number above 0 and at most 1 (share of the programmes that may run into the next one)",
  ]);
});

test("the targets of the New Year evening say what they said", () => {
  const file = readFileSync(new URL("../fixtures/new-year/targets.yaml", import.meta.url), "utf8");
  const [api, db, edge] = parseTargets(file, "targets.yaml").targets;
  expect(api).toMatchObject({ id: "player-api", mode: "active", zones: 3, costUsdPerUnitHour: 0.0987, startUpMs: 180_000 });
  expect(db).toMatchObject({ id: "catalogue-db", kind: "aurora-readers", maxConnectionsPerUnit: 2_000 });
  expect(edge).toMatchObject({ id: "edge", kind: "cdn-edge", targetUtilisation: 0.8, ceilingUnits: 60 });
});

test("every problem of a file is told at once, in the order of its lines, each with what would be right", () => {
  expect(
    problems(
      ["throughput: 150", "throughput: fast"],
      ["baseline: 12", "basline: 12"],
      ["startUpMinutes: 1.5", "startUpMinutes:"],
      ["database: db", "database: bd"],
      ["id: db", "id: api"],
      ["baseline: 2\n", "baseline: 20\n"],
    ),
  ).toEqual([
    "f.yaml:2:5 baseline is missing; right would be a whole number from 0 to 1000000000 (your own minimum, in units)",
    'f.yaml:4:17 throughput is "fast"; right would be a number above 0 (requests or queries a second that one unit serves when fully used)',
    'f.yaml:5:5 there is no key "basline" here; did you mean baseline?',
    "f.yaml:8:20 startUpMinutes is blank; right would be a number from 0 to 1440 (minutes from asking for a unit to its serving, until measured)",
    'f.yaml:11:30 connections.database is "bd", which is no target here; right would be one of api, api',
    'f.yaml:12:9 the id "api" is taken by a target above; right would be an id of its own',
    "f.yaml:15:15 baseline 20 is above the ceiling 15; right would be a baseline of at most the ceiling",
  ]);
});

describe("one problem", () => {
  test.each([
    ["id: api", "id: Player API", /:2:9 id is "Player API"; right would be an id of lower-case letters/],
    ["id: api", `id: ${"a".repeat(64)}`, /:2:9 id is "a+…?"?; right would be an id/],
    ["id: api", "id: 7", /:2:9 id is 7; right would be an id .*, in quotes$/],
    [
      "kind: ecs-service",
      "kind: ecs",
      /:3:11 kind is "ecs"; right would be one of ecs-service, aurora-readers, aurora-acu, alb-lcu, cdn-edge/,
    ],
    ["throughput: 150", "throughput: 0", /:4:17 throughput is 0; right would be a number above 0/],
    ["throughput: 150", 'throughput: "150"', /:4:17 throughput is "150"; right would be a number/],
    ["throughput: 150", "throughput: .inf", /:4:17 throughput is Infinity;/],
    ["throughput: 150", "throughput: .nan", /:4:17 throughput is NaN;/],
    [
      "throughput: 150",
      "throughput: 150\n    targetUtilisation: 70",
      /:5:24 targetUtilisation is 70; right would be a number above 0 and at most 1/,
    ],
    ["throughput: 150", "throughput: 150\n    zones: 1.5", /:5:12 zones is 1.5; right would be a whole number/],
    ["throughput: 150", "throughput: 150\n    mode: actve", /:5:11 mode is "actve"; right would be one of observe, active, frozen/],
    ["baseline: 12", "baseline: -1", /:5:15 baseline is -1;/],
    ["baseline: 12", "baseline: [12]", /:5:15 baseline is a list of 1;/],
    ["poolPerUnit: 10", "poolPerUnit: none", /:11:47 connections.poolPerUnit is "none";/],
    ["database: db", "database: api", /:11:30 connections.database is the target itself;/],
    ["    maxConnections: 2000\n", "", /:11:30 connections.database is "db", which states no maxConnections;/],
    ["throughput: 150", "throughput: 150\n    colour: red", /:5:5 there is no key "colour" here; the keys here are id, kind, tags, mode,/],
    ["throughput: 150", "throughput: 150\n    __proto__: {}", /:5:5 there is no key "__proto__" here;/],
  ])("%s → %s", (from, to, problem) => {
    const found = problems([from, to]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(problem);
  });

  test("an active target that nothing would scale in again is refused; observing, it is taken", () => {
    const none = ["scalesIn: target-tracking", "scalesIn: none"] as const;
    expect(problems(none, ["throughput: 150", "throughput: 150\n    mode: active"])).toEqual([
      "f.yaml:5:11 mode is active, but scalesIn is none: a raised minimum would never come down again; right would be a policy that scales in, or mode: observe",
    ]);
    expect(parseTargets(TWO.replace(...none), "f.yaml").targets).toHaveLength(2);
  });
});

test("a file that cannot be trusted as YAML is told by its syntax alone", () => {
  expect(problemsOf(parseTargets, "targets:\n  - id: a\n    id: b\n\tkind: x\n")).toEqual([
    "f.yaml:3:5 this key stands here for the second time; each key once would be right",
    expect.stringMatching(/^f\.yaml:4:1 this is not YAML: .*tab/i),
  ]);
  expect(problemsOf(parseTargets, "targets: &all [1]\nmore: *all\n")[0]).toBe(
    "f.yaml:2:7 *all stands for a value elsewhere; the value itself would be right",
  );
  expect(problemsOf(parseTargets, "targets: []\n---\ntargets: []\n")[0]).toMatch(/^f\.yaml:2:1 this is not YAML: .*multiple documents/);
  expect(problemsOf(parseTargets, "targets: !secret [1]\n")[0]).toMatch(/^f\.yaml:1:10 this is not YAML: unresolved tag/);
});

test.each([
  ["", "f.yaml:1:1 the file is blank; right would be keys and values (targets: and a list)"],
  ["# nothing yet\n", "f.yaml:1:1 the file is blank; right would be keys and values (targets: and a list)"],
  ["- id: api\n", "f.yaml:1:1 the file is a list of 1; right would be keys and values (targets: and a list)"],
  ["targets:\n", "f.yaml:1:9 targets is blank; right would be a list of at least 1 (what can be warmed)"],
  ["targets: []\n", "f.yaml:1:10 targets is a list of 0; right would be a list of at least 1 (what can be warmed)"],
  ["targets: [api]\n", 'f.yaml:1:11 targets[0] is "api"; right would be keys and values (one target)'],
])("%j is no file of targets", (text, problem) => {
  expect(problemsOf(parseTargets, text)).toEqual([problem]);
});

test("a hostile file is refused quickly and in few words", () => {
  const nested = problemsOf(parseTargets, `targets: ${"[".repeat(5_000)}${"]".repeat(5_000)}`);
  expect(nested).toHaveLength(1);
  expect(nested[0]).toMatch(/values are nested deeper than 32/);
  const lol = `a: &a [x, x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: &b${index} [*a, *a]`).join("\n")}`;
  expect(problemsOf(parseTargets, lol)[0]).toMatch(/\*a stands for a value elsewhere/);
  expect(problemsOf(parseTargets, `targets: ${"x".repeat(2_000_000)}`)).toEqual([
    "f.yaml:1:1 the file has 2000009 characters; at most 1048576 would be right",
  ]);
  expect(problemsOf(parseTargets, `targets: ${"x".repeat(100_000)}`)[0]?.length).toBeLessThan(300);
});
