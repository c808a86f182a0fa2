import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf, inChunks, itemsOf } from "./feed-bytes.ts";

const HEAD = '{"format": "calltime-schedule", "version": 1}\n';
const channels = (count: number, length: number): string =>
  Array.from({ length: count }, (_, index) => `{"kind": "channel", "id": "${"x".repeat(length)}${index}"}\n`).join("");
const END = '{"kind": "end", "programmes": 0}\n';

/** Frames of zstd that together are a feed of `count` channels. */
const frames = (level: number, checksum: number, texts: readonly string[]): Buffer[] =>
  texts.map((text) =>
    zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: checksum } }),
  );

/** A frame that holds `length` bytes of somebody else's. */
function passedOver(length: number): Buffer {
  const frame = Buffer.alloc(8 + length, 0xee);
  frame.writeUInt32LE(0x184d2a5b);
  frame.writeUInt32LE(length, 4);
  return frame;
}

describe("a zstd feed of several frames", () => {
  test("is read to its end, in chunks of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ count: fc.nat(400), length: fc.nat(300) }), { maxLength: 4 }),
        fc.constantFrom(1, 3, 19),
        fc.nat(1),
        fc.constantFrom(1, 7, 100, 65_536),
        async (parts, level, checksum, chunkBytes) => {
          const texts = [HEAD, ...parts.map(({ count, length }) => channels(count, length)), "", END];
          const packed = Buffer.concat(frames(level, checksum, texts).flatMap((frame, index) => [frame, passedOver(index)]));
          const expected = await itemsOf(texts.join(""));
          expect(expected).toHaveLength(parts.reduce((sum, { count }) => sum + count, 0));
          expect(await itemsOf(packed, chunkBytes)).toEqual(expected);
        },
      ),
      { seed: 20_261_128, numRuns: 40 },
    );
  });

  test("is refused when it is cut anywhere inside a frame, whatever was read by then", async () => {
    const [head, middle, end] = frames(3, 1, [HEAD, channels(3, 5), END]);
    if (head === undefined || middle === undefined || end === undefined) throw new Error("three frames");
    const whole = Buffer.concat([head, middle, end]);
    const ends = [head.length, head.length + middle.length];
    for (let length = 4; length < whole.length; length++) {
      const failure = await failureOf(whole.subarray(0, length));
      // Between two frames it is the format that misses its end.
      expect([length, failure]).toEqual([
        length,
        expect.stringMatching(ends.includes(length) ? /^feed-truncated: line/ : /^feed-truncated: the zstd feed is cut short/),
      ]);
    }
  });

  test("is refused when something else stands behind its last frame", async () => {
    const feed = Buffer.concat([...frames(3, 0, [HEAD + END]), Buffer.from("and more")]);
    for (const chunkBytes of [1, 5, 1_000])
      expect(await failureOf(inChunks(feed, chunkBytes))).toMatch(/^feed-malformed: the zstd feed is damaged/);
  });
});
