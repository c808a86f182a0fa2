import { correctedBy, type Corrections } from "./correction.ts";
import type { Expectation } from "./expectation.ts";
import {
  byStartAndId,
  homeOf,
  inGuideOrder,
  isSameOccasion,
  isSameSlot,
  mergedAll,
  mergingOf,
  type Merging,
  type Occasion,
  type Said,
  type SaidTogether,
  type Slot,
} from "./occasion.ts";
import { lookupOf, type Lookup } from "./lookup.ts";
import { byStart, type Programme } from "./programme.ts";

/** What all feeds in force list, as people corrected it, as occasions. */
export type Guide = {
  /** By start. */
  readonly occasions: readonly Occasion[];
  readonly byId: Lookup<Occasion>;
  /** Which programmes take place, by id. */
  readonly programmeIds: Lookup<true>;
  /** The corrections that it rests on. */
  readonly corrections: Corrections;
  /** What does not take place, though its feed lists it, as the occasions that it would have made. */
  readonly calledOff: readonly Occasion[];
};

/** What a feed lists of one channel and day. As long as it lists the same it is the same array. */
export type ListedDay = readonly Programme[];

/** What a guide is made of. */
export type GuideInput = {
  /** The feeds in force, always in the same order. */
  readonly feeds: readonly { readonly feedId: string; readonly days: readonly ListedDay[] }[];
  readonly corrections: Corrections;
  /** What people said is one occasion; of several the first counts. */
  readonly together: readonly SaidTogether[];
};

/**
 * Makes one guide after the other, each as if there had been none before. Of the next one only what changed is worked out: programmes of
 * days that were not listed so before, or that were corrected, and the occasions of their titles, or all that somebody spoke of where they
 * are among it. What stayed as it was is the same object: what was worked out of it is found by that.
 */
export function guideMaker(expectations: readonly Expectation[]): (input: GuideInput) => Guide {
  let made: Made | undefined;
  let guide = NO_GUIDE;
  return (input) => {
    const frame = JSON.stringify([input.feeds.map(({ feedId }) => feedId), input.together.map(({ programmeIds }) => programmeIds)]);
    const isNext = made?.frame === frame;
    const next = isNext && made !== undefined ? made : nothingMade(frame, mergingOf(expectations, input.together));
    // Should anything throw on the way, the next guide is made from nothing.
    made = undefined;
    const { listedTwice } = next;
    const changes = replaced(next, changesOf(next, input), input.corrections);
    const hides = listedTwice > 0 || next.listedTwice > 0;
    guide = guideWith(next, { before: isNext ? guide : NO_GUIDE, known: guide.byId, changes, hides });
    byIds.set(guide.occasions, guide.byId);
    made = next;
    return guide;
  };
}

const byIds = new WeakMap<readonly Occasion[], Pick<Lookup<Occasion>, "get">>();

/** Occasions by their id. Those of a guide are found as the guide has them. */
export function byIdOf(occasions: readonly Occasion[]): Pick<Lookup<Occasion>, "get"> {
  let byId = byIds.get(occasions);
  if (byId === undefined) byIds.set(occasions, (byId = new Map(occasions.map((occasion) => [occasion.id, occasion]))));
  return byId;
}

const NO_GUIDE: Guide = {
  occasions: [],
  byId: lookupOf(new Map()),
  programmeIds: lookupOf(new Map()),
  corrections: new Map(),
  calledOff: [],
};

/** A programme of a feed. */
type Listed = {
  /** The place of its feed among the feeds. */
  readonly feed: number;
  /** As its feed lists it; one that is listed again just so takes the place of the one before. */
  listed: Programme;
};

/** A programme of a feed, and what became of it. */
type Entry = Listed & {
  /** As it is corrected; undefined when it is cancelled. */
  readonly programme: Programme | undefined;
  /** Undefined for a filler, too. */
  readonly slot: Slot | undefined;
};

/** Slots that may be one occasion with each other, and with no others, in order; and the occasions that they are. */
type Home = { readonly entries: readonly Entry[]; readonly occasions: readonly Occasion[] };

/** What the guide before was made of. It changes from one guide to the next. */
type Made = {
  /** What a guide that is made of other feeds, or by other words, does not share. */
  readonly frame: string;
  readonly merging: Merging;
  corrections: Corrections;
  /** The days of each feed. */
  days: readonly (readonly ListedDay[])[];
  /** By the id of their programme. */
  readonly entries: Map<string, readonly Entry[]>;
  /** Programmes whose id another one has: two feeds may list one. Their occasions may have one id, too, and hide each other. */
  listedTwice: number;
  readonly homes: Map<string, Home>;
};

