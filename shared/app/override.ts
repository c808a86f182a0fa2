import { isoOf, newEvent, overrideChanged, type AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { stableHash } from "../core/hash.ts";
import type { FloorOverride } from "../core/plan/plan.ts";
import { compareText } from "../core/schedule/programme.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";
import type { Json } from "./ports.ts";
import { publish } from "./publish.ts";

/** A floor as a person asks for it. Without an id it gets one that follows from the rest; without `fromMs` it holds from now on. */
export type AskedOverride = {
  readonly id?: string | undefined;
  readonly targetIds: readonly string[];
  readonly floorUnits: number;
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
export async function listOverrides(context: Context, now: number): Promise<readonly FloorOverride[]> {
  const documents = await context.ports.documents.list(PREFIX);
  return documents
    .map(({ value }) => value as unknown as FloorOverride)
    .filter((override) => override.untilMs > now)
    .sort((a, b) => a.fromMs - b.fromMs || compareText(a.id, b.id));
}

/**
 * Puts a floor in force for a while and tells of it. Setting the same again under the same id changes nothing. Throws `target-unknown`,
 * `override-exists` for another override under the same id, `override-above-ceiling`, and `override-…-invalid`, `-blank` or `-far` for
 * what it says itself.
 */
export async function setOverride(
  context: Context,
  asked: AskedOverride,
  now: number,
): Promise<{ readonly override: FloorOverride; readonly outcome: "set" | "unchanged" }> {
  // What has ended takes no id from anybody.
  await expireOverrides(context, now);
  const override = checkedOverride(context, asked, now);
  const { documents } = context.ports;
  if ((await documents.write(keyOf(override.id), override as unknown as Json, 0)) === "written") {
    await publish(context, [changedEvent(override, { change: "set", reason: override.why, atMs: now })]);
    return { override, outcome: "set" };
  }
  const held = (await readDocument<FloorOverride>(documents, keyOf(override.id)))?.value;
  if (held !== undefined && isSame(held, override, asked.fromMs === undefined)) return { override: held, outcome: "unchanged" };
  const what = held === undefined ? "is being changed" : `is ${sentenceOf(held)}`;
  throw new CalltimeError("override-exists", `${override.id} ${what}; withdraw it first, or give another id`);
}

/** Ends an override before its time and tells of it. Throws `override-unknown` when none of that id holds, also the second time. */
export async function withdrawOverride(context: Context, id: string, by: Withdrawal, now: number): Promise<FloorOverride> {
  const author = signedBy(by.author);
  await expireOverrides(context, now);
  const { documents } = context.ports;
  const held = OVERRIDE_ID.test(id) ? await readDocument<FloorOverride>(documents, keyOf(id)) : undefined;
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
    .map(({ key, value, version }) => ({ key, version, override: value as unknown as FloorOverride }))
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

function checkedOverride(context: Context, asked: AskedOverride, now: number): FloorOverride {
  const { floorUnits, untilMs, fromMs = now } = asked;
  const targetIds = [...new Set(asked.targetIds)].sort(compareText);
  const author = signedBy(asked.author);
  const why = asked.why.trim();
  if (why === "") throw new CalltimeError("override-why-blank", "the reason is blank; whoever asks why the floor is what it is needs one");
  if (!(Number.isInteger(floorUnits) && floorUnits >= 1))
    throw new CalltimeError("override-floor-invalid", `a floor of ${floorUnits} is none; a whole number of at least 1 would be right`);
  refuseTargets(context, targetIds, floorUnits);
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
  const content = [targetIds.join(" "), floorUnits, fromMs, untilMs, author, why].join("\n");
  const id = asked.id ?? `ov-${stableHash(content)}`;
  if (!OVERRIDE_ID.test(id)) {
    const right = "1 to 63 of a-z, 0-9 and -, beginning with a letter or digit, would be right";
    throw new CalltimeError("override-id-invalid", `${JSON.stringify(id.slice(0, 80))} is no id of an override; ${right}`);
  }
  return { id, targetIds, floorUnits, fromMs, untilMs, author, why };
}

function signedBy(author: string): string {
  if (author.trim() === "")
    throw new CalltimeError("override-author-blank", "the author is blank; the name of whoever asks would be right");
  return author.trim();
}

function refuseTargets(context: Context, targetIds: readonly string[], floorUnits: number): void {
  const { targets } = context.settings;
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
function isSame(held: FloorOverride, asked: FloorOverride, anyStart: boolean): boolean {
  return JSON.stringify({ ...contentOf(held), ...(anyStart && { fromMs: asked.fromMs }) }) === JSON.stringify(contentOf(asked));
}

function contentOf({ targetIds, floorUnits, fromMs, untilMs, author, why }: FloorOverride): Omit<FloorOverride, "id"> {
  return { targetIds, floorUnits, fromMs, untilMs, author, why };
}

function sentenceOf({ targetIds, floorUnits, untilMs, author }: FloorOverride): string {
  return `a floor of ${floorUnits} for ${targetIds.join(", ")} until ${isoOf(untilMs)}, set by ${author}`;
}

function changedEvent(
  override: FloorOverride,
  { change, reason, atMs }: { readonly change: "set" | "withdrawn" | "expired"; readonly reason: string; readonly atMs: number },
): AnyEvent {
  const { id: overrideId, targetIds, floorUnits, author, untilMs } = override;
  const data = {
    overrideId,
    change,
    kind: "floor" as const,
    targetIds: [...targetIds],
    floorUnits,
    author,
    reason,
    expiresAt: isoOf(untilMs),
  };
  // The instant tells apart what happened to two overrides of one id, one after the other.
  return newEvent(overrideChanged, { id: `override.changed/${overrideId}/${change}/${isoOf(atMs)}`, atMs, data });
}
