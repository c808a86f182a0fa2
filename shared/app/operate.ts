import { isoOf } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { capsAt, saidOf, wouldCount } from "../core/plan/demand.ts";
import { explain, sentenceOf, type Explanation } from "../core/plan/explain.ts";
import type { Reason } from "../core/plan/plan.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { VERDICTS_KEY, type StoredVerdict, type Verdicts } from "./assess.ts";
import { describeTargets } from "./capacity.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";
import { readLastSeen } from "./ingest.ts";
import { makePlans, TICK_HORIZON_MS, type Planned } from "./plan.ts";
import type { Generation, TargetState } from "./ports.ts";
import { readUnsent } from "./publish.ts";
import { readQuarantine } from "./quarantine.ts";
import { occasionsAround, situationAt } from "./situation.ts";
import { subjectsBetween, type Subjects } from "./subjects.ts";

/** What an operator asks to see of the hours ahead: the plans, made afresh. */
export const OPERATE_HORIZON_MS = 48 * HOUR_MS;

/** The plans of all targets, or of one, for the next hours. Throws `target-unknown`. */
export async function readPlans(
  context: Context,
  now: number,
  options: { readonly targetId?: string; readonly horizonMs?: number } = {},
): Promise<readonly Planned[]> {
  if (options.targetId !== undefined) knownTarget(context, options.targetId);
  const planned = await makePlans(context, await situationAt(context, now), options.horizonMs ?? TICK_HORIZON_MS, { everyMinute: true });
  return options.targetId === undefined ? planned : planned.filter(({ target }) => target.id === options.targetId);
}

/**
 * Why a target's floor is what it is (or was, or will be) at an instant. The past is answered from the journal, which says what was
 * wanted and in force; now and the future from a plan made afresh. Throws `target-unknown`.
 */
export async function explainAt(context: Context, targetId: string, atMs: number, now: number): Promise<Explanation> {
  knownTarget(context, targetId);
  if (atMs < Math.floor(now / MINUTE_MS) * MINUTE_MS) return explainPast(context, targetId, atMs);
  if (atMs >= now + OPERATE_HORIZON_MS)
    return { kind: "unknown", targetId, atMs, why: `the instant is more than ${OPERATE_HORIZON_MS / HOUR_MS} hours ahead` };
  const situation = await situationAt(context, now);
  const horizonMs = Math.max(TICK_HORIZON_MS, atMs - now + HOUR_MS);
  const planned = (await makePlans(context, situation, horizonMs, { everyMinute: true })).find(({ target }) => target.id === targetId);
  if (planned === undefined) throw new CalltimeError("target-unknown", `${targetId}: there is no such target`);
  const calledOff = situation.calledOff.filter((occasion) => wouldCount(occasion, atMs)).flatMap(saidOf);
  return withLeftOut(explain(planned.plan, atMs), [...calledOff, ...capsAt(planned.overCap, atMs)]);
}

/** What would have been asked for at that instant, had it not been called off or been beyond the cap, belongs to the answer wherever the step began. */
function withLeftOut(explained: Explanation, leftOut: readonly Reason[]): Explanation {
  if (explained.kind === "unknown") return explained;
  const said = new Set(explained.reasons.flatMap((reason) => (reason.type === "said" || reason.type === "cap" ? [reason.occasionId] : [])));
  const missing = leftOut.filter((reason) => "occasionId" in reason && !said.has(reason.occasionId));
  if (missing.length === 0) return explained;
  return {
    ...explained,
    reasons: [...explained.reasons, ...missing],
    sentences: [...explained.sentences, ...missing.map((reason) => sentenceOf(reason))],
  };
}

async function explainPast(context: Context, targetId: string, atMs: number): Promise<Explanation> {
  const from = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  const [entry] = await context.ports.journal.read(targetId, from, from + MINUTE_MS);
  if (entry === undefined) return { kind: "unknown", targetId, atMs, why: "Calltime kept no record of that minute: it was not running" };
  return {
    kind: "known",
    targetId,
    atMs,
    floorUnits: entry.tick.floorUnits,
    sinceMs: entry.atMs,
    neededByMs: entry.atMs,
    reasons: entry.reasons,
    sentences: entry.sentences,
  };
}

/** Every verdict of the last day, by start of the occasion, then in the order in which they were given. */
export async function readVerdicts(context: Context): Promise<readonly StoredVerdict[]> {
  const stored = (await readDocument<Verdicts>(context.ports.documents, VERDICTS_KEY))?.value ?? {};
  return Object.values(stored)
    .flat()
    .sort((a, b) => a.startsAtMs - b.startsAtMs || a.atMs - b.atMs);
}

/** How Calltime itself is. */
export type Health = {
  readonly status: "ok" | "degraded";
  readonly now: number;
  readonly lastTickMs: number | undefined;
  readonly feeds: readonly {
    readonly feedId: string;
    readonly generation: number;
    readonly publishedAtMs: number;
    readonly programmes: number;
  }[];
  readonly targets: readonly TargetState[];
  /** Deliveries that the bus gave up and nobody redrove; undefined where it does not say, or could not be asked. */
  readonly deadLetters: number | undefined;
  /** What is wrong, each in a sentence. */
  readonly problems: readonly string[];
};