function nothingMade(frame: string, merging: Merging): Made {
  return { frame, merging, corrections: new Map(), days: [], entries: new Map(), listedTwice: 0, homes: new Map() };
}

function entryOf({ entries }: Made, feed: number, listed: Programme): Entry | undefined {
  return entries.get(listed.id)?.find((entry) => entry.feed === feed && entry.listed === listed);
}

type Changes<Come extends Listed = Listed> = { readonly gone: ReadonlySet<Entry>; readonly come: readonly Come[] };

/** What is listed no longer and what is listed now, and both for what is corrected otherwise. */
function changesOf(made: Made, { feeds, corrections }: GuideInput): Changes {
  const gone = new Set<Entry>();
  const come: Listed[] = [];
  for (const [feed, { days }] of feeds.entries()) {
    const before = made.days[feed] ?? [];
    if (before === days) continue;
    const left = without(before, days);
    const stayed = new Set<Entry>();
    const leftById = new Map(left.map((programme) => [programme.id, programme]));
    for (const listed of without(days, before)) {
      const was = leftById.get(listed.id);
      const entry = was !== undefined && isSameSlot(was, listed) ? entryOf(made, feed, was) : undefined;
      if (entry === undefined) {
        come.push({ feed, listed });
        continue;
      }
      // Its day changed, and not itself.
      entry.listed = listed;
      stayed.add(entry);
    }
    for (const listed of left) {
      const entry = entryOf(made, feed, listed);
      if (entry !== undefined && !stayed.has(entry)) gone.add(entry);
    }
  }
  for (const id of correctedOtherwise(made.corrections, corrections)) {
    for (const entry of made.entries.get(id) ?? []) {
      if (gone.has(entry)) continue;
      gone.add(entry);
      come.push({ feed: entry.feed, listed: entry.listed });
    }
  }
  made.days = feeds.map(({ days }) => days);
  made.corrections = corrections;
  return { gone, come };
}

/** The programmes of the days that are not among `others`. */
function without(days: readonly ListedDay[], others: readonly ListedDay[]): readonly Programme[] {
  const known = new Set(others);
  return days.filter((day) => !known.has(day)).flat();
}

function correctedOtherwise(before: Corrections, after: Corrections): ReadonlySet<string> {
  const ids = [...before.keys(), ...after.keys()];
  return new Set(ids.filter((id) => JSON.stringify(before.get(id)) !== JSON.stringify(after.get(id))));
}

/** Takes out what is gone and puts in what has come, as it is corrected. */
function replaced(made: Made, { gone, come }: Changes, corrections: Corrections): Changes<Entry> {
  const { entries } = made;
  for (const entry of gone) {
    const { id } = entry.listed;
    const rest = (entries.get(id) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) entries.delete(id);
    else entries.set(id, rest);
    if (rest.length > 0) made.listedTwice -= 1;
  }
  const slotOf = made.merging.slotter();
  const corrected = come.map(({ feed, listed }): Entry => {
    const programme = correctedBy(corrections, listed);
    return { feed, listed, programme, slot: programme && slotOf(programme) };
  });
  for (const entry of corrected) {
    const { id } = entry.listed;
    const others = entries.get(id) ?? [];
    entries.set(id, [...others, entry]);
    if (others.length > 0) made.listedTwice += 1;
  }
  return { gone, come: corrected };
}

/** The guide `before` with what changed; an occasion that is as one of those that are `known` is that one. */
function guideWith(
  made: Made,
  given: {
    readonly before: Guide;
    readonly known: Guide["byId"];
    readonly changes: Changes<Entry>;
    /** Of two occasions with one id, one may hide the other. */
    readonly hides: boolean;
  },
): Guide {
  const { before, known, changes, hides } = given;
  const { corrections } = made;
  const { left, added } = rehoused(made, changes, known);
  let { occasions, byId } = before;
  if (left.length > 0 || added.length > 0) {
    occasions = exchanged(occasions, left, added.sort(inGuideOrder));
    byId = hides ? lookupOf(new Map(occasions.map((occasion) => [occasion.id, occasion]))) : exchangedById(byId, left, added);
  }
  return { occasions, byId, programmeIds: idsWith(made, before.programmeIds, changes), corrections, calledOff: calledOffIn(made, byId) };
}

