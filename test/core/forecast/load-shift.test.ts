import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readLoad } from "../../../local/backtest/load-file.ts";
import { loadShiftOf, witnessesIn, type MinutesOfLoad, type OnAir } from "../../../shared/core/forecast/load-shift.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { dataFile, describeWithData } from "../../data-folder.ts";

const show = (day: number, hour = 19, hours = 2): OnAir => ({
  startsAtMs: day * DAY_MS + hour * HOUR_MS,
  endsAtMs: day * DAY_MS + (hour + hours) * HOUR_MS,
});
const FORTNIGHT = { fromMs: 0, toMs: 14 * DAY_MS };

test("programmes of one evening, or of one time on many channels, are one witness", () => {
  const evening = [10, 12, 14, 16, 18].map((hour) => show(3, hour, 1));
  expect(witnessesIn(evening, FORTNIGHT)).toMatchObject({
    kind: "unknown",
    reason: expect.stringContaining("5 programmes on 1 days") as string,
  });
  expect(witnessesIn([show(1), show(1), show(1), show(2), show(3)], FORTNIGHT)).toMatchObject({ kind: "unknown" });
  expect(
    witnessesIn(
      [1, 2, 3, 4, 5].map((day) => show(day)),
      FORTNIGHT,
    ),
  ).toMatchObject({ kind: "known" });
});

test("a guide that lists today alone, and today whole, is no witness, however long the load is", () => {
  const hourly = Array.from({ length: 60 }, (_, index) => show(11, index, 1));
  expect(witnessesIn(hourly, FORTNIGHT)).toMatchObject({ kind: "unknown", reason: expect.stringContaining("nearly always") as string });
});

describeWithData("the fortnights of the World Cup of 1998, looked back at four times a day", () => {
  const bytes = readFileSync(dataFile("wc98/requests_per_minute.csv.gz"));
  const { series } = readLoad([{ name: "load", bytes }], { unit: "count", column: "requests", timeColumn: "minute_utc" });
  const kickOffs = readFileSync(dataFile("wc98/matches.csv"), "utf8").trim().split("\n").slice(1);
  const startsAtMs = kickOffs.map((row) => Date.parse(row.split(",")[1] ?? ""));
  const matches = (byMs: number): readonly OnAir[] =>
    startsAtMs.map((startMs) => ({ startsAtMs: startMs + byMs, endsAtMs: startMs + byMs + 115 * MINUTE_MS }));
  const fortnights = Array.from({ length: 124 }, (_, index): MinutesOfLoad => {
    const toMs = Date.parse("1998-06-12T00:00:00Z") + (index * DAY_MS) / 4;
    const fromMs = toMs - 14 * DAY_MS;
    return { fromMs, toMs, rps: series.rps.slice((fromMs - series.fromMs) / MINUTE_MS, (toMs - series.fromMs) / MINUTE_MS) };
  });
  const kinds = (byMs: number) => {
    const shifts = fortnights.map((load) => loadShiftOf(load, matches(byMs)));
    return Object.groupBy(shifts, ({ kind }) => kind);
  };

  test("never accuse the schedule that is right", () => {
    expect(kinds(0).shifted).toBeUndefined();
    expect(kinds(0)["in-place"]?.length).toBeGreaterThan(0);
  });

  const found = [-2, -1, 1, 2].map((hours) => ({ hours, kinds: kinds(hours * HOUR_MS) }));

  test("never clear one that is an hour or two off, and find it in some, all but one on its side", () => {
    for (const { hours, kinds: said } of found) {
      expect(said["in-place"]).toBeUndefined();
      const offs = (said.shifted ?? []).map((shift) => (shift.kind === "shifted" ? shift.hours : 0));
      expect(offs.filter((each) => Math.sign(each) === Math.sign(hours)).length).toBeLessThanOrEqual(1);
    }
  });

  test("are on the page as they are", () => {
    const counts = found.map(({ kinds: said }) => said.shifted?.length ?? 0);
    const page = readFileSync(new URL("../../../docs/feed-gate.md", import.meta.url), "utf8");
    expect(page.replaceAll("\n", " ")).toContain(`from ${fortnights.length} instants`);
    expect(page).toContain(`it was found at ${Math.min(...counts)} to ${Math.max(...counts)} of them only`);
  });
});
