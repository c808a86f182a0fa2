import type { FeedItem } from "../core/schedule/programme.ts";
import type { RepeatWindow } from "./feed-reader.ts";

/** An entry that cannot be used, and why. */
export function rejected(line: number, code: string, reason: string): FeedItem {
  return { kind: "rejected", line, code, reason };
}

/** Something mended or assumed in reading. */
export function repaired(line: number, code: string, reason: string): FeedItem {
  return { kind: "repaired", line, code, reason };
}

/** Items handed on together by a reader that makes them one by one: enough that to wait for a batch costs little. */
const BATCH_ITEMS = 256;

/** A reader of single items as one of batches. */
export function inBatches(
  read: (bytes: AsyncIterable<Uint8Array>, repeats: RepeatWindow) => AsyncIterable<FeedItem>,
): (bytes: AsyncIterable<Uint8Array>, repeats: RepeatWindow) => AsyncGenerator<readonly FeedItem[], void, undefined> {
  return async function* batches(bytes, repeats) {
    let batch: FeedItem[] = [];
    for await (const item of read(bytes, repeats)) {
      batch.push(item);
      if (batch.length < BATCH_ITEMS) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  };
}

/** Enough of a feed's text to find it by, in quotes; a reason must not grow with what it complains of. */
export function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Leading and trailing white space dropped, any other run of it one space. */
export function collapsed(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
