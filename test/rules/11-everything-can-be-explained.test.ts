import fc from "fast-check";
import { expect } from "vitest";
import { explain } from "../../shared/core/plan/explain.ts";
import { planSteps, type StepsInput } from "../../shared/core/plan/steps.ts";
import type { Plan, Reason } from "../../shared/core/plan/plan.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { anyInput } from "../core/plan/made.ts";
import { rule } from "./made.ts";

type System = { readonly plans: (input: StepsInput) => Plan; readonly explains: typeof explain };

const hold: Reason = { type: "hold", overrideId: "o1", untilMs: 0, author: "ops", why: "a rehearsal" };

rule<System>("why a floor is what it is has an answer at every minute of a plan, and what keeps it up is named", {
  holds: ({ plans, explains }) =>
    fc.property(anyInput, fc.boolean(), (input, held) => {
      const plan = plans({ ...input, ...(held && { heldAt: () => hold }) });
      let before = Number.NaN;
      for (let atMs = plan.madeAtMs; atMs < plan.untilMs; atMs += MINUTE_MS) {
        const answer = explains(plan, atMs);
        if (answer.kind === "unknown") throw new RangeError(answer.why);
        expect(answer.floorUnits).toBe(plan.steps.findLast((step) => step.atMs <= atMs)?.floorUnits);
        expect(answer.sinceMs).toBeLessThanOrEqual(atMs);
        expect(answer.sentences.length).toBeGreaterThan(0);
        for (const sentence of answer.sentences) expect(sentence).toMatch(/^[^{}]{8,}$/);
        if (held) expect(answer.floorUnits < before).toBe(false);
        before = answer.floorUnits;
      }
      // A floor above what was asked for says what it waits for.
      for (const step of plan.steps) expect(step.reasons.length).toBeGreaterThan(0);
      if (held && input.lowersNothing === undefined) {
        const kept = plan.steps.flatMap(({ reasons }) => reasons).filter(({ type }) => type === "staged-release");
        expect(kept).toEqual([]);
      }
    }),
  real: { plans: planSteps, explains: explain },
  planted: {
    "a step is explained by the one after it": () => ({
      plans: planSteps,
      explains: (plan, atMs) => explain(plan, Math.min(plan.untilMs - 1, atMs + 5 * MINUTE_MS)),
    }),
    "a step that nobody asked for has no reasons": () => ({
      plans: (input) => {
        const plan = planSteps(input);
        return { ...plan, steps: plan.steps.map((step) => ({ ...step, reasons: step.reasons.filter(({ type }) => type !== "baseline") })) };
      },
      explains: explain,
    }),
  },
  numRuns: 100,
});
