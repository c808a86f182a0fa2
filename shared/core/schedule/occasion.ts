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

/** An expectation as slots are held against it, with the id of its occasion. */
type Named = { readonly id: string; readonly expectation: Expectation; readonly belongs: SlotTest };

/** A programme that is no filler, with what somebody said of it. */
export type Slot = {
  readonly programme: Programme;
  /** Its title, normalised. */
  readonly title: string;
  readonly named: Named | undefined;
  readonly together: SaidTogether | undefined;
};

/** How slots become occasions. */
export type Merging = {
  /** Makes slots of programmes, a filler none. For one sweep through a guide: it repeats its titles, each is normalised once. */
  readonly slotter: () => (programme: Programme) => Slot | undefined;
  /** The occasions of the slots of one home (`homeOf`), given all of them, by start and id as `byStartAndId` has it. */
  readonly occasionsAt: (home: string, slots: readonly Slot[]) => readonly Occasion[];
};

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
  { programmes }: Schedule,
  expectations: readonly Expectation[],
  together: readonly SaidTogether[] = [],
): readonly Occasion[] {
  return mergedAll(mergingOf(expectations, together), programmes);
}

/** The occasions of all these programmes, by start, then id. */
export function mergedAll({ slotter, occasionsAt }: Merging, programmes: readonly Programme[]): readonly Occasion[] {
  const slotOf = slotter();
  const slots = [...programmes].sort(byStartAndId).flatMap((programme) => slotOf(programme) ?? []);
  return [...Map.groupBy(slots, homeOf)].flatMap(([home, all]) => occasionsAt(home, all)).sort(inGuideOrder);
}

/** How slots become occasions under these expectations and what people said is together. */
export function mergingOf(expectations: readonly Expectation[], together: readonly SaidTogether[]): Merging {
  const nths = new Map<string, number>();
  const all = expectations.map((expectation): Named => {
    const nth = (nths.get(expectation.occasion) ?? 0) + 1;
    nths.set(expectation.occasion, nth);
    const id = `e-${stableHash(expectation.occasion)}${nth > 1 ? `-${nth}` : ""}`;
    return { id, expectation, belongs: slotTest(expectation) };
  });
  const joined = together.map((said) => ({ said, ids: new Set(said.programmeIds) }));
  const slotter = () => {
    const titles = new Map<string, string>();
    return (programme: Programme): Slot | undefined => {
      let title = titles.get(programme.title);
      if (title === undefined) titles.set(programme.title, (title = normaliseTitle(programme.title)));
      if (isFillerTitle(title)) return undefined;
      const named = all.find(({ belongs }) => belongs(programme, title));
      return { programme, title, named, together: joined.find(({ ids }) => ids.has(programme.id))?.said };
    };
  };
  return { slotter, occasionsAt: (home, slots) => (home === SPOKEN_OF ? occasionsSpokenOf(slots) : simulcasts(slots).map(unnamed)) };
}

const SPOKEN_OF = "spoken of";

/** Slots of different homes are never one occasion: what somebody spoke of has one, and of the rest each title. */
export function homeOf({ programme, title, named, together }: Slot): string {
  if (named !== undefined || together !== undefined) return SPOKEN_OF;
  // Two that leave open what is on are not known to be the same.
  return saysNothing(title) ? `alone ${programme.id}` : `title ${title}`;
}

/** What is one with a slot that an expectation means is what the expectation means. */
function occasionsSpokenOf(slots: readonly Slot[]): readonly Occasion[] {
  const meant = new Map<SaidTogether, Named>();
  for (const { named, together } of slots) {
    if (named !== undefined && together !== undefined && !meant.has(together)) meant.set(together, named);
  }
  const byWord = Map.groupBy(slots, ({ named, together }) => named ?? (together && (meant.get(together) ?? together)));
  return [...byWord].map(([word, group]) =>
    word !== undefined && "expectation" in word ? occasionOf(word.id, group, word) : unnamed(group),
  );
}

function unnamed(slots: readonly Slot[]): Occasion {
  return occasionOf(`o-${smallestId(slots)}`, slots);
}

/** Whether two occasions of one id are made of the same: all of an occasion follows from its slots and what was expected of it. */
export function isSameOccasion(a: Occasion, b: Occasion): boolean {
  return (
    a.expectation === b.expectation &&
    a.programmes.length === b.programmes.length &&
    a.programmes.every((slot, nth) => isSameSlot(slot, b.programmes[nth]))
  );
}

/** Whether two programmes are alike in all that is known of them. */
export function isSameSlot(a: Programme, b: Programme | undefined): boolean {
  return a === b || (a.id === b?.id && JSON.stringify(a) === JSON.stringify(b));
}

/** Whether a slot belongs to `pattern`: title contained in its normalised title, channel listed, start in the window: as corrected, or by its feed. */
export function belongsTo(pattern: SlotPattern, programme: ListedProgramme): boolean {
  return slotTest(pattern)(programme, normaliseTitle(programme.title));
}

type SlotTest = (programme: ListedProgramme & Pick<Programme, "corrected">, title: string) => boolean;

function slotTest(pattern: SlotPattern): SlotTest {
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
function simulcasts(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const groups: Slot[][] = [];
  // Groups before this one began too early for anything that is still to come.
  let open = 0;
  for (const slot of slots) {
    const { startsAtMs } = slot.programme;
    while ((groups[open]?.[0]?.programme.startsAtMs ?? Infinity) < startsAtMs - SAME_START_MS) open++;
    let home: Slot[] | undefined;
    for (let i = open; i < groups.length && home === undefined; i++) {
      const group = groups[i];
      if (group?.every((other) => mayBeOne(other.programme, slot.programme))) home = group;
    }
    if (home === undefined) groups.push([slot]);
    else home.push(slot);
  }
  return groups;
}

function mayBeOne(a: Programme, b: Programme): boolean {
  return a.channelId !== b.channelId && !detailsConflict(a, b);
}

function occasionOf(id: string, group: readonly Slot[], { expectation }: { readonly expectation?: Expectation } = {}): Occasion {
  const [first] = group;
  if (first === undefined) throw new RangeError(`occasion ${id} has no slot`);
  const { programme: lead, title: seriesKey } = first;
  const slots = group.map(({ programme }) => programme);
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
    seriesKey,
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

function smallestId(slots: readonly Slot[]): string {
  return slots.reduce((least, { programme: { id } }) => (id < least ? id : least), slots[0]?.programme.id ?? "");
}

/** Occasions in the order of a guide: by start, then id; two feeds may give one id to two programmes. */
export function inGuideOrder(a: Occasion, b: Occasion): number {
  return a.startsAtMs - b.startsAtMs || compareText(a.id, b.id) || compareText(a.seriesKey, b.seriesKey);
}

/** Slots in the order in which they are put together. */
export function byStartAndId(a: Programme, b: Programme): number {
  return byStart(a, b) || compareText(a.id, b.id);
}