// The tick is every minute; two missed ones are a problem.
const LATE_TICK_MS = 3 * MINUTE_MS;

/** What an operator or a probe wants to know first. */
export async function readHealth(context: Context, now: number): Promise<Health> {
  const { ports, settings } = context;
  const feedIds = await ports.schedules.feeds();
  const generations = (await Promise.all(feedIds.map((feedId) => ports.schedules.current(feedId)))).filter(
    (current) => current !== undefined,
  );
  const targets = await describeTargets(context);
  const first = settings.targets[0];
  const entries = first === undefined ? [] : await ports.journal.read(first.id, now - HOUR_MS, now + MINUTE_MS);
  const lastTickMs = entries.at(-1)?.atMs;
  const problems: string[] = [];
  if (generations.length === 0) problems.push("no schedule has been ingested yet: upload one with PUT /v1/feeds/{id}");
  if (first !== undefined && (lastTickMs === undefined || now - lastTickMs > LATE_TICK_MS))
    problems.push("the last tick is more than three minutes ago");
  for (const state of targets) if (state.kind === "unknown") problems.push(`${state.targetId} cannot be described: ${state.reason}`);
  problems.push(...(await feedProblems(context, generations, now)), ...(await expectationProblems(context, generations, now)));
  const unsent = (await readUnsent(context)).length;
  if (unsent > 0) problems.push(`${unsent} events wait for a bus that did not take them; they are offered again every minute`);
  let deadLetters: number | undefined;
  try {
    deadLetters = (await ports.deadLetters?.deadLetters())?.length;
  } catch (error) {
    problems.push(`the dead letters could not be looked at: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (deadLetters !== undefined && deadLetters > 0)
    problems.push(
      `${deadLetters} ${deadLetters === 1 ? "event" : "events"} could not be delivered; look at the dead letters, and redrive them`,
    );
  return {
    status: problems.length === 0 ? "ok" : "degraded",
    now,
    lastTickMs,
    feeds: await Promise.all(
      generations.map(async (current) => {
        const { feedId, generation, publishedAtMs } = current;
        return { feedId, generation, publishedAtMs, programmes: (await context.schedule(current)).programmes.length };
      }),
    ),
    targets,
    deadLetters,
    problems,
  };
}

async function feedProblems(context: Context, generations: readonly Generation[], now: number): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { feedId, generation } of generations) {
    const seen = await readLastSeen(context, feedId);
    if (seen?.outcome !== "quarantined") continue;
    const quarantine = await readQuarantine(context, feedId, now);
    if (quarantine?.decision?.kind === "rejected") continue;
    const why = (quarantine?.findings ?? []).map(({ what }) => ` ${what}`).join("");
    const look = quarantine === undefined ? "" : "; look at it, and accept or reject it.";
    problems.push(
      `feed ${feedId}: its upload of ${isoOf(seen.receivedAtMs)} was quarantined; generation ${generation} stays in force${look}${why}`,
    );
  }
  return problems;
}

/** Expectations that the guide, which reaches their window on one of their channels, has no slot for. */
async function expectationProblems(context: Context, generations: readonly Generation[], now: number): Promise<readonly string[]> {
  const { occasions, calledOff } = await context.guide(now);
  const found = new Set([...occasions, ...calledOff].map(({ expectation }) => expectation));
  const programmes = (await Promise.all(generations.map(context.schedule))).flatMap((schedule) => schedule.programmes);
  return context.settings.expectations
    .filter((expectation) => !found.has(expectation) && expectation.windowEndMs > now)
    .filter(({ channels, windowStartMs }) =>
      programmes.some(({ channelId, endsAtMs }) => channels.includes(channelId) && endsAtMs > windowStartMs),
    )
    .map(
      ({ occasion, title, windowStartMs, windowEndMs }) =>
        `nothing in the guide is "${occasion}": no programme titled "${title}" starts between ${isoOf(windowStartMs)} and ${isoOf(windowEndMs)} ` +
        "on its channels; correct the expectation, or the guide",
    );
}

/** The occasions of the next hours. */
export async function readOccasions(
  context: Context,
  now: number,
): Promise<Subjects & { /** What people called off. */ readonly calledOff: readonly Occasion[] }> {
  const situation = await situationAt(context, now);
  const untilMs = now + TICK_HORIZON_MS;
  return { ...subjectsBetween(context, situation, now, untilMs), calledOff: occasionsAround(situation.calledOff, now, untilMs) };
}

function knownTarget(context: Context, targetId: string): void {
  const ids = context.settings.targets.map((target) => target.id);
  if (!ids.includes(targetId)) {
    throw new CalltimeError("target-unknown", `${targetId}: there is no such target; the targets are ${ids.join(", ")}`);
  }
}
