import { isoOf } from "../../events/index.ts";
import { leadMs } from "../core/plan/capacity.ts";
import { sentenceOf } from "../core/plan/explain.ts";
import { MINUTE_MS } from "../core/time.ts";
import { assess } from "./assess.ts";
import { attempt } from "./attempt.ts";
import { planAhead } from "./bookings.ts";
import type { Context } from "./context.ts";
import { expireCorrections } from "./corrections.ts";
import { cue } from "./cue.ts";
import { measure } from "./measure.ts";
import { expireOverrides } from "./override.ts";
import { plan, type Planned } from "./plan.ts";
import type { JournalEntry } from "./ports.ts";
import { publishUnsent } from "./publish.ts";
import { keepSheet } from "./sheet.ts";
import { situationAt } from "./situation.ts";
import { warm, type Warmed } from "./warm.ts";

/**
 * One minute of Calltime: measure (where that has no minute of its own), plan, warm, cue, assess. Each step reads what is, not what an event said; a tick that is lost is made
 * good by the next one, and a tick that runs twice changes nothing the second time. A step that fails keeps none after it from its work:
 * floors are set from the plan in force. What failed is thrown at the end: one error as it is, several as an AggregateError.
 */
export async function tick(context: Context, now: number): Promise<void> {
  const correlationId = `tick/${isoOf(now)}`;
  const failures: unknown[] = [];
  await attempt(failures, () => publishUnsent(context, now));
  await attempt(failures, () => expireOverrides(context, now));
  await attempt(failures, () => expireCorrections(context, now));
  if (context.settings.measuredApart !== true) failures.push(...((await attempt(failures, () => measure(context, now))) ?? []));
  const situation = await attempt(failures, () => situationAt(context, now));
  const planned = (situation && (await attempt(failures, () => plan(context, situation, correlationId)))) ?? [];
  if (situation !== undefined) await attempt(failures, () => planAhead(context, situation));
  const warmed = (await attempt(failures, () => warm(context, now, correlationId))) ?? [];
  if (situation !== undefined) {
    await attempt(failures, () => cue(context, situation, correlationId));
    await attempt(failures, () => assess(context, situation, { planned, warmed, correlationId }));
  }
  await attempt(failures, () => keepSheet(context, now));
  await attempt(failures, () => context.ports.journal.append(warmed.map((target) => entryOf(target, planned, now))));
  throwAll(failures);
}

/** The measuring of one minute, where it is a function of its own. What failed is thrown at the end, as `tick` does. */
export async function measureTick(context: Context, now: number): Promise<void> {
  const failures: unknown[] = [];
  failures.push(...((await attempt(failures, () => measure(context, now))) ?? []));
  throwAll(failures);
}

function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map((failure) => messageOf(failure)).join("; "));
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function entryOf({ targetId, tick: evidence }: Warmed, planned: readonly Planned[], now: number): JournalEntry {
  const made = planned.find((candidate) => candidate.target.id === targetId);
  const reasons = made?.plan.steps[0]?.reasons ?? [];
  return { atMs: now, targetId, tick: evidence, reasons, sentences: reasons.map(sentenceOf), forecast: made && aheadOf(made, now) };
}

/** What was just forecast for the minute that a decision taken now still reaches. */
function aheadOf({ target, startUpMs, forecast }: Planned, now: number): JournalEntry["forecast"] {
  const reachedMs = now + Math.ceil(leadMs(target, startUpMs, 0) / MINUTE_MS) * MINUTE_MS;
  const minute = forecast.minutes.find((candidate) => candidate.atMs === reachedMs);
  return minute?.kind === "known" ? { forMs: minute.atMs, medianRps: minute.medianRps } : undefined;
}
