import { isoOf, limitsChecked, newEvent } from "../../events/index.ts";
import { limitFindings, type LimitFinding } from "../core/plan/limits.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { makePlans } from "./plan.ts";
import type { LimitSource } from "./ports.ts";
import { publish } from "./publish.ts";
import { situationAt } from "./situation.ts";

/** What was found when the limits were looked at last. */
export type Preflight = {
  readonly atMs: number;
  /** The plans looked at end here. */
  readonly untilMs: number;
  readonly findings: readonly LimitFinding[];
};

const PREFLIGHT_KEY = "preflight";

/** How far ahead plans are held against limits: a quota takes days to be raised. */
export const PREFLIGHT_AHEAD_MS = 3 * DAY_MS;

/** Holds the plans of the next days against the limits they will meet, keeps what was found, and tells of it. */
export async function checkLimits(context: Context, source: LimitSource, now: number): Promise<Preflight> {
  const planned = await makePlans(context, await situationAt(context, now), PREFLIGHT_AHEAD_MS);
  const limits = await source.limits(planned.map(({ target }) => target.id));
  const ahead = planned.map(({ target, plan }) => ({ targetId: target.id, plan }));
  const untilMs = now + PREFLIGHT_AHEAD_MS;
  const preflight: Preflight = { atMs: now, untilMs, findings: limitFindings(ahead, limits, now) };
  await updateDocument<Preflight>(context.ports.documents, PREFLIGHT_KEY, () => preflight);
  const data = {
    until: isoOf(untilMs),
    findings: preflight.findings.map(({ code, targetIds, atMs, what, right }) => ({
      code,
      targetIds: [...targetIds],
      at: atMs === undefined ? null : isoOf(atMs),
      what,
      right,
    })),
  };
  await publish(context, [newEvent(limitsChecked, { id: `limits.checked/${isoOf(now)}`, atMs: now, data })]);
  return preflight;
}

/** What was found last; undefined when nobody has looked yet. */
export async function readPreflight({ ports }: Context): Promise<Preflight | undefined> {
  return (await readDocument<Preflight>(ports.documents, PREFLIGHT_KEY))?.value;
}
