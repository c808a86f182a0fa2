import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DECREASES_A_DAY, EVENING_MS, LEAST_RESERVED_UNITS, QUIET_MS } from "../../shared/core/plan/envelope.ts";
import { HOUR_MS } from "../../shared/core/time.ts";

const PAGE = readFileSync(new URL("../../docs/warming.md", import.meta.url), "utf8");

test("the hours and numbers of a reservation on the page are those of the code", () => {
  for (const [words, value] of [
    ["any minute of the coming hours needs", `${EVENING_MS / HOUR_MS} h`],
    ["no less than a load balancer takes", `${LEAST_RESERVED_UNITS} LCU`],
    ["less than half of it was ahead", `${QUIET_MS / HOUR_MS} h`],
    ["in any 24 hours", String(DECREASES_A_DAY)],
  ] as const) {
    const row = PAGE.split("\n").find((line) => line.includes(words)) ?? `no row says: ${words}`;
    expect([words, row.split("|").at(-2)?.trim()]).toEqual([words, value]);
  }
});
