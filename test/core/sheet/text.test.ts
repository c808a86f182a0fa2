import { expect, test } from "vitest";
import { sheetText } from "../../../shared/core/sheet/text.ts";
import { AT_MS, sheetTarget } from "./made.ts";

const HOUR_MS = 3_600_000;

test("says of each target what it needs when, why, and what it will lack", () => {
  const one = sheetTarget("player-api", [3, 40]);
  const floors = one.floors.map((floor, index) => (index === 1 ? { ...floor, sentences: ["The final is on air."] } : floor));
  const shorts = [{ fromMs: AT_MS + HOUR_MS, toMs: AT_MS + 2 * HOUR_MS, units: 12, limit: "ceiling" as const }];
  expect(sheetText([{ ...one, floors, shorts }, sheetTarget("cdn", [])]).split("\n")).toEqual([
    "Calltime: evening sheet",
    "Written at every change of plan, for when Calltime itself is down. Times are in UTC, a floor holds until the next one.",
    "evening-sheet.sh beside it sets them by hand: sh evening-sheet.sh raise|release|unbook [target ...]",
    "",
    "player-api (ecs-service, active): its own minimum 3, its maximum 80, largest floor 40",
    "  2026-06-13T17:00Z  3",
    "  2026-06-13T18:00Z  40",
    "      The final is on air.",
    "  short by 12 from 2026-06-13T18:00Z to 2026-06-13T19:00Z: ceiling",
    "",
    "cdn (ecs-service, active): its own minimum 3, its maximum 80, largest floor unknown",
    "  no plan",
    "",
  ]);
});

test("a title out of a feed begins no line and moves no cursor", () => {
  const one = sheetTarget("player-api", [3]);
  const floors = one.floors.map((floor) => ({ ...floor, sentences: ["Final\nrm -rf /\u001b[2J\u2028x\u202e"] }));
  const text = sheetText([{ ...one, floors }]);
  expect(text).toContain("      Final rm -rf / [2J x \n");
});
