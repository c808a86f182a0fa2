const TWO_32 = 4_294_967_296;
// FNV-1a, 64 bit: offset basis 0xcbf29ce484222325 and prime 2^40 + 0x1b3, each held in halves of 32 bits.
const BASIS_HIGH = 0xcbf29ce4;
const BASIS_LOW = 0x84222325;
const PRIME_LOW = 0x1b3;

/**
 * The 64-bit FNV-1a hash of `text` in UTF-8 as 14 base-36 digits: the same on every machine and for ever, so identities may rest on it.
 * Not for secrets. Needs no memory beyond the text, which may be a whole schedule.
 */
export function stableHash(text: string): string {
  let high = BASIS_HIGH;
  let low = BASIS_LOW;
  const absorb = (byte: number): void => {
    low = (low ^ byte) >>> 0;
    // low × 435 stays below 2^41, so every product here is exact in a double.
    const product = low * PRIME_LOW;
    high = (high * PRIME_LOW + Math.floor(product / TWO_32) + ((low << 8) >>> 0)) % TWO_32;
    low = product % TWO_32;
  };
  // UTF-8 by hand, since the core has no TextEncoder. A lone surrogate, which UTF-8 does not have, is written as its own three bytes.
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0;
    if (point < 0x80) {
      absorb(point);
      continue;
    }
    if (point >= 0x10000) {
      absorb(0xf0 | (point >> 18));
      absorb(0x80 | ((point >> 12) & 0x3f));
      i++;
    } else if (point >= 0x800) absorb(0xe0 | (point >> 12));
    if (point >= 0x800) absorb(0x80 | ((point >> 6) & 0x3f));
    else absorb(0xc0 | (point >> 6));
    absorb(0x80 | (point & 0x3f));
  }
  return half(high) + half(low);
}

function half(value: number): string {
  return value.toString(36).padStart(7, "0");
}
