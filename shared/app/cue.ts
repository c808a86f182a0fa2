import { cueWithdrawn, isoOf, newEvent, programmeEnding, programmeStarting, type AnyEvent } from "../../events/index.ts";
import { decideCues, occasionIdOf, type Cue, type CueRecord, type CueRecords, type CueTiming } from "../core/cue/cue.ts";
import { byIdOf } from "../core/schedule/guide.ts";
import { largestFloor, type Plan } from "../core/plan/plan.ts";
import type { Programme } from "../core/schedule/programme.ts";
import { DAY_MS, MINUTE_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, replaceDocument } from "./documents.ts";
import { storedPlan } from "./plan.ts";
import { offer } from "./publish.ts";
import type { Situation } from "./situation.ts";
import { subjectsAbove } from "./subjects.ts";

const CUES_KEY = "cues";
const FORGET_MS = DAY_MS;

/**
 * Sends the cues that are due. What was sent is kept only after the bus has taken it: a cue that was not accepted is due again at the
 * next tick, and one that was accepted twice carries the same id.
 */
export async function cue(context: Context, situation: Situation, correlationId?: string): Promise<void> {
  const { documents } = context.ports;
  const { now } = situation;
  const reach = Math.max(0, ...context.settings.cueOffsets) * MINUTE_MS;
  const above = subjectsAbove(context, situation, now, now + reach + MINUTE_MS);
  const stored = await readDocument<CueRecords>(documents, CUES_KEY);
  const records = stored?.value ?? {};
  const decided = decideCues({
    subjects: above,
    listed: byIdOf(situation.occasions),
    records,
    offsets: context.settings.cueOffsets,
    now,
  });
  if (decided.cues.length === 0) return;
  const plans = await Promise.all(context.settings.targets.map((target) => storedPlan(context, target.id)));
  const known = plans.flatMap((stored) => (stored === undefined ? [] : [stored.plan]));
  const events = decided.cues.map((due) => eventOf(due, known, now, correlationId));
  const failed = new Set((await offer(context, events)).map((event) => event.id));
  const unsent = new Set(decided.cues.filter((_, index) => failed.has(events[index]?.id ?? "")).map((due) => due.cueId));
  const next: Record<string, CueRecord> = {};
  for (const [cueId, record] of Object.entries(decided.records)) {
    const kept = unsent.has(cueId) ? records[cueId] : record;
    if (kept !== undefined && kept.endsAtMs > now - FORGET_MS) next[cueId] = kept;
  }
  await replaceDocument<CueRecords>(documents, CUES_KEY, stored, next);
}

function eventOf(due: Cue, plans: readonly Plan[], now: number, correlationId: string | undefined): AnyEvent {
  if (due.kind === "withdrawal") return withdrawalOf(due, now, correlationId);
  const { occasion, expected } = due.subject;
  const data = {
    cueId: due.cueId,
    revision: due.revision,
    occasionId: occasion.id,
    name: occasion.name,
    channels: [...occasion.channelIds],
    programmes: occasion.programmes.map(slotOf),
    startsAt: isoOf(occasion.startsAtMs),
    endsAt: isoOf(occasion.endsAtMs),
    timing: timingOf(due.timing),
    late: due.late,
    expectedAudience: { ...expected },
    warming: plans.flatMap((plan) => warmingOf(plan, due.side === "starting" ? occasion.startsAtMs : occasion.endsAtMs)),
  };
  const contract = due.side === "starting" ? programmeStarting : programmeEnding;
  return newEvent(contract, { id: eventIdOf(due.side, occasion.id, due.revision, due.timing), atMs: now, correlationId, data });
}

function withdrawalOf(due: Extract<Cue, { kind: "withdrawal" }>, now: number, correlationId: string | undefined): AnyEvent {
  const occasionId = occasionIdOf(due.cueId);
  const data = {
    cueId: due.cueId,
    revision: due.revision,
    cue: due.side,
    code: due.code,
    reason: due.reason,
    occasions: [{ occasionId, name: due.record.name, programmes: due.record.programmes.map(slotOf) }],
    sent: due.record.sent.map((message) => ({
      eventId: eventIdOf(due.side, occasionId, message.revision, message.timing),
      timing: timingOf(message.timing),
      sentAt: isoOf(message.sentAtMs),
    })),
  };
  return newEvent(cueWithdrawn, { id: `cue.withdrawn/${due.cueId}/${due.revision}`, atMs: now, correlationId, data });
}

function eventIdOf(side: Cue["side"], occasionId: string, revision: number, timing: CueTiming): string {
  const moment = timing.kind === "ahead" ? `ahead-${timing.offsetMinutes}` : "actual";
  return `programme.${side}/${occasionId}/${revision}/${moment}`;
}

function timingOf(timing: CueTiming) {
  return timing.kind === "ahead" ? timing : ({ kind: "actual", actualAt: isoOf(timing.atMs) } as const);
}

function slotOf(programme: Programme) {
  return {
    id: programme.id,
    title: programme.title,
    channelId: programme.channelId,
    startsAt: isoOf(programme.startsAtMs),
    endsAt: isoOf(programme.endsAtMs),
  };
}

/** The floor that is planned for the minutes around an instant. */
function warmingOf(plan: Plan, atMs: number) {
  const floorUnits = largestFloor(plan, atMs, atMs + 5 * MINUTE_MS);
  return floorUnits === undefined ? [] : [{ targetId: plan.targetId, floorUnits, readyBy: isoOf(atMs) }];
}
