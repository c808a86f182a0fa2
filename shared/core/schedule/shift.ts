import { HOUR_MS, MINUTE_MS } from "../time.ts";
import type { ListedProgramme } from "./programme.ts";
import { isFillerTitle, normaliseTitle, saysNothing } from "./title.ts";

/** Zones lie whole multiples of this apart, but for a few of a quarter. */
const SHIFT_STEP_MS = 30 * MINUTE_MS;
/** No two zones that a guide confuses lie further apart. */
const FARTHEST_SHIFT_MS = 12 * HOUR_MS;

/**
 * The move that most programmes made together: `moved` of the `compared` ones (those found again within 12 h on their channel under
 * the same title, sub-title and episode number) stand exactly `byMs` later, a multiple of 30 min. `byMs` and `moved` are 0 when no shift fits more than staying in place.
 */
export type CommonShift = { readonly byMs: number; readonly moved: number; readonly compared: number };

/** How many programmes of `compared` could have moved by how much, one vote each for every move that fits. */
export type ShiftVotes = { readonly compared: number; readonly votes: ReadonlyMap<number, number> };

/** Finds the shift from `before` to `after`. A marathon of one title fits many shifts; staying in place wins every tie. */
export function commonShift(before: readonly ListedProgramme[], after: readonly ListedProgramme[]): CommonShift {
  const [was, is] = [Map.groupBy(before, ({ channelId }) => channelId), Map.groupBy(after, ({ channelId }) => channelId)];
  return mostVoted([...was].map(([channelId, programmes]) => shiftVotes(programmes, is.get(channelId) ?? [])));
}

/** The votes of one channel. Where every programme is found in its place nothing moved, however many other moves a marathon fits. */
export function shiftVotes(before: readonly ListedProgramme[], after: readonly ListedProgramme[]): ShiftVotes {
  const startsByContent = new Map<string, number[]>();
  for (const programme of after) {
    const key = contentKey(programme);
    if (key === undefined) continue;
    const starts = startsByContent.get(key);
    if (starts === undefined) startsByContent.set(key, [programme.startsAtMs]);
    else starts.push(programme.startsAtMs);
  }

  const votes = new Map<number, number>();
  let compared = 0;
  for (const programme of before) {
    const key = contentKey(programme);
    const shifts = (key === undefined ? undefined : startsByContent.get(key))
      ?.map((startsAtMs) => startsAtMs - programme.startsAtMs)
      .filter((shiftMs) => Math.abs(shiftMs) <= FARTHEST_SHIFT_MS);
    if (shifts === undefined || shifts.length === 0) continue;
    compared++;
    for (const shiftMs of new Set(shifts)) if (shiftMs % SHIFT_STEP_MS === 0) votes.set(shiftMs, (votes.get(shiftMs) ?? 0) + 1);
  }
  return votes.get(0) === compared ? inPlace(compared) : { compared, votes };
}

/** The votes of a channel on which `compared` programmes stand where they stood. */
export function inPlace(compared: number): ShiftVotes {
  return { compared, votes: new Map([[0, compared]]) };
}

/** The shift that all channels' votes together are for. */
export function mostVoted(channels: readonly ShiftVotes[]): CommonShift {
  const votes = new Map<number, number>();
  let compared = 0;
  for (const channel of channels) {
    compared += channel.compared;
    for (const [byMs, count] of channel.votes) votes.set(byMs, (votes.get(byMs) ?? 0) + count);
  }
  let best = { byMs: 0, moved: votes.get(0) ?? 0 };
  for (const [byMs, moved] of votes) {
    const better = moved > best.moved || (moved === best.moved && best.byMs !== 0 && nearer(byMs, best.byMs));
    if (better) best = { byMs, moved };
  }
  return best.byMs === 0 ? { byMs: 0, moved: 0, compared } : { ...best, compared };
}

function nearer(a: number, b: number): boolean {
  return Math.abs(a) < Math.abs(b) || (Math.abs(a) === Math.abs(b) && a < b);
}

/** What a programme is found again by, or undefined when its title says too little. */
function contentKey({ channelId, title, subTitle, episode }: ListedProgramme): string | undefined {
  const normalised = normaliseTitle(title);
  if (isFillerTitle(normalised) || saysNothing(normalised)) return undefined;
  return [channelId, normalised, normaliseTitle(subTitle ?? ""), episode ?? ""].join("\n");
}
