import { planningCopy } from "../local/planning-copy.ts";
import type { Settings } from "../shared/app/context.ts";
import { OPERATE_HORIZON_MS, readPlans } from "../shared/app/operate.ts";
import { assembled, type PlanningPart, type PlanningState } from "../shared/app/planning-state.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { comparePlans, type ComparedPlan, type Comparison } from "../shared/core/plan/compare.ts";
import { HOUR_MS, minuteOf } from "../shared/core/time.ts";
import { answerOf, type ClientOptions } from "./client.ts";

/** What a change does to the floors of the hours ahead. */
export type Compared = { readonly fromMs: number; readonly toMs: number; readonly targets: readonly Comparison[] };

type DeployedPlan = {
  readonly now: string;
  readonly targets: readonly {
    readonly targetId: string;
    readonly until: string;
    readonly costUsdPerUnitHour: number | null;
    readonly steps: readonly { readonly at: string; readonly floorUnits: number }[];
    readonly shorts: readonly { readonly from: string; readonly to: string; readonly units: number }[];
  }[];
};

type Page = { readonly now: string; readonly parts: readonly PlanningPart[]; readonly next: string | null };

/**
 * Compares what a deployment plans, by its own code, with what this code would plan there with `settings`: for the hours ahead. Throws what
 * `answerOf` throws, and `planning-endless`.
 */
export async function planAgainst(client: ClientOptions, settings: Omit<Settings, "zone" | "measuredApart">): Promise<Compared> {
  const deployed = await answerOf<DeployedPlan>(client, { path: "/v1/plan", query: { hours: String(OPERATE_HORIZON_MS / HOUR_MS) } });
  const state = await planningStateOf(client);
  const planned = await readPlans(await planningCopy(state, settings), state.now, { horizonMs: OPERATE_HORIZON_MS });
  const before = deployed.targets.map(({ targetId, costUsdPerUnitHour, steps, shorts }): ComparedPlan => ({
    targetId,
    costUsdPerUnitHour: costUsdPerUnitHour ?? undefined,
    steps: steps.map(({ at, floorUnits }) => ({ atMs: Date.parse(at), floorUnits })),
    shorts: shorts.map(({ from, to, units }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to), units })),
  }));
  const after = planned.map(({ target, plan }): ComparedPlan => ({
    targetId: target.id,
    costUsdPerUnitHour: target.costUsdPerUnitHour,
    steps: plan.steps,
    shorts: plan.shorts,
  }));
  // Both were made within the same minute or the next.
  const fromMs = minuteOf(Math.max(Date.parse(deployed.now), state.now));
  const toMs = minuteOf(Math.min(Date.parse(deployed.now), state.now)) + OPERATE_HORIZON_MS;
  return { fromMs, toMs, targets: comparePlans(before, after, { fromMs, toMs }) };
}

const MOST_PAGES = 200;

async function planningStateOf(client: ClientOptions): Promise<PlanningState> {
  const parts: PlanningPart[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await answerOf<Page>(client, { path: "/v1/planning", query: { after } });
    parts.push(...page.parts);
    if (page.next === null) return assembled(Date.parse(page.now), parts);
    after = page.next;
  }
  throw new CalltimeError(
    "planning-endless",
    `${client.url}: what it plans from has more than ${MOST_PAGES} pages; at most that would be right`,
  );
}
