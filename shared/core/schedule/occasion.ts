import { stableHash } from "../hash.ts";
import { MINUTE_MS } from "../time.ts";
import { detailsConflict } from "./conflict.ts";
import type { Expectation } from "./expectation.ts";
import { programmeClassOf } from "./programme-class.ts";
import type { ProgrammeClass } from "./programme-class.ts";
import { byStart, compareText } from "./programme.ts";
import type { ListedProgramme, Programme, Schedule } from "./programme.ts";
import { isFillerTitle, normaliseTitle, saysNothing } from "./title.ts";

/** Starts this close together (bound included) may be one broadcast on several channels. */
export const SAME_START_MS = 2 * MINUTE_MS;

/** What somebody said of an occasion over what the guide lists. Minutes count from the guide's start (or end); below zero it is earlier. */
export type Said = {
  readonly change:
    | { readonly kind: "start" | "end"; readonly byMinutes: number }
    | { readonly kind: "audience"; readonly viewers: number }
    | { readonly kind: "cancelled" };
  readonly author: string;
  readonly why: string;
};

/** What draws one audience: one programme, or its simulcasts and split slots together. On air during [startsAtMs, endsAtMs). */
export type Occasion = {
  readonly id: string;
  /** The expectation's name, else the title of the first slot. */
  readonly name: string;
  /** The slots, by start; at least one. */
  readonly programmes: readonly Programme[];
  /** The channels it is on, each once, sorted. */
  readonly channelIds: readonly string[];
  /** Start of the first slot, unless the expectation says otherwise; a correction of the slot moves both. */
  readonly startsAtMs: number;
  /** Latest end of its slots, unless the expectation says otherwise; a correction of the slot moves both. */
  readonly endsAtMs: number;
  /** Start and end without what people corrected, where they did. */
  readonly listed?: { readonly startsAtMs: number; readonly endsAtMs: number };
  /** What people said of it that holds. */
  readonly said?: readonly Said[];
  readonly expectation?: Expectation;
  /** The expectation came as an override: what was thought before of its audience is thought over. */
  readonly toldLater?: boolean;
  /** Normalised title of the first slot: what its other broadcasts are found by. */
  readonly seriesKey: string;
  /** The first category that a slot carries. */
  readonly category: string | undefined;
  readonly programmeClass: ProgrammeClass;
};

/** Slots that a person said are one occasion, by the ids of their programmes. */
export type SaidTogether = { readonly programmeIds: readonly string[] };

/** Slots that were said to be together; `home`: those of an expectation that one of them belongs to. */
type Joined = { readonly ids: ReadonlySet<string>; readonly slots: Programme[]; home: Programme[] | undefined };

/** Which slots of the guide are meant: the part of an expectation that says so. */
export type SlotPattern = Pick<Expectation, "title" | "channels" | "windowStartMs" | "windowEndMs">;

/**
 * The occasions of a schedule, by start, then id. Every programme that is no filler is in exactly one. A slot that belongs to several
 * expectations goes to the first of them; one that belongs to none joins only the same broadcast on other channels: equal normalised
 * title, starts within 2 minutes, and no conflict in sub-title, else episode number, else description. Slots of one channel are one
 * occasion only when an expectation says so, or a person (`together`; of several the first): what
 * is together with a slot of an expectation is of that expectation. An expectation without a slot makes no occasion.
 */
export function occasionsOf(
  schedule: Schedule,
  expectations: readonly Expectation[],
  together: readonly SaidTogether[] = [],
): readonly Occasion[] {
  const patterns = expectations.map((expectation) => ({ expectation, belongs: slotTest(expectation), slots: new Array<Programme>() }));
  const others = new Map<string, Programme[]>();
  const joined: Joined[] = together.map(({ programmeIds }) => ({ ids: new Set(programmeIds), slots: [], home: undefined }));
  // A guide repeats its titles: each is normalised once.
  const titles = new Map<string, string>();
  for (const programme of [...schedule.programmes].sort(byStartAndId)) {
    let title = titles.get(programme.title);
    if (title === undefined) titles.set(programme.title, (title = normaliseTitle(programme.title)));
    if (isFillerTitle(title)) continue;
    const named = patterns.find(({ belongs }) => belongs(programme, title));
    const said = joined.find(({ ids }) => ids.has(programme.id));
    if (said !== undefined) said.home ??= named?.slots;
    const home = named ?? said;
    if (home !== undefined) home.slots.push(programme);
    else if (others.has(title)) others.get(title)?.push(programme);
    else others.set(title, [programme]);
  }

  // What is one with a slot that an expectation means is what the expectation means.
  for (const { slots, home } of joined) if (home !== undefined) home.push(...slots.splice(0));
  for (const { slots } of patterns) slots.sort(byStartAndId);

  const occasions: Occasion[] = [];
  const named = new Map<string, number>();
  for (const { expectation, slots } of patterns) {
    const nth = (named.get(expectation.occasion) ?? 0) + 1;
    named.set(expectation.occasion, nth);
    const id = `e-${stableHash(expectation.occasion)}${nth > 1 ? `-${nth}` : ""}`;
    if (slots.length > 0) occasions.push(occasionOf(id, slots, titles, expectation));
  }
  for (const { slots } of joined) if (slots.length > 0) occasions.push(occasionOf(`o-${smallestId(slots)}`, slots, titles));
  for (const [title, programmes] of others) {
    const groups = saysNothing(title) ? programmes.map((programme) => [programme]) : simulcasts(programmes);
    for (const slots of groups) occasions.push(occasionOf(`o-${smallestId(slots)}`, slots, titles));
  }
  return occasions.sort((a, b) => a.startsAtMs - b.startsAtMs || compareText(a.id, b.id));
}

