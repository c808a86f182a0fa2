import { isoOf, newEvent, overrideChanged, type AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { stableHash } from "../core/hash.ts";
import type { Override } from "../core/plan/override.ts";
import { compareText } from "../core/schedule/programme.ts";
import type { Target } from "../core/target.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";
import type { Json } from "./ports.ts";
import { publish } from "./publish.ts";

/** An override as a person asks for it. Without an id it gets one that follows from the rest; without `fromMs` it holds from now on. */
export type AskedOverride = {
  /** A floor when left out. */
  readonly kind?: Override["kind"] | undefined;
  readonly id?: string | undefined;
  /** Targets of a floor, a factor or a hold; with `tags`, those that carry one of them too. */
  readonly targetIds?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly floorUnits?: number | undefined;
  readonly factor?: number | undefined;
  /** The occasion, or one of its programmes, of the other kinds. */
  readonly occasionId?: string | undefined;
  readonly byMinutes?: number | undefined;
  readonly viewers?: number | undefined;
  /** The person's own 90 % interval around `viewers`. */
  readonly interval?: readonly [number, number] | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs: number;
  readonly author: string;
  readonly why: string;
};

/** Who withdraws an override, and why. */
export type Withdrawal = { readonly author: string; readonly why?: string | undefined };

/** What an override's id may be: it is part of a path. */
export const OVERRIDE_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The latest end of an override, from now: what is meant to stay for longer is the customer's own minimum. */
export const LONGEST_OVERRIDE_MS = 7 * DAY_MS;

const PREFIX = "override/";

/** The overrides that hold at `now` or will, by start, then by id. */
export async function listOverrides(context: Context, now: number): Promise<readonly Override[]> {
  const documents = await context.ports.documents.list(PREFIX);
  return documents
    .map(({ value }) => value as unknown as Override)
    .filter((override) => override.untilMs > now)
    .sort((a, b) => a.fromMs - b.fromMs || compareText(a.id, b.id));
}

/**
 * Puts an override in force for a while and tells of it. Setting the same again under the same id changes nothing. Throws `target-unknown`,
 * `tag-unknown`, `occasion-unknown`, `override-exists` for another override under the same id, `override-above-ceiling`, and
 * `override-…-invalid`, `-blank` or `-far` for what it says itself.
 */
export async function setOverride(
  context: Context,
  asked: AskedOverride,
  now: number,
): Promise<{ readonly override: Override; readonly outcome: "set" | "unchanged" }> {
  // What has ended takes no id from anybody.
  await expireOverrides(context, now);
  const override = await checkedOverride(context, asked, now);
  const { documents } = context.ports;
  if ((await documents.write(keyOf(override.id), override as unknown as Json, 0)) === "written") {
    await publish(context, [changedEvent(override, { change: "set", reason: override.why, atMs: now })]);
    return { override, outcome: "set" };
  }
  const held = (await readDocument<Override>(documents, keyOf(override.id)))?.value;
  if (held !== undefined && isSame(held, override, asked.fromMs === undefined)) return { override: held, outcome: "unchanged" };
  const what = held === undefined ? "is being changed" : `is ${sentenceOf(held)}`;
  throw new CalltimeError("override-exists", `${override.id} ${what}; withdraw it first, or give another id`);
}

/** Ends an override before its time and tells of it. Throws `override-unknown` when none of that id holds, also the second time. */
export async function withdrawOverride(context: Context, id: string, by: Withdrawal, now: number): Promise<Override> {
  const author = signedBy(by.author);
  await expireOverrides(context, now);
  const { documents } = context.ports;
  const held = OVERRIDE_ID.test(id) ? await readDocument<Override>(documents, keyOf(id)) : undefined;
  if (held === undefined) {
    const ids = (await listOverrides(context, now)).map((override) => override.id);
    const there = ids.length === 0 ? "there is none" : `there are ${ids.join(", ")}`;
    throw new CalltimeError("override-unknown", `${id.slice(0, 80)}: no override of this id holds, or it has ended; ${there}`);
  }
  if ((await documents.remove(keyOf(id), held.version)) === "conflict")
    throw new CalltimeError("document-contested", `${id}: somebody else changed it at this moment; look again`);
  const why = by.why === undefined || by.why.trim() === "" ? "" : `: ${by.why.trim()}`;
  const reason = `withdrawn by ${author}${why}`;
  await publish(context, [changedEvent(held.value, { change: "withdrawn", reason, atMs: now })]);
  return held.value;
}

/** Removes the overrides that have ended, and tells of each under an id of its own: told again, it is the same event. */
export async function expireOverrides(context: Context, now: number): Promise<void> {
  const { documents } = context.ports;
  const ended = (await documents.list(PREFIX))
    .map(({ key, value, version }) => ({ key, version, override: value as unknown as Override }))
    .filter(({ override }) => override.untilMs <= now);
  if (ended.length === 0) return;
  // Told before it is removed: should Calltime stop in between it is told again, never left out.
  await publish(
    context,
    ended.map(({ override }) => changedEvent(override, { change: "expired", reason: override.why, atMs: override.untilMs })),
  );
  for (const { key, version } of ended) await documents.remove(key, version);
}

function keyOf(id: string): string {
  return `${PREFIX}${id}`;
}

async function checkedOverride(context: Context, asked: AskedOverride, now: number): Promise<Override> {
  const { untilMs, fromMs = now } = asked;
  const author = signedBy(asked.author);
  const why = asked.why.trim();
  if (why === "") throw new CalltimeError("override-why-blank", "the reason is blank; whoever asks why the floor is what it is needs one");
  const effect = await checkedEffect(context, asked, now);
  if (!(untilMs > now))
    throw new CalltimeError(
      "override-until-invalid",
      `it would end at ${isoOf(untilMs)} and it is ${isoOf(now)}; a later end would be right`,
    );
  if (untilMs > now + LONGEST_OVERRIDE_MS) {
    const latest = isoOf(now + LONGEST_OVERRIDE_MS);
    const right = "what is to stay for longer belongs into the target's own minimum";
    throw new CalltimeError("override-until-far", `it would end at ${isoOf(untilMs)}, the latest end is ${latest}; ${right}`);
  }
  if (fromMs >= untilMs)
    throw new CalltimeError(
      "override-from-invalid",
      `it would begin at ${isoOf(fromMs)} and end at ${isoOf(untilMs)}; an earlier start would be right`,
    );
  const id = asked.id ?? `ov-${stableHash(JSON.stringify([effect, fromMs, untilMs, author, why]))}`;
  if (!OVERRIDE_ID.test(id)) {
    const right = "1 to 63 of a-z, 0-9 and -, beginning with a letter or digit, would be right";
    throw new CalltimeError("override-id-invalid", `${JSON.stringify(id.slice(0, 80))} is no id of an override; ${right}`);
  }
  return { id, ...effect, fromMs, untilMs, author, why };
}

/** What an override does, without whose it is and how long it holds. */
type Effect = Override extends infer Each
  ? Each extends Override
    ? Omit<Each, "id" | "fromMs" | "untilMs" | "author" | "why">
    : never
  : never;

// Twice as much again as anybody has a use for; a slip of the keyboard is refused.
const MOST_FACTOR = 20;
const MOST_MINUTES = 1_440;

async function checkedEffect(context: Context, asked: AskedOverride, now: number): Promise<Effect> {
  const { kind = "floor", floorUnits, factor, byMinutes, viewers, interval } = asked;
  switch (kind) {
    case "floor":
      if (floorUnits === undefined || !(Number.isInteger(floorUnits) && floorUnits >= 1))
        throw new CalltimeError("override-floor-invalid", `a floor of ${floorUnits} is none; a whole number of at least 1 would be right`);
      return { kind, targetIds: targetsOf(context, asked, floorUnits), floorUnits };
    case "factor":
      if (factor === undefined || !(factor >= 0 && factor <= MOST_FACTOR))
        throw new CalltimeError(
          "override-factor-invalid",
          `a factor of ${factor} is none; a number from 0 to ${MOST_FACTOR} would be right`,
        );
      return { kind, targetIds: targetsOf(context, asked), factor };
    case "hold":
      return { kind, targetIds: targetsOf(context, asked) };
    case "overrun":
    case "delay":
      if (byMinutes === undefined || !(Number.isInteger(byMinutes) && byMinutes >= 1 && byMinutes <= MOST_MINUTES)) {
        const right = `a whole number from 1 to ${MOST_MINUTES} would be right`;
        throw new CalltimeError("override-minutes-invalid", `${byMinutes} minutes are none; ${right}`);
      }
      return { kind, occasionId: await occasionOf(context, asked, now), byMinutes };
    case "cancel":
      return { kind, occasionId: await occasionOf(context, asked, now) };
    case "expected-audience": {
      if (viewers === undefined || !(viewers >= 0))
        throw new CalltimeError("override-viewers-invalid", `${viewers} viewers are none; a number from 0 would be right`);
      const [lower, upper] = interval ?? [viewers, viewers];
      if (!(lower <= viewers && viewers <= upper))
        throw new CalltimeError(
          "override-viewers-invalid",
          `the interval [${lower}, ${upper}] is not around ${viewers} viewers; one around them would be right`,
        );
      return {
        kind,
        occasionId: await occasionOf(context, asked, now),
        viewers,
        ...(interval !== undefined && { interval: { lower, upper } }),
      };
    }
    default:
      return kind satisfies never;
  }
}

/** The occasion that is meant, as the guide lists it. */
async function occasionOf(context: Context, { occasionId }: AskedOverride, now: number): Promise<string> {
  const guide = await context.guide(now);
  if (occasionId !== undefined && (guide.byId.has(occasionId) || guide.programmeIds.has(occasionId))) return occasionId;
  const named =
    occasionId === undefined ? "no occasion is named" : `${occasionId.slice(0, 80)}: the schedules in force have no such occasion`;
  throw new CalltimeError("occasion-unknown", `${named}; GET /v1/occasions lists those that matter`);
}

/** The targets that are meant, by id or by tag; what a tag means is settled when it is asked for. */
function targetsOf({ settings: { targets } }: Context, asked: AskedOverride, floorUnits = 0): readonly string[] {
  const tags = asked.tags ?? [];
  const unknown = tags.filter((tag) => !targets.some((target) => target.tags?.includes(tag)));
  if (unknown.length > 0) {
    const known = [...new Set(targets.flatMap((target) => target.tags ?? []))].sort(compareText).join(", ") || "none";
    throw new CalltimeError("tag-unknown", `${unknown.join(", ")}: no target carries this tag; the tags are ${known}`);
  }
  const tagged = targets.filter((target) => target.tags?.some((tag) => tags.includes(tag))).map(({ id }) => id);
  const targetIds = [...new Set([...(asked.targetIds ?? []), ...tagged])].sort(compareText);
  refuseTargets(targets, targetIds, floorUnits);
  return targetIds;
}

function signedBy(author: string): string {
  if (author.trim() === "")
    throw new CalltimeError("override-author-blank", "the author is blank; the name of whoever asks would be right");
  return author.trim();
}

function refuseTargets(targets: readonly Target[], targetIds: readonly string[], floorUnits: number): void {
  const known = targets.map(({ id }) => id).join(", ");
  if (targetIds.length === 0) throw new CalltimeError("target-unknown", `no target is named; the targets are ${known}`);
  const unknown = targetIds.filter((id) => !targets.some((target) => target.id === id));
  if (unknown.length > 0)
    throw new CalltimeError("target-unknown", `${unknown.join(", ")}: there is no such target; the targets are ${known}`);
  const tooLow = targets.filter(({ id, ceilingUnits }) => targetIds.includes(id) && floorUnits > ceilingUnits);
  if (tooLow.length === 0) return;
  const ceilings = tooLow.map(({ id, ceilingUnits }) => `the ceiling of ${id} is ${ceilingUnits}`).join(", ");
  throw new CalltimeError("override-above-ceiling", `a floor of ${floorUnits} cannot be had: ${ceilings}; raise it first, or ask for less`);
}

/** Whether two overrides say the same; one that was asked for without a start says nothing of it. */
function isSame(held: Override, asked: Override, anyStart: boolean): boolean {
  return JSON.stringify({ ...held, ...(anyStart && { fromMs: asked.fromMs }) }) === JSON.stringify(asked);
}

/** What an override does, in words. */
function effectOf(override: Override): string {
  switch (override.kind) {
    case "floor":
      return `a floor of ${override.floorUnits} for ${override.targetIds.join(", ")}`;
    case "factor":
      return `${override.factor} times what the load of ${override.targetIds.join(", ")} takes`;
    case "hold":
      return `nothing of ${override.targetIds.join(", ")} lowered`;
    case "overrun":
      return `${override.occasionId} ${override.byMinutes} minutes longer`;
    case "delay":
      return `${override.occasionId} ${override.byMinutes} minutes later`;
    case "cancel":
      return `${override.occasionId} cancelled`;
    case "expected-audience":
      return `${override.viewers} viewers of ${override.occasionId}`;
    default:
      return override satisfies never;
  }
}

function sentenceOf(override: Override): string {
  return `${effectOf(override)} until ${isoOf(override.untilMs)}, set by ${override.author}`;
}

function changedEvent(
  override: Override,
  { change, reason, atMs }: { readonly change: "set" | "withdrawn" | "expired"; readonly reason: string; readonly atMs: number },
): AnyEvent {
  const { id: overrideId, kind, author, untilMs } = override;
  const data = {
    overrideId,
    change,
    kind,
    what: effectOf(override),
    targetIds: "targetIds" in override ? [...override.targetIds] : [],
    ...(override.kind === "floor" && { floorUnits: override.floorUnits }),
    ...(override.kind === "factor" && { factor: override.factor }),
    ...("occasionId" in override && { occasionId: override.occasionId }),
    author,
    reason,
    expiresAt: isoOf(untilMs),
  };
  // The instant tells apart what happened to two overrides of one id, one after the other.
  return newEvent(overrideChanged, { id: `override.changed/${overrideId}/${change}/${isoOf(atMs)}`, atMs, data });
}
