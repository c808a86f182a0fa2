import { CalltimeError } from "../core/error.ts";

/** What a frame begins with, as a number: one with content, and one to be passed over, whose last four bits may be any. */
const CONTENT = 0xfd2fb528;
const PASSED_OVER = 0x184d2a5;
/** A block of one byte that is repeated. */
const REPEATED = 1;

/**
 * A zstd file as it is, in chunks that do not go beyond the end of a frame. Node's zstd needs that: of a chunk with the end of one frame
 * and the beginning of the next it drops the second part without a word. It also takes a file that is cut short for a whole one: here
 * that throws CalltimeError `feed-truncated`.
 */
export async function* zstdFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = new Frames();
  for await (const chunk of bytes) {
    for (let rest = chunk; rest.length > 0;) {
      const taken = frames.take(rest);
      yield rest.subarray(0, taken);
      rest = rest.subarray(taken);
    }
  }
  if (frames.isInside) throw new CalltimeError("feed-truncated", "the zstd feed is cut short; the whole file would be right");
}

/** Follows where the frames of a file end (RFC 8878, section 3.1). */
class Frames {
  readonly #looked = new DataView(new ArrayBuffer(4));
  #pieces = piecesOf(this.#looked);
  /** Bytes of the next piece of the frame, or undefined between two frames; and how many of them were taken. */
  #piece: number | undefined;
  #taken = 0;

  /** Whether a frame has begun and not ended. What is no frame at all is left to whoever unpacks it. */
  get isInside(): boolean {
    return this.#piece !== undefined && this.#piece !== Infinity;
  }

  /** Takes in the next bytes, up to the end of a frame at the most. Returns how many that are. */
  take(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#piece === undefined) {
        this.#pieces = piecesOf(this.#looked);
        this.#piece = this.#pieces.next().value ?? Infinity;
      }
      const end = Math.min(bytes.length, at + this.#piece - this.#taken);
      for (; at < end && this.#taken < 4; at++) this.#looked.setUint8(this.#taken++, bytes[at] ?? 0);
      this.#taken += end - at;
      at = end;
      if (this.#taken < this.#piece) break;
      this.#taken = 0;
      const next = this.#pieces.next();
      this.#piece = next.done === true ? undefined : next.value;
      if (next.done === true) return at;
    }
    return at;
  }
}

/** How many bytes each piece of a frame has, in order, none of them empty. `looked` has the first four of the one before. */
function* piecesOf(looked: DataView): Generator<number, void, undefined> {
  yield 4;
  const magic = looked.getUint32(0, true);
  if (magic >>> 4 === PASSED_OVER) {
    yield 4;
    const length = looked.getUint32(0, true);
    if (length > 0) yield length;
    return;
  }
  if (magic !== CONTENT) {
    yield Infinity;
    return;
  }
  yield 1;
  const descriptor = looked.getUint8(0);
  const isSingle = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 4) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const header = (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (header > 0) yield header;
  for (let isLast = false; !isLast;) {
    yield 3;
    const block = looked.getUint32(0, true) & 0xffffff;
    isLast = (block & 1) !== 0;
    const length = ((block >> 1) & 3) === REPEATED ? 1 : block >> 3;
    if (length > 0) yield length;
  }
  if (hasChecksum) yield 4;
}
