/**
 * Chance without a generator: every draw is a pure function of a seed and the keys that name what is drawn. So a resumed run draws
 * what an uninterrupted one would, and drawing one thing more never shifts another.
 */

/** What names a draw: text, or a whole number within ±2^53. */
export type Key = string | number;

/** One round of MurmurHash3: folds 32 bits of `key` into `hash`. */
function fold(hash: number, key: number): number {
  let k = Math.imul(key, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's finish: every bit of the hash comes to depend on every bit folded in. */
function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function foldKey(hash: number, key: Key): number {
  if (typeof key === "number") return fold(fold(hash, key | 0), Math.floor(key / 0x1_0000_0000));
  let h = hash;
  for (let i = 0; i < key.length; i++) h = fold(h, key.charCodeAt(i));
  // The length closes the text, so that ("ab", "c") and ("a", "bc") are different names; the sign bit keeps "" apart from 0.
  return fold(h, ~key.length);
}

/** A seed of its own for what `keys` name, 0 … 2^32−1; draws under it are independent of draws under any other. */
export function derive(seed: number, ...keys: readonly Key[]): number {
  let h = foldKey(0, seed);
  for (const key of keys) h = foldKey(h, key);
  return finish(h);
}

/** A number in (0, 1), never either end. */
export function uniform(seed: number, ...keys: readonly Key[]): number {
  return (derive(seed, ...keys) + 0.5) / 0x1_0000_0000;
}

/** A draw from the standard normal distribution; by its construction within ±6.8. */
export function normal(seed: number, ...keys: readonly Key[]): number {
  const first = derive(seed, ...keys);
  const second = finish(fold(first, 0x9e3779b9));
  // Box and Muller.
  return Math.sqrt(-2 * Math.log((first + 0.5) / 0x1_0000_0000)) * Math.cos((2 * Math.PI * second) / 0x1_0000_0000);
}

/** `value` rounded up or down by chance, so that many roundings are right on average. A whole number stays itself, and a share of one never rounds to more than it. */
export function roundByChance(value: number, seed: number, ...keys: readonly Key[]): number {
  return Math.floor(value + uniform(seed, ...keys));
}

/**
 * A number that wanders slowly around 0 with variance 1: independent draws at the whole multiples of `periodMs`, and a smooth
 * passage between them.
 */
export function wander(seed: number, atMs: number, periodMs: number): number {
  const knot = Math.floor(atMs / periodMs);
  const { from, to } = drawsAt(seed, knot);
  const way = atMs / periodMs - knot;
  const after = way * way * (3 - 2 * way);
  const before = 1 - after;
  // Between two independent draws the variance would sag to a half; the root puts it back to 1.
  return (before * from + after * to) / Math.sqrt(before * before + after * after);
}

type Draws = { readonly knot: number; readonly from: number; readonly to: number };

// Minute after minute lies between the same two draws. Worlds have some hundred such numbers; what is forgotten is drawn again.
const DRAWS_KEPT = 8_192;
const drawn = new Map<number, Draws>();

function drawsAt(seed: number, knot: number): Draws {
  const known = drawn.get(seed);
  if (known?.knot === knot) return known;
  if (drawn.size >= DRAWS_KEPT) drawn.clear();
  const draws = { knot, from: normal(seed, knot), to: normal(seed, knot + 1) };
  drawn.set(seed, draws);
  return draws;
}