/** Whether two occasions of one id are made of the same: all of an occasion follows from its slots and what was expected of it. */
export function isSameOccasion(a: Occasion, b: Occasion): boolean {
  return (
    a.expectation === b.expectation &&
    a.programmes.length === b.programmes.length &&
    a.programmes.every((slot, nth) => isSameSlot(slot, b.programmes[nth]))
  );
}

function isSameSlot(a: Programme, b: Programme | undefined): boolean {
  return a === b || (a.id === b?.id && JSON.stringify(a) === JSON.stringify(b));
}

/** Whether a slot belongs to `pattern`: title contained in its normalised title, channel listed, start in the window: as corrected, or by its feed. */
export function belongsTo(pattern: SlotPattern, programme: ListedProgramme): boolean {
  return slotTest(pattern)(programme, normaliseTitle(programme.title));
}

function slotTest(pattern: SlotPattern): (programme: ListedProgramme & Pick<Programme, "corrected">, title: string) => boolean {
  const channels = new Set(pattern.channels);
  const wanted = normaliseTitle(pattern.title);
  const isWithin = (startsAtMs: number): boolean => startsAtMs >= pattern.windowStartMs && startsAtMs < pattern.windowEndMs;
  return (programme, title) =>
    // A match that was put off until after the window is still the match that was meant.
    (isWithin(programme.startsAtMs) || (programme.corrected !== undefined && isWithin(programme.corrected.startsAtMs))) &&
    channels.has(programme.channelId) &&
    // An empty pattern is contained in everything, and would name everything.
    wanted !== "" &&
    title.includes(wanted);
}

/**
 * Programmes of one title, by start, put together where all of a group agree with one another; "no conflict" alone would chain a match
 * to another by way of a slot that has no sub-title. A slot goes to the first group that takes it.
 */
function simulcasts(programmes: readonly Programme[]): readonly (readonly Programme[])[] {
  const groups: Programme[][] = [];
  // Groups before this one began too early for anything that is still to come.
  let open = 0;
  for (const programme of programmes) {
    while ((groups[open]?.[0]?.startsAtMs ?? Infinity) < programme.startsAtMs - SAME_START_MS) open++;
    let home: Programme[] | undefined;
    for (let i = open; i < groups.length && home === undefined; i++) {
      const group = groups[i];
      if (group?.every((slot) => slot.channelId !== programme.channelId && !detailsConflict(slot, programme))) home = group;
    }
    if (home === undefined) groups.push([programme]);
    else home.push(programme);
  }
  return groups;
}

function occasionOf(id: string, slots: readonly Programme[], titles: ReadonlyMap<string, string>, expectation?: Expectation): Occasion {
  const [lead] = slots;
  if (lead === undefined) throw new RangeError(`occasion ${id} has no slot`);
  const last = slots.reduce((latest, slot) => (slot.endsAtMs > latest.endsAtMs ? slot : latest), lead);
  return {
    id,
    name: expectation?.occasion ?? lead.title,
    programmes: slots,
    channelIds: [...new Set(slots.map((slot) => slot.channelId))].sort(compareText),
    startsAtMs: expectation?.startsAtMs === undefined ? lead.startsAtMs : expectation.startsAtMs + movedMs(lead, "startsAtMs"),
    endsAtMs: expectation?.endsAtMs === undefined ? last.endsAtMs : expectation.endsAtMs + movedMs(last, "endsAtMs"),
    ...(slots.some(({ corrected }) => corrected !== undefined) && correctionOf(slots, { lead, last, expectation })),
    ...(expectation !== undefined && { expectation }),
    seriesKey: titles.get(lead.title) ?? normaliseTitle(lead.title),
    category: slots.find((slot) => slot.categories.length > 0)?.categories[0],
    programmeClass: firmestClass(slots, { numbered: expectation === undefined }),
  };
}

/** How far a slot's start or end was corrected. */
function movedMs({ corrected, ...slot }: Programme, side: "startsAtMs" | "endsAtMs"): number {
  return corrected === undefined ? 0 : slot[side] - corrected[side];
}

function correctionOf(
  slots: readonly Programme[],
  { lead, last, expectation }: { readonly lead: Programme; readonly last: Programme; readonly expectation: Expectation | undefined },
): Required<Pick<Occasion, "listed" | "said">> {
  const starts = slots.map(({ startsAtMs, corrected }) => corrected?.startsAtMs ?? startsAtMs);
  const ends = slots.map(({ endsAtMs, corrected }) => corrected?.endsAtMs ?? endsAtMs);
  const said = (slot: Programme, kind: "start" | "end"): readonly Said[] => {
    const byMs = movedMs(slot, kind === "start" ? "startsAtMs" : "endsAtMs");
    if (slot.corrected === undefined || byMs === 0) return [];
    const { author, why } = slot.corrected;
    return [{ change: { kind, byMinutes: Math.round(byMs / MINUTE_MS) }, author, why }];
  };
  return {
    listed: {
      startsAtMs: expectation?.startsAtMs ?? Math.min(...starts),
      endsAtMs: expectation?.endsAtMs ?? Math.max(...ends),
    },
    said: [...said(lead, "start"), ...said(last, "end")],
  };
}

/** The class of the first slot that has one, since one channel may mark what another leaves open. */
function firmestClass(slots: readonly Programme[], options: { readonly numbered: boolean }): ProgrammeClass {
  for (const slot of slots) {
    const found = programmeClassOf(slot, options);
    if (found !== "other") return found;
  }
  return "other";
}

function smallestId(slots: readonly Programme[]): string {
  return slots.reduce((least, { id }) => (id < least ? id : least), slots[0]?.id ?? "");
}

function byStartAndId(a: Programme, b: Programme): number {
  return byStart(a, b) || compareText(a.id, b.id);
}
