import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { countMinutes, type CountedMinutes, type Minute } from "../../scripts/cost/counted-minutes.ts";
import { readDeployed, type Deployed } from "../../scripts/cost/deployed.ts";
import { ASSUMED, monthOf } from "../../scripts/cost/month.ts";
import { costPage } from "../../scripts/cost/tables.ts";

const PAGE = readFileSync(new URL("../../docs/cost.md", import.meta.url), "utf8");
// Five hours of 50 targets pass, minute by minute.
const COUNTING_MS = 300_000;

const NOTHING: Minute = {
  cueMetrics: 0,
  measureMetrics: 0,
  readUnits: 0,
  writeUnits: 0,
  journalBytes: 0,
  events: 0,
  planEvents: 0,
  warmEvents: 0,
};

let counted: CountedMinutes;
let deployed: Deployed;

beforeAll(async () => {
  [counted, deployed] = [await countMinutes(ASSUMED.targets), await readDeployed()];
}, COUNTING_MS);

const usdOf = (name: string, minutes: CountedMinutes, of = deployed): number =>
  monthOf(minutes, of).find((item) => item.name === name)?.usd ?? Number.NaN;
const totalOf = (of: Deployed): number => monthOf(counted, of).reduce((sum, { usd }) => sum + usd, 0);

test("docs/cost.md says what is counted", () => {
  expect(PAGE, "run: node scripts/generate-cost.ts").toBe(costPage(PAGE, counted, deployed));
});

test("a page that another minute or another template was counted for is seen", () => {
  const { quiet } = counted;
  expect(costPage(PAGE, { ...counted, quiet: { ...quiet, cueMetrics: quiet.cueMetrics + 1 } }, deployed)).not.toBe(PAGE);
  expect(costPage(PAGE, counted, { ...deployed, alarms: deployed.alarms + 1 })).not.toBe(PAGE);
  expect(() => costPage(PAGE.replace("<!-- month -->", ""), counted, deployed)).toThrow(/month/);
});

test("while something is on air every target's load is read every minute, otherwise every five; an hour is learned from one reading more", () => {
  expect(counted.onAir.cueMetrics).toBeGreaterThanOrEqual(counted.metricsOfTargets);
  expect(counted.quiet.cueMetrics).toBeGreaterThanOrEqual(counted.metricsOfTargets / 5);
  expect(counted.quiet.cueMetrics).toBeLessThan(counted.metricsOfTargets / 4);
  expect(counted.learning.measureMetrics).toBeGreaterThanOrEqual(counted.metricsOfTargets);
  // Every target's minute is an item of the journal.
  expect(counted.quiet.writeUnits).toBeGreaterThanOrEqual(ASSUMED.targets);
});

test("a metric a minute is 43,800 a month, and one of the minutes around occasions a share of it", () => {
  const one = { ...NOTHING, cueMetrics: 1 };
  const minutes = { quiet: one, onAir: one, before: one, after: one, learning: NOTHING, metricsOfTargets: 0 };
  expect(usdOf("CloudWatch, metrics read", minutes)).toBeCloseTo(0.438, 9);
  const daily = 4 * 60 + 2 * (60 + 150);
  const watched = { ...minutes, quiet: NOTHING };
  expect(usdOf("CloudWatch, metrics read", watched)).toBeCloseTo(((daily * 365) / 12 / 1_000) * 0.01, 9);
});

test("an upload reads the load of one target, two weeks of it in two readings", () => {
  const minutes = {
    quiet: NOTHING,
    onAir: NOTHING,
    before: NOTHING,
    after: NOTHING,
    learning: NOTHING,
    metricsOfTargets: 3 * ASSUMED.targets,
  };
  const metrics = ((24 * 365) / 12) * 2 * 3;
  expect(usdOf("CloudWatch, metrics read", minutes)).toBeCloseTo((metrics / 1_000) * 0.01, 9);
});

test("an alarm, a function and memory are billed as the template has them", () => {
  expect(totalOf({ ...deployed, alarms: deployed.alarms + 1 }) - totalOf(deployed)).toBeCloseTo(0.1, 9);
  const twice = new Map(deployed.memoryGb).set("cue", (deployed.memoryGb.get("cue") ?? 0) * 2);
  expect(totalOf({ ...deployed, memoryGb: twice })).toBeGreaterThan(totalOf(deployed) + 1);
  expect(() => totalOf({ ...deployed, memoryGb: new Map() })).toThrow(/no function cue/);
});
