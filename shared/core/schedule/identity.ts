import { stableHash } from "../hash.ts";
import { HOUR_MS } from "../time.ts";
import { episodesConflict } from "./conflict.ts";
import type { Listing } from "./listing.ts";
import { byStart, compareText } from "./programme.ts";
import type { ListedProgramme, Programme, Schedule } from "./programme.ts";
import { normaliseTitle } from "./title.ts";

/** A programme found this far from where it stood is the same one, moved; further away it is another showing. */
const FARTHEST_MOVE_MS = 6 * HOUR_MS;

/** A programme with what it is matched by. */
type Slot<P extends ListedProgramme> = { readonly programme: P; readonly title: string };

/**
 * The schedule of `listing`, in which a programme that `previous` already had keeps its id: when it moves, grows, is retitled or
 * renumbered, before and after its broadcast. Channel by channel, each programme of `previous` is handed on once: to the same start and
 * title; else to the nearest start within 6 h under the same title without another sub-title or episode; else to the same start under
 * any title. The rest get a new id made from channel, start and title. The order of the listing does not matter.
 */
export function identify(listing: Pick<Listing, "channels" | "programmes">, previous: Schedule | undefined): Schedule {
  const before = grouped(previous?.programmes ?? [], ({ channelId }) => channelId);
  const programmes: Programme[] = [];
  for (const [channelId, listed] of grouped(listing.programmes, (programme) => programme.channelId)) {
    for (const programme of identifyChannel(listed, before.get(channelId) ?? [])) programmes.push(programme);
  }
  return { channels: listing.channels, programmes: programmes.sort(byStart) };
}

/** `identify` for one channel alone, whose programmes no other channel has a part in: they come sorted as schedules are. */
export function identifyChannel(listed: readonly ListedProgramme[], previous: readonly Programme[]): readonly Programme[] {
  const ids = new Map<ListedProgramme, string>();
  const slots = slotsOf(listed);
  matchChannel(slots, slotsOf(previous), ids);
  // An id is made from its channel too, so only those of this channel can be in its way.
  const taken = new Set(previous.map(({ id }) => id));
  return slots.map(({ programme }): Programme => {
    const id = ids.get(programme) ?? newId(programme, taken);
    taken.add(id);
    return { ...programme, id };
  });
}

function matchChannel(
  slots: readonly Slot<ListedProgramme>[],
  before: readonly Slot<Programme>[],
  ids: Map<ListedProgramme, string>,
): void {
  const left = { now: new Set(slots), before: new Set(before) };
  const match = (slot: Slot<ListedProgramme>, old: Slot<Programme>): void => {
    if (!left.now.has(slot) || !left.before.has(old)) return;
    ids.set(slot.programme, old.programme.id);
    left.now.delete(slot);
    left.before.delete(old);
  };
  const startAndTitle = (slot: Slot<ListedProgramme>): string => `${slot.programme.startsAtMs} ${slot.title}`;
  const bySameKey = (
    keyOf: (slot: Slot<ListedProgramme>) => string,
    agrees: (a: Slot<ListedProgramme>, b: Slot<Programme>) => boolean,
  ): void => {
    const candidates = grouped(left.before, keyOf);
    for (const slot of left.now) for (const old of candidates.get(keyOf(slot)) ?? []) if (agrees(slot, old)) match(slot, old);
  };

  bySameKey(startAndTitle, (a, b) => episodesConflict(a.programme, b.programme) !== true);
  bySameKey(startAndTitle, () => true);
  for (const [slot, old] of movesNearestFirst(left.now, left.before)) match(slot, old);
  bySameKey(
    (slot) => `${slot.programme.startsAtMs}`,
    () => true,
  );
}

/** Every pair that could be one programme moved, the shortest move first; equally short ones by old start, then new start. */
function movesNearestFirst(
  now: Iterable<Slot<ListedProgramme>>,
  before: Iterable<Slot<Programme>>,
): readonly (readonly [Slot<ListedProgramme>, Slot<Programme>])[] {
  const moves: (readonly [Slot<ListedProgramme>, Slot<Programme>])[] = [];
  const candidates = grouped(before, (slot) => slot.title);
  for (const slot of now) {
    for (const old of candidates.get(slot.title) ?? []) {
      if (moveMs(slot, old) <= FARTHEST_MOVE_MS && episodesConflict(slot.programme, old.programme) !== true) moves.push([slot, old]);
    }
  }
  return moves.sort(
    ([a, oldA], [b, oldB]) =>
      moveMs(a, oldA) - moveMs(b, oldB) ||
      oldA.programme.startsAtMs - oldB.programme.startsAtMs ||
      a.programme.startsAtMs - b.programme.startsAtMs,
  );
}

function moveMs(a: Slot<ListedProgramme>, b: Slot<ListedProgramme>): number {
  return Math.abs(a.programme.startsAtMs - b.programme.startsAtMs);
}

/** The slots of a channel, in an order that the order of `programmes` has no part in. */
function slotsOf<P extends ListedProgramme>(programmes: readonly P[]): readonly Slot<P>[] {
  return [...programmes].sort(byStartAndContent).map((programme) => ({ programme, title: normaliseTitle(programme.title) }));
}

function grouped<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function byStartAndContent(a: ListedProgramme, b: ListedProgramme): number {
  return byStart(a, b) || a.endsAtMs - b.endsAtMs || compareText(detailsOf(a), detailsOf(b));
}

function detailsOf({ subTitle, episode, description }: ListedProgramme): string {
  return JSON.stringify([subTitle ?? null, episode ?? null, description ?? null]);
}

function newId(programme: ListedProgramme, taken: ReadonlySet<string>): string {
  const id = stableHash(`${programme.channelId}\n${programme.startsAtMs}\n${normaliseTitle(programme.title)}`);
  if (!taken.has(id)) return id;
  let suffix = 2;
  while (taken.has(`${id}-${suffix}`)) suffix++;
  return `${id}-${suffix}`;
}
