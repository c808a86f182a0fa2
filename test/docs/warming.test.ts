import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { NextAction } from "../../shared/core/readiness/next-action.ts";
import { linesOfOrder } from "../../cli/order.ts";
import { orderRoute, orderSchema } from "../../shared/api/order.ts";
import { DECREASES_A_DAY, EVENING_MS, LEAST_RESERVED_UNITS, QUIET_MS } from "../../shared/core/plan/envelope.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { at } from "../app/made.ts";
import { dependent, runTo, smallEvening } from "../local/small-evening.ts";

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

test("the order on the page is what the command says half an hour before the final of that evening", async () => {
  const evening = await smallEvening(dependent());
  await runTo(evening, at(18, 30));
  const now = evening.nowMs();
  const parts = { context: evening.context, now: () => now, exclusively: <T>(work: () => Promise<T>) => work(), maxBodyBytes: 0 };
  const { body } = await orderRoute.handle({ parts, now, query: {}, id: "", request: new Request("http://localhost/v1/order") });
  const order = orderSchema().parse(body);
  const shown = /<!-- order -->\n```\n([\s\S]*?)\n```/.exec(PAGE)?.[1];
  expect(shown?.split("\n")).toEqual(order.occasions.flatMap((each) => linesOfOrder(each, order.now)));
}, 60_000);

const ACTIONS = {
  look: 1,
  expect: 1,
  activate: 1,
  permit: 1,
  first: 1,
  "raise-limit": 1,
  "larger-step": 1,
  "other-target": 1,
  shed: 1,
  page: 1,
} satisfies Record<NextAction["type"], 1>;

test("every action that a verdict can name is on the page, in the order in which they are thought of", () => {
  const rows = [...PAGE.matchAll(/^\| `([\w-]+)` \| .* \| .* \|$/gmu)].map(([, name = ""]) => name);
  expect(rows).toEqual(Object.keys(ACTIONS));
});
