/** Readers with a fault each, to see that it is found: `node scripts/fuzz.ts --from ../test/fuzz/planted-targets.ts`. */
import type { Target } from "./targets.ts";

/** Fails on one word. Each letter is a branch of its own; by chance alone the word comes once in millions of inputs. */
function failsOnOneWord([c, a, l, l2, t, i, m, e]: Uint8Array): void {
  if (c === 0x63 && a === 0x61 && l === 0x6c && l2 === 0x6c && t === 0x74 && i === 0x69 && m === 0x6d && e === 0x65)
    throw new TypeError("the planted fault");
}

function neverReturns(bytes: Uint8Array): void {
  while (bytes[0] === 0xfe) void bytes;
}

/** The readers, by what is wrong with them. */
export const TARGETS: readonly Target[] = [
  { name: "one-word", words: ["a", "c", "e", "i", "l", "m", "t"], check: failsOnOneWord },
  { name: "never-returns", words: ["x"], check: neverReturns },
];
