import { stableHash } from "../hash.ts";
import { HOUR_MS } from "../time.ts";
import { episodesConflict } from "./conflict.ts";
import { SAME_START_MS } from "./occasion.ts";
import { compareText, type Programme } from "./programme.ts";
import { isFillerTitle, normaliseTitle, saysNothing } from "./title.ts";

/** Slots that may well draw one audience, though the rule for occasions keeps them apart; whether they do is a person's to say. */
export type Proposal = {
  /** Made from the slots: the same slots are the same proposal. */
  readonly id: string;
  /** Title of its first slot. */
  readonly name: string;
  /** By start, then channel. */
  readonly programmes: readonly Programme[];
  /** Why, a sentence each. */
  readonly reasons: readonly string[];
};

/** A title, normalised; what is left of it without forms of address and numbers; and the number. */
type SlotTitle = { readonly title: string; readonly essence: string; readonly part: string | undefined };
type Slot = SlotTitle & { readonly programme: Programme };

/** Slots of one essence that follow one another on one channel, by start; `isSpecial`: it is seldom on there. */
type Run = {
  readonly slots: readonly Slot[];
  readonly channelId: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly isSpecial: boolean;
};

/** A special, and its repeat. What is on more often is cut as its channels like. */
const MOST_TIMES = 2;
/** More than that in a row, or longer, is a marathon. */
const MOST_IN_A_ROW = 4;
const LONGEST_MS = 3 * HOUR_MS;
/** Of two descriptions of one broadcast the shorter says hardly anything that the longer does not. */
const SHARED_WORDS = 0.75;
const LEAST_WORDS = 4;

// Forms of address that one channel prints and another leaves out, in normalised form.
const ADDRESS = new RegExp(
  `^(?:${[
    "h m",
    "hm",
    "h k h",
    "hkh",
    "h r h",
    "hrh",
    "z m",
    "z k h",
    "hans majestæt",
    "hendes majestæt",
    "hans majestet",
    "hennes majestet",
    "hans majestät",
    "hennes majestät",
    "his majesty",
    "her majesty",
    "zijne majesteit",
    "seine majestät",
    "ihre majestät",
  ].join("|")}) `,
  "u",
);
// "(2)", "2/3", "2:3", "(2 of 3)", "del 2", "S1E4", at the end. A bare number is part of a name: Apollo 13.
const PART =
  /[\s:,–-]*(?:\((\d{1,3})\)|\(?(\d{1,3})\s*(?:[:/]|of|af|av|van|von)\s*\d{1,3}\)?|\(?(?:del|part|teil|deel|parte|afsnit|avsnitt|episode|ep\.?|folge|afl\.?)\s*(\d{1,3})\)?|\(?(s\d{1,2}\s*e\d{1,3})\)?)\s*$/iu;

/**
 * What may be one occasion and is not taken for one without being asked: slots on several channels at one time whose titles differ in a
 * form of address or a number alone, and what one channel cuts into slots and another does not. With them come the slots that follow or
 * precede on the same channel under the same title. Slots that are a marathon, fillers, and of equal titles those that the rule for
 * occasions tells apart by what they say of themselves, are not proposed. By start.
 */
export function proposeOccasions(programmes: readonly Programme[]): readonly Proposal[] {
  const byEssence = new Map<string, Map<string, Slot[]>>();
  // A guide repeats its titles: each is looked at once.
  const titles = new Map<string, SlotTitle | undefined>();
  for (const programme of programmes) {
    if (!titles.has(programme.title)) titles.set(programme.title, slotTitleOf(programme.title));
    const read = titles.get(programme.title);
    if (read === undefined) continue;
    const slot = { programme, ...read };
    const channels = byEssence.get(slot.essence) ?? new Map<string, Slot[]>();
    byEssence.set(slot.essence, channels);
    const slots = channels.get(programme.channelId);
    if (slots === undefined) channels.set(programme.channelId, [slot]);
    else slots.push(slot);
  }
  const proposals: Proposal[] = [];
  for (const channels of byEssence.values()) {
    if (channels.size < 2) continue;
    proposals.push(...linked([...channels].flatMap(([channelId, slots]) => runsOf(channelId, slots)).sort(byStartAndChannel)));
  }
  return proposals.sort((a, b) => startOf(a) - startOf(b) || compareText(a.id, b.id));
}

function byStartAndChannel(a: Pick<Run, "startsAtMs" | "channelId">, b: Pick<Run, "startsAtMs" | "channelId">): number {
  return a.startsAtMs - b.startsAtMs || compareText(a.channelId, b.channelId);
}

function startOf({ programmes }: Proposal): number {
  return programmes[0]?.startsAtMs ?? 0;
}

/** A title as it is compared, or undefined where it says of nobody that they are on. */
function slotTitleOf(written: string): SlotTitle | undefined {
  const title = normaliseTitle(written);
  if (isFillerTitle(title) || saysNothing(title)) return undefined;
  const found = PART.exec(written);
  const part = found?.slice(1).find((group) => group !== undefined);
  const essence = normaliseTitle(found === null ? written : written.slice(0, found.index)).replace(ADDRESS, "");
  return essence === "" ? undefined : { title, essence, part: part === undefined ? undefined : normaliseTitle(part) };
}

