import type { ListedProgramme } from "./programme.ts";

/**
 * The title as titles are compared: NFC, lower case, runs of punctuation and spaces as one space, a trailing "(live)" dropped. A title
 * of punctuation alone ("?!") keeps it, so that two of those are not taken for the same.
 */
export function normaliseTitle(title: string): string {
  const lower = title.normalize("NFC").toLowerCase().normalize("NFC").trim();
  const words = lower
    .replace(/\s*\(live\)$/u, "")
    .replace(/[\p{P}\p{Z}\s]+/gu, " ")
    .trim();
  return words === "" ? lower : words;
}

// Breaks in transmission and shop windows, as real Danish, Norwegian, Swedish, Dutch, German, Spanish, British and American guides
// write them. All in normalised form; the first list stands at the start of a title, the second anywhere, the third alone.
const FILLER_STARTS = [
  "kanalpause",
  "sändningsuppehåll",
  "sandningsuppehåll",
  "sendeopphold",
  "ophold i sendefladen",
  "slut på dagens programmer",
  "sendeschluss",
  "sendepause",
  "airing break",
  "test card",
  "testbillede",
  "testbild",
  "prøvebilde",
  "teleshop",
  "paid programming",
  "channel no longer available",
  "channel has been ceased",
];
const FILLER_WORDS = ["teleshopping", "homeshopping", "home shopping"];
const FILLER_TITLES = ["tva", "off air", "sign off", "closedown", "infomercial", "infomercials", "infocomerciales"];

const FILLER = new RegExp(
  `^(?:${FILLER_STARTS.join("|")})(?: |$)|(?:^| )(?:${FILLER_WORDS.join("|")})(?: |$)|^(?:${FILLER_TITLES.join("|")})$`,
  "u",
);

/** Whether nothing is really on: a break in transmission, a shop window, a test card. Fillers draw nobody and are no occasions. */
export function isFiller(programme: Pick<ListedProgramme, "title">): boolean {
  return isFillerTitle(normaliseTitle(programme.title));
}

/** `isFiller` for a title that is normalised already. */
export function isFillerTitle(normalisedTitle: string): boolean {
  return FILLER.test(normalisedTitle);
}

const PLACEHOLDERS: ReadonlySet<string> = new Set(["", "tba", "tbc", "to be announced", "to be confirmed", "no listing available"]);

/**
 * Whether the title leaves open what is on. Such a programme may well draw a crowd, so it is no filler; but two of them are not known
 * to be the same broadcast.
 */
export function saysNothing(normalisedTitle: string): boolean {
  return PLACEHOLDERS.has(normalisedTitle);
}
