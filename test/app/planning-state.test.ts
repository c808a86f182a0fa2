import { expect, test } from "vitest";
import { planningCopy } from "../../local/planning-copy.ts";
import { readPlans } from "../../shared/app/operate.ts";
import { assembled, PLANNED_FROM, partsOf, readPlanningState, type PlanningPart } from "../../shared/app/planning-state.ts";
import type { DocumentStore } from "../../shared/app/ports.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { NOW_MS, runningPlatform } from "../api/platform.ts";

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const DAY = { horizonMs: 24 * HOUR_MS };

test("who has what a deployment plans from, in pieces, plans what it plans", async () => {
  const { context } = await runningPlatform();
  const now = NOW_MS + 120_000;
  const state = await readPlanningState(context, now);
  const parts: readonly PlanningPart[] = partsOf(state).map(([, part]) => throughJson(part));
  const { targets, expectations, threshold, cueOffsets, policy } = context.settings;
  const copy = await planningCopy(assembled(now, parts), { targets, expectations, threshold, cueOffsets, policy });
  const [ours, theirs] = [await readPlans(copy, now, DAY), await readPlans(context, now, DAY)];
  expect(ours.map(({ plan }) => plan)).toEqual(theirs.map(({ plan }) => plan));
  expect(ours.some(({ plan }) => plan.steps.length > 1)).toBe(true);
});

test("every document that a plan reads is among what is given away", async () => {
  const { context } = await runningPlatform();
  const asked = new Set<string>();
  const documents: DocumentStore = {
    ...context.ports.documents,
    read: (key) => (asked.add(key), context.ports.documents.read(key)),
    list: (prefix) => (asked.add(prefix), context.ports.documents.list(prefix)),
  };
  await readPlans({ ...context, ports: { ...context.ports, documents } }, NOW_MS + 120_000, DAY);
  expect(asked.size).toBeGreaterThan(5);
  expect([...asked].filter((key) => !PLANNED_FROM.some((prefix) => key.startsWith(prefix)))).toEqual([]);
});

test("pieces have names of their own, in their order", async () => {
  const { context } = await runningPlatform();
  const names = partsOf(await readPlanningState(context, NOW_MS)).map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(names.toSorted());
});
