import type { Dice } from "./dice.ts";

/** No input grows beyond it: what long feeds do is tried by other tests, and a short input is read a thousand times a second. */
export const MOST_BYTES = 8_192;

const MOST_CHANGES = 6;

/** `parent` changed in one to some places: bits, bytes, words of the format, pieces of itself and of another input. */
export function mutated(parent: Uint8Array, other: Uint8Array, words: readonly string[], dice: Dice): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(parent);
  // Mostly few changes: each one more is likelier to spoil what the others reached.
  for (let left = 1 + Math.min(dice(MOST_CHANGES), dice(MOST_CHANGES)); left > 0; left--) bytes = changed(bytes, other, words, dice);
  return bytes.subarray(0, MOST_BYTES);
}

function changed(bytes: Uint8Array, other: Uint8Array, words: readonly string[], dice: Dice): Uint8Array {
  const at = dice(bytes.length + 1);
  const length = 1 + dice(1 << dice(8));
  switch (dice(10)) {
    case 0:
      return spliced(bytes, at, 1, [(bytes[at] ?? 0) ^ (1 << dice(8))]);
    case 1:
      return spliced(bytes, at, dice(2), [dice(256)]);
    case 2:
      return spliced(bytes, at, length, []);
    case 3:
      return spliced(bytes, at, 0, bytes.subarray(at, at + length));
    case 4:
      return spliced(bytes, dice(bytes.length + 1), dice(2) * length, bytes.subarray(at, at + length));
    case 5: {
      const from = dice(other.length + 1);
      return spliced(bytes, at, dice(2) * length, other.subarray(from, from + length));
    }
    case 6:
      return spliced(bytes, at, bytes.length, other.subarray(dice(other.length + 1)));
    default: {
      const word = Buffer.from(words[dice(words.length)] ?? "");
      return spliced(bytes, at, dice(2) * word.length, word);
    }
  }
}

/** `bytes` with `dropped` of them at `at` replaced by `inserted`. */
function spliced(bytes: Uint8Array, at: number, dropped: number, inserted: ArrayLike<number>): Uint8Array {
  const behind = bytes.subarray(at + dropped);
  const whole = new Uint8Array(at + inserted.length + behind.length);
  whole.set(bytes.subarray(0, at));
  whole.set(inserted, at);
  whole.set(behind, at + inserted.length);
  return whole;
}
