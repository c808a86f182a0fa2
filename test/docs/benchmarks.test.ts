import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { slowestSeconds, tableOf, type Measured } from "../../bench/database/report.ts";
import { functionNames } from "../../scripts/package/bundle.ts";
import { coldTable, type ColdRow } from "../../bench/cold/report.ts";
import { wiredTable } from "../../bench/ablation/report.ts";
import { replanTable, type ReplanRow } from "../../bench/replan/report.ts";
import { mainTable, promiseTable, type Promised, type Row } from "../../bench/season/report.ts";

const read = (file: string): string => readFileSync(resolve(import.meta.dirname, "../..", file), "utf8");
const page = read("docs/benchmarks.md");
const recorded = JSON.parse(read("bench/results/season.json")) as {
  readonly rows: readonly Row[];
  readonly promises: readonly Promised[];
  readonly commit: string;
};

/** The cells of the first table after a mark, however they are padded. */
function cellsAfter(mark: string, text: string): readonly (readonly string[])[] {
  return cellsOf(text.slice(text.indexOf(mark)));
}

function cellsOf(text: string): readonly (readonly string[])[] {
  const [, block = ""] = /((?:^\|.*\|$\n?)+)/m.exec(text) ?? [];
  const lines = block.trim().split("\n");
  return lines
    .filter((line) => !/^[|\s-]+$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test("the season's figures on the page are those that were recorded", () => {
  expect(cellsAfter("<!-- season:", page)).toEqual(cellsOf(mainTable(recorded.rows)));
  expect(cellsAfter("<!-- promises:", page)).toEqual(cellsOf(promiseTable(recorded.promises)));
  expect(read("bench/results/season.md")).toContain(recorded.commit);
});

test("how long functions take to start is on both pages as it was recorded, and which of them take too long", () => {
  const cold = JSON.parse(read("bench/results/cold.json")) as {
    readonly rows: readonly ColdRow[];
    readonly mostRatio: number;
    readonly runs: number;
  };
  expect([cold.runs, cold.mostRatio]).toEqual([31, 1.4]);
  expect(cold.rows.map(({ name }) => name)).toEqual(functionNames());
  const over = cold.rows.filter(({ ratio }) => ratio > cold.mostRatio).map(({ name }) => `\`${name}\``);
  for (const text of [page, read("bench/results/cold.md")]) {
    expect(cellsAfter("<!-- cold:", text)).toEqual(cellsOf(coldTable(cold.rows)));
    const [, missed = ""] = /not reached by ([^.]*)\./u.exec(text.replaceAll("\n", " ")) ?? [];
    expect(missed.match(/`[\w-]+`/gu) ?? []).toEqual(over);
  }
});

test("what each part is worth is on the page as it was recorded", () => {
  const ablation = JSON.parse(read("bench/results/ablation.json")) as {
    readonly rows: readonly Row[];
    readonly wired: readonly Promised[];
    readonly commit: string;
  };
  expect(cellsAfter("<!-- ablation:", page)).toEqual(cellsOf(mainTable(ablation.rows)));
  expect(cellsAfter("<!-- wired:", page)).toEqual(cellsOf(wiredTable(ablation.wired)));
  expect(read("bench/results/ablation.md")).toContain(ablation.commit);
});

test("what planning costs is on the page as it was recorded", () => {
  const replan = JSON.parse(read("bench/results/replan.json")) as { readonly rows: readonly ReplanRow[]; readonly commit: string };
  expect(cellsAfter("<!-- replan:", page)).toEqual(cellsOf(replanTable(replan.rows)));
  expect(read("bench/results/replan.md")).toContain(replan.commit);
});

test("what the page says was reached was", () => {
  const goals = { 10: [1.27, 1.32, 1.4], 30: [1.24, 1.29, 1.36] };
  const rows = recorded.rows.filter(({ policy }) => policy === "Calltime, prompt scale-in");
  expect(rows).toHaveLength(3);
  for (const [limit, ratios] of Object.entries(goals)) {
    for (const [nth, most] of ratios.entries()) {
      const chosen = rows[nth]?.byLimit.find(({ limitPerMillion }) => limitPerMillion === Number(limit))?.chosen;
      expect(chosen?.ratio).toBeLessThanOrEqual(most);
    }
  }
  const promised = recorded.promises.filter(
    ({ policy, promisedPerMillion }) => policy.includes("near forecasts") && promisedPerMillion === 30,
  );
  expect(promised).toHaveLength(3);
  for (const [nth, most] of [1.28, 1.32, 1.38].entries()) {
    const last = promised[nth]?.parts["last half"];
    expect(last?.ratio).toBeLessThanOrEqual(most);
    expect(last?.unservedPerMillion).toBeLessThanOrEqual(45);
  }
});

const database = JSON.parse(read("bench/results/database.json")) as Measured & {
  readonly bytes: number;
  readonly loadAverage: number;
  readonly date: string;
};

test("the database's figures on the page are those that were recorded, of a table of half a gigabyte at least", () => {
  expect(database.bytes).toBeGreaterThan(500 * 1024 ** 2);
  for (const text of [page, read("bench/results/database.md")]) {
    expect(cellsAfter("<!-- database:", text)).toEqual(cellsOf(tableOf(database)));
    expect(text).toContain(`at most ${slowestSeconds(database)} s`);
    expect(text).toContain(`load average of ${database.loadAverage.toFixed(1)}`);
  }
  expect(database.warmUps.every(({ before, after }) => before < 0.01 && after > 0.99)).toBe(true);
  expect(database.warmed.firstMs).toBeLessThan(database.cold.firstMs / 2);
});
