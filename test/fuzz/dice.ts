/** A whole number from 0 to below what is asked. */
export type Dice = (below: number) => number;

/** The same numbers for the same seed (xorshift). */
export function diceOf(seed: number): Dice {
  // A state of zero stays zero.
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A number that every byte has a part in (FNV-1a): what is chosen by it is chosen again for the same input. */
export function seedOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
