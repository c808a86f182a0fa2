import type { FeedItem } from "../core/schedule/programme.ts";

/** An entry that cannot be used, and why. */
export function rejected(line: number, code: string, reason: string): FeedItem {
  return { kind: "rejected", line, code, reason };
}

/** Something mended or assumed in reading. */
export function repaired(line: number, code: string, reason: string): FeedItem {
  return { kind: "repaired", line, code, reason };
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