/** Makes the occasions of every home that a slot has left or come to anew. */
function rehoused({ merging, homes }: Made, { gone, come }: Changes<Entry>, known: Guide["byId"]): { left: Occasion[]; added: Occasion[] } {
  const arrivals = new Map<string, Entry[]>();
  for (const { slot } of gone) if (slot !== undefined) arrivals.set(homeOf(slot), []);
  for (const entry of come) {
    if (entry.slot === undefined) continue;
    const home = homeOf(entry.slot);
    const arrived = arrivals.get(home);
    if (arrived === undefined) arrivals.set(home, [entry]);
    else arrived.push(entry);
  }
  const left: Occasion[] = [];
  const added: Occasion[] = [];
  for (const [key, arrived] of arrivals) {
    const before = homes.get(key) ?? { entries: [], occasions: [] };
    const entries = [...before.entries.filter((entry) => !gone.has(entry)), ...arrived].sort(inSlotOrder);
    const occasions = merging
      .occasionsAt(
        key,
        entries.flatMap(({ slot }) => slot ?? []),
      )
      .map((occasion) => {
        const same = known.get(occasion.id);
        return same !== undefined && isSameOccasion(same, occasion) ? same : occasion;
      });
    if (entries.length === 0) homes.delete(key);
    else homes.set(key, { entries, occasions });
    if (occasions.length === before.occasions.length && occasions.every((occasion, nth) => occasion === before.occasions[nth])) continue;
    for (const occasion of before.occasions) left.push(occasion);
    for (const occasion of occasions) added.push(occasion);
  }
  return { left, added };
}

/** As slots are put together; of two that are alike the one that is listed first. */
function inSlotOrder(a: Entry, b: Entry): number {
  const order = a.slot === undefined || b.slot === undefined ? 0 : byStartAndId(a.slot.programme, b.slot.programme);
  return order || inListedOrder(a, b);
}

function inListedOrder(a: Entry, b: Entry): number {
  return byStart(a.listed, b.listed) || a.feed - b.feed;
}

/** The occasions without those that left, with those that were added, in order. */
function exchanged(before: readonly Occasion[], left: readonly Occasion[], added: readonly Occasion[]): readonly Occasion[] {
  if (left.length + added.length > before.length / FEW_SHARE) {
    const gone = new Set(left);
    return [...before.filter((occasion) => !gone.has(occasion)), ...added].sort(inGuideOrder);
  }
  // Looking at each occasion of a large guide takes longer than all that is done for the few that changed.
  const occasions = [...before];
  for (const occasion of left) occasions.splice(placeOf(occasions, occasion), 1);
  for (const occasion of added.toReversed()) occasions.splice(placeOf(occasions, occasion), 0, occasion);
  return occasions;
}

const FEW_SHARE = 16;

/** The first place at which nothing before it comes before an occasion. */
function placeOf(occasions: readonly Occasion[], occasion: Occasion): number {
  let [from, to] = [0, occasions.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const other = occasions[middle];
    if (other !== undefined && inGuideOrder(other, occasion) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function exchangedById(before: Guide["byId"], left: readonly Occasion[], added: readonly Occasion[]): Guide["byId"] {
  const changes = new Map<string, Occasion | undefined>(left.map(({ id }) => [id, undefined]));
  for (const occasion of added) changes.set(occasion.id, occasion);
  return before.changed(changes);
}

function idsWith({ entries, corrections }: Made, before: Guide["programmeIds"], { gone, come }: Changes<Entry>): Guide["programmeIds"] {
  const changes = new Map<string, true | undefined>();
  for (const changed of [gone, come]) {
    for (const { listed } of changed) {
      const takesPlace = entries.has(listed.id) && corrections.get(listed.id)?.cancelled !== true;
      if (takesPlace !== before.has(listed.id)) changes.set(listed.id, takesPlace || undefined);
    }
  }
  return changes.size === 0 ? before : before.changed(changes);
}

function calledOffIn({ merging, corrections, entries }: Made, byId: Guide["byId"]): readonly Occasion[] {
  const cancelled = [...corrections.values()].filter((correction) => correction.cancelled === true);
  const listed = cancelled.flatMap(({ programmeId }) => entries.get(programmeId) ?? []).sort(inListedOrder);
  return (
    mergedAll(
      merging,
      listed.map((entry) => entry.listed),
    )
      // What still has a slot takes place.
      .filter(({ id }) => !byId.has(id))
      .map((occasion) => ({ ...occasion, said: saidOf(occasion, corrections) }))
  );
}

function saidOf({ programmes }: Occasion, corrections: Corrections): readonly Said[] {
  const said = programmes.flatMap(({ id }) => corrections.get(id) ?? []);
  return said.slice(0, 1).map(({ author, why }) => ({ change: { kind: "cancelled" }, author, why }));
}
