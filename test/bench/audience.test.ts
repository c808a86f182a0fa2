import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nightsOf, scoreAudiences, VIEWERS_FILE } from "../../bench/audience.ts";
import { dataFile, describeWithData } from "../data-folder.ts";

describeWithData("nightly viewers of New Zealand news, 28 nights of each programme learned from", () => {
  const csv = (): string => readFileSync(dataFile(VIEWERS_FILE), "utf8");
  const scores = (): ReadonlyMap<string, { readonly errorPercent: number; readonly heldPercent: number | undefined }> =>
    new Map(scoreAudiences(csv()).map((score) => [score.name, score]));

  test("are forecast within 8 % on average, and the 90 % interval holds 87 to 93 % of nights", () => {
    const calltime = scores().get("Calltime");
    expect(calltime?.errorPercent).toBeLessThan(7.9);
    expect(calltime?.heldPercent).toBeGreaterThan(87);
    expect(calltime?.heldPercent).toBeLessThan(93);
  });

  test("simpler means come out as published, so the rule was read as it was meant", () => {
    const all = scores();
    expect(all.get("last value")?.errorPercent).toBeCloseTo(12.8, 1);
    expect(all.get("same weekday")?.errorPercent).toBeCloseTo(10.7, 1);
    expect(all.get("exponential smoothing with weekday effect")?.errorPercent).toBeCloseTo(8.2, 1);
  });

  test("the evening so far and the weekdays are each worth what they cost", () => {
    const all = scores();
    const error = all.get("Calltime")?.errorPercent ?? Number.NaN;
    expect(all.get("Calltime without the evening so far")?.errorPercent).toBeGreaterThan(error + 0.2);
    expect(all.get("Calltime without weekdays")?.errorPercent).toBeGreaterThan(error + 0.2);
  });

  test("a cell that says NA was not broadcast: it is no night, and not a night without viewers", () => {
    const nights = nightsOf("Date,One News,3 News\n2012-02-20,604670,NA\n2012-02-21,NA,NA\n");
    expect(nights.map((night) => night.map(({ programme, viewers }) => [programme, viewers]))).toEqual([[["One News", 604_670]], []]);
  });
});
