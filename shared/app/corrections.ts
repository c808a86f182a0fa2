import { isoOf, newEvent, programmeCorrected, type AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { stableHash } from "../core/hash.ts";
import { correctedProgramme, type Correction, type Corrections, type EndSource } from "../core/schedule/correction.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { byStart, compareText, type Programme } from "../core/schedule/programme.ts";
import { normaliseTitle } from "../core/schedule/title.ts";
import { DAY_MS, HOUR_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";
import type { DocumentStore, Json, Versioned } from "./ports.ts";
import { publish } from "./publish.ts";
import { readAirLog } from "./situation.ts";

/**
 * What a person or a programme-end marker says of a programme. A field that is left out stays as it was said before, one that is null is
 * taken back: the feed's holds again.
 */
export type AskedCorrection = {
  readonly programmeId: string;
  readonly startsAtMs?: number | null | undefined;
  readonly endsAtMs?: number | null | undefined;
  readonly title?: string | null | undefined;
  readonly cancelled?: boolean | undefined;
  readonly actualStartsAtMs?: number | null | undefined;
  readonly actualEndsAtMs?: number | null | undefined;
  /**
   * Who says when it really began or ended; an operator when left out. What a marker says of a field that a person has spoken of is not heard,
   * and an end to come it can only put off.
   */
  readonly endedBy?: EndSource | undefined;
  /** A day after the programme's end when left out. */
  readonly untilMs?: number | undefined;
  readonly author: string;
  readonly why: string;
};

/** What became of a correction. */
export type CorrectionOutcome = "corrected" | "taken-back" | "unchanged";

const PREFIX = "correction/";
const DEFAULT_STAY_MS = DAY_MS;
const LONGEST_STAY_MS = 7 * DAY_MS;
// What is moved by more is another showing, or a slip of the keyboard.
const FARTHEST_MS = DAY_MS;
// Writers of one programme are few; a bound keeps a call short.
const MOST_TRIES = 8;

/** The corrections in force at `now`, with a text that differs when any of them does. */
export async function readCorrections(
  documents: DocumentStore,
  now: number,
): Promise<{ readonly corrections: Corrections; readonly key: string }> {
  const inForce = (await stored(documents)).filter(({ correction }) => correction.untilMs > now);
  return {
    corrections: new Map(inForce.map(({ correction }) => [correction.programmeId, correction])),
    key: inForce.map(({ key, version }) => `${key}@${version}`).join(" "),
  };
}

/**
 * Says something of a programme over what its feed lists, in force at once, and tells of it. What was said before and is not touched
 * stays; of the same field the newest holds. Throws `programme-unknown`, `programme-unlisted`, `document-contested`, and `correction-…`
 * for what it says itself.
 */
export async function correctProgramme(
  context: Context,
  asked: AskedCorrection,
  now: number,
): Promise<{ readonly programme: Programme; readonly correction: Correction | undefined; readonly outcome: CorrectionOutcome }> {
  await expireCorrections(context, now);
  const { documents } = context.ports;
  const { programme, listed } = await knownProgramme(context, asked.programmeId);
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const before = await readDocument<Correction>(documents, keyOf(programme.id));
    const correction = checkedCorrection(asked, { programme, listed, before: before?.value, now });
    if (before === undefined ? correction === undefined : correction !== undefined && isSame(before.value, correction, asked))
      return { programme, correction: before?.value, outcome: "unchanged" };
    if ((await replaced(documents, keyOf(programme.id), before, correction)) === "conflict") continue;
    const outcome = correction === undefined ? "taken-back" : "corrected";
    const told = correction ?? { ...before?.value, ...saidBy(asked, programme, now) };
    await publish(context, [correctedEvent(programme, told, outcome, now)]);
    return { programme, correction, outcome };
  }
  throw new CalltimeError("document-contested", `${programme.id}: others corrected it at this moment; look again`);
}

/** Removes the corrections that have ended, and tells of each under an id of its own: told again, it is the same event. */
export async function expireCorrections(context: Context, now: number): Promise<void> {
  const { documents } = context.ports;
  const ended = (await stored(documents)).filter(({ correction }) => correction.untilMs <= now);
  if (ended.length === 0) return;
  const byId = new Map((await listedProgrammes(context)).map((programme) => [programme.id, programme]));
  // Told before it is removed: should Calltime stop in between it is told again, never left out.
  await publish(
    context,
    ended.flatMap(({ correction }) => {
      const programme = byId.get(correction.programmeId);
      return programme === undefined ? [] : [correctedEvent(programme, correction, "expired", correction.untilMs)];
    }),
  );
  for (const { key, version } of ended) await documents.remove(key, version);
}

/** A programme of the guide, as it is in force and as its feed lists it. */
export type FoundProgramme = {
  /** As its feed lists it. */
  readonly listed: Programme;
  /** As it is corrected; a cancelled one too. */
  readonly programme: Programme;
  readonly correction: Correction | undefined;
  /** The occasion it is part of; none when it is cancelled or a filler. */
  readonly occasion: Occasion | undefined;
};

/** What to look for; what is left out does not matter. */
export type ProgrammeSearch = {
  /** Contained in the title, as the feed or a person has it; case, accents of composition and punctuation do not matter. */
  readonly title?: string | undefined;
  readonly channelId?: string | undefined;
  /** On air in [fromMs, toMs), by the guide or as corrected. */
  readonly fromMs: number;
  readonly toMs: number;
};

/** The programmes that are meant, by start. */
export async function findProgrammes(context: Context, search: ProgrammeSearch, now: number): Promise<readonly FoundProgramme[]> {
  const { corrections, occasions } = await context.guide(now);
  const wanted = normaliseTitle(search.title ?? "");
  const isMeant = ({ title, startsAtMs, endsAtMs, channelId }: Programme): boolean =>
    startsAtMs < search.toMs &&
    endsAtMs > search.fromMs &&
    (search.channelId === undefined || channelId === search.channelId) &&
    normaliseTitle(title).includes(wanted);
  const found = (await listedProgrammes(context)).flatMap((listed) => {
    const correction = corrections.get(listed.id);
    const programme = correction === undefined ? listed : correctedProgramme(listed, correction);
    return isMeant(listed) || isMeant(programme) ? [{ listed, programme, correction }] : [];
  });
  const ids = new Set(found.map(({ listed }) => listed.id));
  const homes = new Map<string, Occasion>();
  for (const occasion of occasions) for (const { id } of occasion.programmes) if (ids.has(id)) homes.set(id, occasion);
  return found
    .map((each) => ({ ...each, occasion: homes.get(each.listed.id) }))
    .sort((a, b) => byStart(a.programme, b.programme) || compareText(a.listed.id, b.listed.id));
}

async function listedProgrammes({ ports: { schedules }, schedule }: Context): Promise<readonly Programme[]> {
  const generations = await Promise.all((await schedules.feeds()).map((feedId) => schedules.current(feedId)));
  const present = generations.filter((current) => current !== undefined);
  return (await Promise.all(present.map(schedule))).flatMap(({ programmes }) => programmes);
}

/** The programme as its feed has it, or as it last was when the feed dropped it on air. */
async function knownProgramme(context: Context, id: string): Promise<{ readonly programme: Programme; readonly listed: boolean }> {
  const programme = (await listedProgrammes(context)).find((candidate) => candidate.id === id);
  if (programme !== undefined) return { programme, listed: true };
  const held = Object.values((await readAirLog(context)).occasions).flatMap(({ programmes }) => programmes);
  const dropped = held.find((candidate) => candidate.id === id);
  if (dropped !== undefined) return { programme: dropped, listed: false };
  const right = "GET /v1/programmes finds those there are";
  throw new CalltimeError("programme-unknown", `${id.slice(0, 80)}: no schedule in force has such a programme; ${right}`);
}

async function stored(documents: DocumentStore) {
  const all = await documents.list(PREFIX);
  return all.map(({ key, value, version }) => ({ key, version, correction: value as unknown as Correction }));
}

function keyOf(programmeId: string): string {
  return `${PREFIX}${programmeId}`;
}

async function replaced(documents: DocumentStore, key: string, before: Versioned<Correction> | undefined, next: Correction | undefined) {
  const version = before?.version ?? 0;
  return next === undefined ? documents.remove(key, version) : documents.write(key, next as unknown as Json, version);
}

/** Who says so, why, when and for how long. */
function saidBy(asked: AskedCorrection, programme: Programme, now: number) {
  const { programmeId, author, why } = asked;
  const untilMs = asked.untilMs ?? Math.max(programme.endsAtMs, now) + DEFAULT_STAY_MS;
  return { programmeId, author: author.trim(), why: why.trim(), atMs: now, untilMs };
}

/** What holds of a programme from now on, or undefined when nothing is left of what was said. */
function checkedCorrection(
  asked: AskedCorrection,
  known: { readonly programme: Programme; readonly listed: boolean; readonly before: Correction | undefined; readonly now: number },
): Correction | undefined {
  const { programme, listed, before, now } = known;
  const { startsAtMs, endsAtMs, title, cancelled, actualStartsAtMs, actualEndsAtMs, endedBy = "operator" } = heardOf(asked, known);
  refuseUnsigned(asked);
  const fields = [startsAtMs, endsAtMs, title, cancelled, actualStartsAtMs, actualEndsAtMs];
  if (fields.every((field) => field === undefined)) {
    // A marker of which nothing is heard changes nothing.
    if (endedBy === "marker") return before;
    const right = "startsAt, endsAt, title, cancelled, actualStartsAt or actualEndsAt would be right";
    throw new CalltimeError("correction-empty", `${programme.id}: nothing is said of it; ${right}`);
  }
  if (!listed && [startsAtMs, endsAtMs, title].some((field) => field !== undefined && field !== null)) {
    const right = "when it really ended, or that it is cancelled, can be said";
    throw new CalltimeError("programme-unlisted", `${programme.id}: its feed lists it no more, so it cannot be moved; ${right}`);
  }
  const effect = kept({
    startsAtMs: newest(startsAtMs, before?.startsAtMs),
    endsAtMs: newest(endsAtMs, before?.endsAtMs),
    title: newest(title === undefined || title === null ? title : title.trim(), before?.title),
    cancelled: (cancelled ?? before?.cancelled) === true ? (true as const) : undefined,
    actualStartsAtMs: newest(actualStartsAtMs, before?.actualStartsAtMs),
    startMarked: startMarkedOf(actualStartsAtMs, endedBy, before),
    actualEnd: newest(
      actualEndsAtMs === undefined || actualEndsAtMs === null ? actualEndsAtMs : { atMs: actualEndsAtMs, by: endedBy },
      before?.actualEnd,
    ),
  });
  if (Object.keys(effect).length === 0) return undefined;
  const said = { ...effect, ...saidBy(asked, programme, now) };
  refuseTimes(said, asked, programme, now);
  // A marker says nothing of how long a person's word is to hold.
  const atLeastMs = endedBy === "marker" ? (before?.untilMs ?? 0) : 0;
  const stayMs = Math.max(correctedProgramme(programme, said).endsAtMs, now) + DEFAULT_STAY_MS;
  const correction = { ...said, untilMs: asked.untilMs ?? Math.max(stayMs, atLeastMs) };
  refuseUntil(correction, programme, now);
  return correction;
}

/** What is heard of what is said: all of what a person says, and of a marker what no person has spoken of. */
function heardOf(
  asked: AskedCorrection,
  { programme, before }: { readonly programme: Programme; readonly before: Correction | undefined },
): AskedCorrection {
  if (asked.endedBy !== "marker") return asked;
  const { actualStartsAtMs, actualEndsAtMs, endsAtMs } = asked;
  const startIsTaken = before?.actualStartsAtMs !== undefined && before.startMarked !== true;
  const presentEndMs = before === undefined ? programme.endsAtMs : correctedProgramme(programme, before).endsAtMs;
  const putsOff = typeof endsAtMs === "number" && endsAtMs > presentEndMs;
  return {
    ...asked,
    actualStartsAtMs: startIsTaken ? undefined : actualStartsAtMs,
    actualEndsAtMs: before?.actualEnd?.by === "operator" ? undefined : actualEndsAtMs,
    endsAtMs: putsOff ? endsAtMs : undefined,
  };
}

function startMarkedOf(asked: number | null | undefined, by: EndSource, before: Correction | undefined): true | undefined {
  if (asked === undefined) return before?.startMarked;
  return asked !== null && by === "marker" ? true : undefined;
}

function newest<T>(asked: T | null | undefined, before: T | undefined): T | undefined {
  return asked === undefined ? before : (asked ?? undefined);
}

/** What is not said is left out. */
function kept<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

function refuseUnsigned({ author, why, title }: AskedCorrection): void {
  if (author.trim() === "")
    throw new CalltimeError("correction-author-blank", "the author is blank; the name of whoever corrects the guide would be right");
  if (why.trim() === "") throw new CalltimeError("correction-why-blank", "the reason is blank; whoever looks at the guide needs one");
  if (title?.trim() === "") throw new CalltimeError("correction-title-blank", "the title is blank; null would take a corrected one back");
}

function refuseTimes(said: Correction, asked: AskedCorrection, programme: Programme, now: number): void {
  const refuse = (what: string): never => {
    throw new CalltimeError("correction-times-invalid", `${programme.title} (${programme.id}): ${what}`);
  };
  const { startsAtMs, endsAtMs, actualStartsAtMs, actualEnd } = said;
  for (const atMs of [asked.actualStartsAtMs, asked.actualEndsAtMs]) {
    if (typeof atMs === "number" && atMs > now) refuse(`it really began or ended at ${isoOf(atMs)}, and it is ${isoOf(now)}; say so then`);
  }
  for (const [atMs, listedMs] of [
    [startsAtMs, programme.startsAtMs],
    [endsAtMs, programme.endsAtMs],
    [actualStartsAtMs, programme.startsAtMs],
    [actualEnd?.atMs, programme.endsAtMs],
  ] as const) {
    if (atMs !== undefined && Math.abs(atMs - listedMs) > FARTHEST_MS)
      refuse(
        `${isoOf(atMs)} is more than ${FARTHEST_MS / HOUR_MS} hours from ${isoOf(listedMs)}, where its feed has it; nearer would be right`,
      );
  }
  const beginsMs = actualStartsAtMs ?? startsAtMs ?? programme.startsAtMs;
  for (const atMs of [endsAtMs, actualEnd?.atMs]) {
    if (atMs !== undefined && atMs <= beginsMs)
      refuse(`it would end at ${isoOf(atMs)} and begin at ${isoOf(beginsMs)}; the end comes after`);
  }
}

function refuseUntil({ untilMs }: Correction, programme: Programme, now: number): void {
  if (untilMs <= now)
    throw new CalltimeError(
      "correction-until-invalid",
      `it would hold until ${isoOf(untilMs)} and it is ${isoOf(now)}; later would be right`,
    );
  const latestMs = Math.max(programme.endsAtMs, now) + LONGEST_STAY_MS;
  if (untilMs > latestMs)
    throw new CalltimeError(
      "correction-until-far",
      `it would hold until ${isoOf(untilMs)}; ${isoOf(latestMs)}, ${LONGEST_STAY_MS / DAY_MS} days after the programme, is the latest`,
    );
}

/** Whether the same is said again; an end of its own only where one is asked for. */
function isSame(before: Correction, next: Correction, { untilMs }: AskedCorrection): boolean {
  return contentOf(before) === contentOf(next) && (untilMs === undefined || untilMs === before.untilMs);
}

function contentOf({ startsAtMs, endsAtMs, title, cancelled, actualStartsAtMs, startMarked, actualEnd }: Correction): string {
  return JSON.stringify([startsAtMs, endsAtMs, title, cancelled, actualStartsAtMs, startMarked, actualEnd?.atMs, actualEnd?.by]);
}

function correctedEvent(
  programme: Programme,
  correction: Correction,
  change: "corrected" | "taken-back" | "expired",
  atMs: number,
): AnyEvent {
  const { id: programmeId, title, channelId } = programme;
  const iso = (ms: number | undefined): string | null => (ms === undefined ? null : isoOf(ms));
  const data = {
    programmeId,
    title,
    channelId,
    change,
    startsAt: iso(correction.startsAtMs),
    endsAt: iso(correction.endsAtMs),
    correctedTitle: correction.title ?? null,
    cancelled: correction.cancelled === true,
    actualStartsAt: iso(correction.actualStartsAtMs),
    actualEndsAt: iso(correction.actualEnd?.atMs),
    endedBy: correction.actualEnd?.by ?? null,
    author: correction.author,
    reason: correction.why,
    expiresAt: isoOf(correction.untilMs),
  };
  // The content tells apart what was said of one programme within one instant.
  const id = `programme.corrected/${programmeId}/${change}/${isoOf(atMs)}/${stableHash(JSON.stringify(data))}`;
  return newEvent(programmeCorrected, { id, atMs, data });
}