/** The slots of a channel as runs without a gap; marathons are left out. */
function runsOf(channelId: string, slots: readonly Slot[]): readonly Run[] {
  const runs: Slot[][] = [];
  for (const slot of slots.toSorted((a, b) => a.programme.startsAtMs - b.programme.startsAtMs)) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && areClose(last.programme.endsAtMs, slot.programme.startsAtMs)) runs.at(-1)?.push(slot);
    else runs.push([slot]);
  }
  return runs.flatMap((run) => {
    const startsAtMs = run[0]?.programme.startsAtMs ?? 0;
    const endsAtMs = run.at(-1)?.programme.endsAtMs ?? 0;
    const isMarathon = run.length > MOST_IN_A_ROW || (run.length > 1 && endsAtMs - startsAtMs > LONGEST_MS);
    return isMarathon ? [] : [{ slots: run, channelId, startsAtMs, endsAtMs, isSpecial: runs.length <= MOST_TIMES }];
  });
}

function areClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME_START_MS;
}

type Group = { readonly runs: readonly Run[]; readonly reasons: readonly string[] };

/** The runs that a reason links, put together. `runs` are of one essence, by start. */
function linked(runs: readonly Run[]): readonly Proposal[] {
  let open: Group[] = [];
  const done: Group[] = [];
  for (const run of runs) {
    // What is over links to nothing that is still to come.
    const over = open.filter((group) => group.runs.every(({ endsAtMs }) => endsAtMs <= run.startsAtMs));
    done.push(...over);
    const apart = open.filter((group) => !over.includes(group));
    let home: Group = { runs: [run], reasons: [] };
    open = [];
    for (const group of apart) {
      const reasons = group.runs.flatMap((other) => reasonsToLink(other, run));
      if (reasons.length === 0) open.push(group);
      else home = { runs: [...group.runs, ...home.runs], reasons: [...group.reasons, ...home.reasons, ...reasons] };
    }
    open.push(home);
  }
  return [...done, ...open].filter(({ reasons }) => reasons.length > 0).map(proposalOf);
}

function proposalOf({ runs, reasons }: Group): Proposal {
  const programmes = runs.flatMap(({ slots }) => slots.map(({ programme }) => programme)).sort(byStartAndChannel);
  const ids = programmes.map(({ id }) => id).sort(compareText);
  return { id: `p-${stableHash(ids.join(" "))}`, name: programmes[0]?.title ?? "", programmes, reasons: [...new Set(reasons)] };
}

/** Why two runs may be one broadcast; nothing when they are not on together on two channels. */
function reasonsToLink(one: Run, other: Run): readonly string[] {
  if (one.channelId === other.channelId || one.startsAtMs >= other.endsAtMs || other.startsAtMs >= one.endsAtMs) return [];
  return [...variants(one, other), ...cuts(one, other), ...cuts(other, one)];
}

/** Slots that begin together and whose titles differ in a form of address or a number. */
function variants(one: Run, other: Run): readonly string[] {
  return one.slots.flatMap((slot) =>
    other.slots.flatMap((same) => {
      const together = areClose(slot.programme.startsAtMs, same.programme.startsAtMs);
      if (!together || slot.title === same.title || !mayBeTheSame(slot, same)) return [];
      return [`“${slot.programme.title}” on ${one.channelId} and “${same.programme.title}” on ${other.channelId} begin together`];
    }),
  );
}

/** Slots of `one`, a special, of which `other` makes a single one, from the same minute to the same minute. */
function cuts(one: Run, other: Run): readonly string[] {
  if (!one.isSpecial || !other.isSpecial) return [];
  return other.slots.flatMap((whole) => {
    const from = one.slots.findIndex(({ programme }) => areClose(programme.startsAtMs, whole.programme.startsAtMs));
    const to = one.slots.findIndex(({ programme }) => areClose(programme.endsAtMs, whole.programme.endsAtMs));
    const first = one.slots[from];
    if (first === undefined || to <= from || !mayBeTheSame(first, whole)) return [];
    return [`“${whole.programme.title}” is one slot on ${other.channelId} and ${to - from + 1} on ${one.channelId}, in the same time`];
  });
}

/** Whether nothing that two slots say of themselves tells them apart. */
function mayBeTheSame(a: Slot, b: Slot): boolean {
  if (a.part !== undefined && b.part !== undefined && a.part !== b.part) return false;
  return episodesConflict(a.programme, b.programme) !== true && saysTheSame(a.programme, b.programme);
}

/** Whether two descriptions can be of one broadcast: one is missing, or hardly has a word that the other lacks. */
function saysTheSame(a: Programme, b: Programme): boolean {
  const [few = [], many = []] = [a, b].map(wordsOf).sort((one, other) => one.length - other.length);
  if (few.length < LEAST_WORDS) return true;
  const known = new Set(many);
  return few.filter((word) => known.has(word)).length >= SHARED_WORDS * few.length;
}

function wordsOf({ description }: Programme): readonly string[] {
  return description === undefined ? [] : [...new Set(normaliseTitle(description).split(" "))];
}
