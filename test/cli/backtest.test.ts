import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFeed } from "../../shared/feeds/write-feed.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithBrowser, launchBrowser, SCREENSHOTS } from "../browser.ts";
import { dataFile, describeWithData } from "../data-folder.ts";
import { loadOf, showsOn } from "../local/backtest/made.ts";
import { calltime } from "./calltime.ts";

const folder = mkdtempSync(join(tmpdir(), "calltime-backtest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schedule = join(folder, "guide.json");
const load = join(folder, "load.csv");
const UNIT = ["--throughput", "10", "--price", "0.1"];
const PERIOD = ["--from", "2026-11-09T18:00Z", "--to", "2026-11-10T22:00Z"];

beforeAll(() => {
  const shows = showsOn([7, 8]);
  const series = loadOf(9, shows);
  const rows = series.rps.map((rps, index) => `${new Date(series.fromMs + index * MINUTE_MS).toISOString()},${(rps ?? 0) * 60}`);
  writeFileSync(schedule, [...writeFeed(shows, "json")].join(""));
  writeFileSync(load, ["minute,requests", ...rows].join("\n"));
});

type Printed = {
  readonly input: { readonly understood: string };
  readonly from: string;
  readonly policies: readonly {
    readonly policy: string;
    readonly setting?: string;
    readonly unitHours: number;
    readonly timesOracle: number;
    readonly costUsd?: number;
    readonly unservedPerMillion: number;
  }[];
  readonly promise: number;
  readonly unfit: readonly string[];
  readonly programmes: readonly { readonly name: string; readonly startsAt: string; readonly slackSeconds: number }[];
};

describe("calltime backtest", () => {
  test("prints how the input was understood, the policies and the programmes, and writes a report", async () => {
    const report = join(folder, "report.html");
    const { code, stdout, stderr } = await calltime(
      "backtest",
      "--schedule",
      schedule,
      "--load",
      load,
      ...UNIT,
      ...PERIOD,
      "--report",
      report,
    );
    expect([code, stderr]).toEqual([0, `calltime: report in ${report}\n`]);
    expect(stdout).toContain("time from column minute, load from column requests");
    expect(stdout).toMatch(/^oracle +\d/m);
    expect(stdout).toMatch(/^Kubernetes HPA \(\d+ %\) +\d/m);
    expect(stdout).toMatch(/^in brackets: the cheapest setting that leaves no more than 10 per million unserved, chosen in hindsight$/m);
    expect(stdout).toMatch(/^Calltime's floor \+ target tracking at 100 % +\d/m);
    expect(stdout).toMatch(/^The Show +2026-11-10T19:00Z/m);
    const page = readFileSync(report, "utf8");
    expect(page).toContain("<h1>What Calltime would have done</h1>");
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
  });

  test("prints the same as JSON, with instants", async () => {
    const { stdout } = await calltime("backtest", "--schedule", schedule, "--load", load, ...UNIT, ...PERIOD, "--json");
    const printed = JSON.parse(stdout) as Printed;
    expect(printed.from).toBe("2026-11-09T18:00:00.000Z");
    expect(printed.policies.map(({ policy }) => policy)).toContain("target tracking at 70 %");
    expect(printed.programmes.map(({ startsAt }) => startsAt)).toEqual(["2026-11-09T19:00:00.000Z", "2026-11-10T19:00:00.000Z"]);
  });

  test.each([
    ["says what a unit serves where nobody said", [], /say what one unit serves: --throughput RPS.*\(target-unknown\)/],
    ["refuses a load that is not there", [...UNIT, "--load", "nowhere.csv"], /--load nowhere.csv: it cannot be read.*\(file-unreadable\)/],
    [
      "refuses a column that is not there",
      [...UNIT, "--load-column", "viewers"],
      /no column viewers; it has minute, requests.*\(load-columns-unknown\)/,
    ],
    [
      "refuses a time too short to decide anything in",
      [...UNIT, "--from", "2026-11-09T18:00Z", "--to", "2026-11-09T18:02Z"],
      /\(load-too-short\)/,
    ],
  ])("%s", async (_, args, message) => {
    const { code, stderr } = await calltime("backtest", "--schedule", schedule, "--load", load, ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

describeWithData("the first two days of the World Cup", () => {
  const report = join(SCREENSHOTS ?? folder, "world-cup.html");
  let printed: Printed;
  beforeAll(async () => {
    const files = ["--schedule", dataFile("wc98/schedule.xml"), "--load", dataFile("wc98/requests_per_minute.csv.gz")];
    const days = ["--from", "1998-06-10T00:00Z", "--to", "1998-06-12T00:00Z"];
    const { stdout } = await calltime(
      "backtest",
      ...files,
      ...days,
      "--throughput",
      "25",
      "--price",
      "0.0987",
      "--report",
      report,
      "--json",
    );
    printed = JSON.parse(stdout) as Printed;
  }, 120_000);

  test("are read with the columns that they have, and policies come out in their order", () => {
    expect(printed.input.understood).toBe("time from column minute_utc, load from column requests; not used: epoch, bytes");
    expect(printed.programmes).toHaveLength(4);
    const times = (policy: string): number => printed.policies.find((each) => each.policy === policy)?.timesOracle ?? Number.NaN;
    expect(times("oracle")).toBe(1);
    expect(times("target tracking at 70 %")).toBeGreaterThan(1.3);
    expect(times("target tracking at 70 %")).toBeLessThan(1.8);
    expect(times("static peak")).toBeGreaterThan(3);
  });

  test("every peer is there at its cheapest setting that keeps the promise", () => {
    const tuned = printed.policies.filter(({ setting }) => setting !== undefined);
    expect(tuned.map(({ policy }) => policy)).toEqual([
      "AWS target tracking",
      "Kubernetes HPA",
      "schedule multiplier",
      "AWS predictive scaling",
    ]);
    for (const { unservedPerMillion, timesOracle } of tuned) {
      expect(unservedPerMillion).toBeLessThanOrEqual(printed.promise);
      expect(timesOracle).toBeGreaterThan(1.3);
      expect(timesOracle).toBeLessThan(3);
    }
    expect(printed.unfit).toEqual([]);
    expect(readFileSync(report, "utf8")).toMatch(/AWS predictive scaling \((weekly|daily), \d+ %\)<\/th>/);
  });

  describeWithBrowser("as a report in a browser", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    }, 60_000);
    afterAll(async () => browser.close());

    test("draws its chart, goes to a programme, changes the policy, and asks the network for nothing", async () => {
      const page = await browser.newPage({ viewport: { width: 1400, height: 1100 } });
      const faults: string[] = [];
      const asked: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(pathToFileURL(report).href);
      await page.locator("#chart canvas").waitFor();
      const drawn = () =>
        page.locator("#chart canvas").evaluate((canvas) => (canvas as unknown as { toDataURL: () => string }).toDataURL());
      const whole = await drawn();
      await page.getByRole("button", { name: "FIFA World Cup 1998: Italy v Chile" }).click();
      await expect.poll(drawn).not.toBe(whole);
      const closer = await drawn();
      await page.getByLabel("Beside the floor:").selectOption({ label: "oracle" });
      await expect.poll(drawn).not.toBe(closer);
      expect(await page.locator(".u-legend").innerText()).toContain("oracle");
      await page.getByRole("button", { name: "Show all of it" }).click();
      expect(await page.locator(".wide tbody tr").count()).toBe(printed.policies.length + printed.programmes.length);
      await page.screenshot({ path: join(SCREENSHOTS ?? folder, "backtest.png"), fullPage: true });
      expect(faults).toEqual([]);
      expect(asked).toEqual([pathToFileURL(report).href]);
      await page.close();
    });
  });
});
