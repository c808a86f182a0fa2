import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PREFLIGHT_AHEAD_MS } from "../../shared/app/preflight.ts";
import { BURST_TASKS, LIMIT_CODES, NEAR_SHARE, SERVICE_TASKS_A_MINUTE, TASKS_A_SECOND } from "../../shared/core/plan/limits.ts";
import { DAY_MS } from "../../shared/core/time.ts";
import { MOST_ACTIONS } from "../../shared/core/warm/bookings.ts";

const PAGE = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");

test("the page names every limit that is told, and no other", () => {
  const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  expect(rows).toEqual([...LIMIT_CODES]);
});

test("its figures are those of the code", () => {
  expect(PREFLIGHT_AHEAD_MS).toBe(3 * DAY_MS);
  expect(PAGE).toContain("plans the next\nthree days");
  expect(PAGE.split(`${NEAR_SHARE * 100} %`)).toHaveLength(3);
  expect(PAGE).toContain(
    `${BURST_TASKS} at once and ${TASKS_A_SECOND} a second in an account and Region, ${SERVICE_TASKS_A_MINUTE} a minute`,
  );
  expect(PAGE).toContain(`leave of the ${MOST_ACTIONS} that a target may have`);
});
