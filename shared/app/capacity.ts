import type { Context } from "./context.ts";
import type { SetMinimumOutcome, TargetState } from "./ports.ts";

/** What became of a call; `unanswered`: nobody knows whether it took effect. */
export type Answer = SetMinimumOutcome | { readonly kind: "unanswered"; readonly code: string; readonly reason: string };

/** The state of every target, in the order of the settings. Those that cannot be described are unknown, also when none can. */
export async function describeTargets(context: Context): Promise<readonly TargetState[]> {
  return describeEach(
    context,
    context.settings.targets.map((target) => target.id),
  );
}

/** The state of one target. */
export async function describeTarget(context: Context, targetId: string): Promise<TargetState> {
  const [state] = await describeEach(context, [targetId]);
  return state ?? { kind: "unknown", targetId, reason: "the control plane did not mention it" };
}

async function describeEach(context: Context, ids: readonly string[]): Promise<readonly TargetState[]> {
  try {
    return await context.ports.capacity.describe(ids);
  } catch (error) {
    return ids.map((targetId) => ({ kind: "unknown", targetId, reason: `the control plane did not answer: ${reasonOf(error)}` }));
  }
}

/** Sets a minimum. A call that ends without an answer is settled by looking whether the minimum is there. */
export async function setMinimum(context: Context, targetId: string, units: number): Promise<Answer> {
  const { capacity } = context.ports;
  try {
    return await capacity.setMinimum(targetId, units);
  } catch (error) {
    const [state] = await capacity.describe([targetId]).catch(() => []);
    if (state?.kind === "known" && state.minimumUnits === units) return { kind: "accepted" };
    return { kind: "unanswered", code: "no-answer", reason: `the control plane did not answer: ${reasonOf(error)}` };
  }
}

/** What an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
