import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readLoad, type LoadOptions } from "../../../local/backtest/load-file.ts";
import { codeOf } from "./made.ts";

function read(text: string | Uint8Array, more: Partial<LoadOptions> = {}) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return readLoad([{ name: "load.csv", bytes }], { unit: "count", ...more });
}

const AT_EIGHT = Date.UTC(2026, 10, 1, 20);

describe("a CSV of load", () => {
  test("says which columns were taken for time and load, and which were not used", () => {
    const { series, understood } = read(
      "minute_utc,epoch,requests,bytes\n2026-11-01T20:00:00Z,1793995200,600,12345\n2026-11-01T20:01:00Z,1793995260,1200,23456\n",
    );
    expect(understood).toBe("time from column minute_utc, load from column requests; not used: epoch, bytes");
    expect(series).toMatchObject({ fromMs: AT_EIGHT, rps: [10, 20] });
  });

  test.each([
    ["epoch seconds", `t,count\n${AT_EIGHT / 1_000},60\n${AT_EIGHT / 1_000 + 60},120\n`],
    ["epoch milliseconds", `t,count\n${AT_EIGHT},60\n${AT_EIGHT + 60_000},120\n`],
    ["no header", `2026-11-01T20:00:00Z,60\n2026-11-01T20:01:00Z,120\n`],
    ["semicolons, quotes and an offset", `"time";"hits"\n"2026-11-01T21:00:00+01:00";"60"\n"2026-11-01T21:01:00+01:00";"120"\n`],
    ["a mark of the byte order, tabs and CRLF", `\uFEFFtime\thits\r\n2026-11-01 20:00:00 UTC\t60\r\n2026-11-01 20:01:00 UTC\t120\r\n`],
  ])("is read with %s", (_, text) => {
    expect(read(text).series).toMatchObject({ fromMs: AT_EIGHT, rps: [1, 2] });
  });

  test("times that name no zone are taken for UTC, and it says so; or for the zone that was named", () => {
    const text = "time,requests\n2026-11-01 20:00,60\n2026-11-01 20:01,120\n";
    expect(read(text).understood).toContain("time from column time, read as UTC");
    expect(read(text, { zone: "Europe/Copenhagen" }).series.fromMs).toBe(AT_EIGHT - 3_600_000);
    expect(codeOf(() => read(text, { zone: "Europe/Nowhere" }))).toBe("zone-unknown");
  });

  test("packed with gz it is unpacked, and half a gz is refused", () => {
    const packed = gzipSync("time,requests\n2026-11-01T20:00:00Z,60\n");
    expect(read(packed).series.rps).toEqual([1]);
    expect(codeOf(() => read(packed.subarray(0, 20)))).toBe("load-unreadable");
  });

  test("with a quote that is never closed it is refused", () => {
    expect(codeOf(() => read('time,requests\n"2026-11-01T20:00:00Z,60\n'))).toBe("load-unreadable");
  });

  test("where it is not plain which column is the load, it asks; and takes the one that was named", () => {
    const text = "time,alpha,beta\n2026-11-01T20:00:00Z,60,120\n";
    expect(() => read(text)).toThrow(/more than one column that may be the load among time, alpha, beta; say which with --load-column/);
    expect(read(text, { column: "beta" }).series.rps).toEqual([2]);
    expect(codeOf(() => read(text, { column: "gamma" }))).toBe("load-columns-unknown");
  });

  test("a time that is none is told of with its row and column", () => {
    const text = "time,requests\n2026-11-01T20:00:00Z,60\nyesterday,60\n";
    expect(codeOf(() => read(text))).toBe("load-columns-unknown");
    expect(() => read(text, { timeColumn: "time" })).toThrow(/load\.csv, row 3, column time: "yesterday" is no time/);
  });

  test("in several files, in whatever order they are named, it is one load", () => {
    const [early, late] = [
      "time,requests\n2026-11-01T20:00:00Z,60\n2026-11-01T20:01:00Z,120\n",
      "time,requests\n2026-11-01T20:02:00Z,180\n",
    ].map((text, index) => ({ name: `${index}.csv`, bytes: new TextEncoder().encode(text) }));
    if (early === undefined || late === undefined) throw new RangeError("two files");
    const { series, understood } = readLoad([late, early], { unit: "count" });
    expect(series).toMatchObject({ rps: [1, 2, 3], notes: [] });
    expect(understood).toBe("time from column time, load from column requests");
  });

  test("a cell without a number is not known", () => {
    expect(
      read("time,requests\n2026-11-01T20:00:00Z,60\n2026-11-01T20:01:00Z,NA\n2026-11-01T20:02:00Z,\n2026-11-01T20:03:00Z,60\n").series.rps,
    ).toEqual([1, undefined, undefined, 1]);
  });
});

describe("CloudWatch's answer to get-metric-data", () => {
  const result = (id: string, times: readonly string[], values: readonly number[]) => ({ Id: id, Timestamps: times, Values: values });
  const times = ["2026-11-01T20:01:00+00:00", "2026-11-01T20:00:00+00:00"];

  test("is read newest first, in pages, plain or packed", () => {
    const answer = JSON.stringify({
      MetricDataResults: [result("requests", times, [120, 60]), result("requests", ["2026-11-01T20:02:00+00:00"], [180])],
    });
    const { series, understood } = read(answer);
    expect(understood).toBe("CloudWatch metric requests, 3 values");
    expect(series.rps).toEqual([1, 2, 3]);
    expect(read(gzipSync(answer)).series).toEqual(series);
  });

  test("with several metrics it asks which is the load", () => {
    const answer = JSON.stringify({ MetricDataResults: [result("a", times, [1, 2]), result("b", times, [60, 120])] });
    expect(() => read(answer)).toThrow(/the metrics a, b in it; say which is the load with --load-column ID/);
    expect(read(answer, { column: "b" }).series.rps).toEqual([2, 1]);
  });

  test("anything else that begins as JSON is refused with what would be right", () => {
    expect(codeOf(() => read("{"))).toBe("load-unreadable");
    expect(() => read('{"Datapoints":[]}')).toThrow(/no MetricDataResults in it/);
    expect(codeOf(() => read('{"MetricDataResults":[{"Id":"a","Timestamps":["x"],"Values":[]}]}'))).toBe("load-unreadable");
    expect(codeOf(() => read('{"MetricDataResults":[]}'))).toBe("load-columns-unknown");
    expect(codeOf(() => read('{"MetricDataResults":[{"Id":"a","Timestamps":["noon"],"Values":[1]}]}'))).toBe("load-time-invalid");
  });
});
