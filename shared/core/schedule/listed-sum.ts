import type { FeedProgramme } from "./programme.ts";

/**
 * What a feed lists of one channel, as a number: the sum of a hash of each programme over every field that is kept, so that the order of
 * the feed does not matter and nothing of it has to be remembered. 64 bits in two halves, and the count.
 */
export type ListedSum = { programmes: number; high: number; low: number };

/** The sum of nothing. */
export function emptySum(): ListedSum {
  return { programmes: 0, high: 0, low: 0 };
}

/** A sum as text: equal when the same programmes were added, whatever their order. */
export function sumText({ programmes, high, low }: ListedSum): string {
  return `${programmes}-${(high >>> 0).toString(36)}-${(low >>> 0).toString(36)}`;
}

// Two odd multipliers far apart: what collides under one does not under the other.
const HIGH_PRIME = 0x9e3779b1;
const LOW_PRIME = 0x85ebca77;
/** Between fields, and for one that is missing: no character has this code. */
const FIELD_ENDS = 0x10001;
const TWO_32 = 4_294_967_296;

// The hash under way. Kept outside of the loop's function, since an object for each of a million programmes costs more than the hash.
let high = 0;
let low = 0;

/**
 * Adds a programme to the sum of its channel, which it changes. `leftOut`: it is not believed (its date is a misprint), which is part of
 * what the feed says at this time. Not for secrets: whoever makes feeds can make two of one sum, and would only hide a change of its own.
 */
export function addToSum(sum: ListedSum, programme: FeedProgramme, leftOut: boolean): void {
  high = leftOut ? 0x2545f491 : 0x1b873593;
  low = 0x41c6ce57;
  addNumber(programme.startsAtMs);
  addNumber(programme.endsAtMs ?? -1);
  addText(programme.title);
  addText(programme.subTitle);
  addText(programme.episode);
  addText(programme.description);
  addText(programme.showing);
  addText(programme.clump);
  for (const category of programme.categories) addText(category);
  addCode(programme.live ? 1 : 2);
  sum.programmes++;
  sum.high = (sum.high + mixed(high, low)) | 0;
  sum.low = (sum.low + mixed(low, high)) | 0;
}

function addText(text: string | undefined): void {
  if (text !== undefined) {
    let one = high;
    let two = low;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      one = Math.imul(one ^ code, HIGH_PRIME);
      two = Math.imul(two ^ code, LOW_PRIME);
      // A product carries upwards only: without this its low bits would hold nothing but parities.
      one ^= one >>> 15;
      two ^= two >>> 13;
    }
    high = one;
    low = two;
  } else addCode(FIELD_ENDS + 1);
  addCode(FIELD_ENDS);
}

function addNumber(value: number): void {
  addCode(value | 0);
  addCode(Math.floor(value / TWO_32) | 0);
}

function addCode(code: number): void {
  high = Math.imul(high ^ code, HIGH_PRIME);
  low = Math.imul(low ^ code, LOW_PRIME);
  high ^= high >>> 15;
  low ^= low >>> 13;
}

/** Every bit of the result depends on every bit of both. */
function mixed(one: number, two: number): number {
  let mix = Math.imul(one ^ (one >>> 16), 0x85ebca6b);
  mix ^= Math.imul(two ^ (two >>> 13), 0xc2b2ae35);
  mix = Math.imul(mix ^ (mix >>> 16), 0x27d4eb2f);
  return mix ^ (mix >>> 15);
}
