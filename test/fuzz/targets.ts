import { isDeepStrictEqual } from "node:util";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { CalltimeError } from "../../shared/core/error.ts";
import { addItem, beginListing, finishListing } from "../../shared/core/schedule/listing.ts";
import type { FeedItem } from "../../shared/core/schedule/programme.ts";
import { readFeed } from "../../shared/feeds/read-feed.ts";
import { writeFeed } from "../../shared/feeds/write-feed.ts";
import { isReadAllTheSame } from "../feeds/saxes-differences.ts";
import { readWithSaxes, scanned, type Reading } from "../feeds/scanned.ts";
import { diceOf, seedOf, type Dice } from "./dice.ts";

/** Something that reads bytes of anybody's, with what must hold of it whatever the bytes are. */
export type Target = {
  readonly name: string;
  /** Pieces of its format, for mutations to put in. */
  readonly words: readonly string[];
  /** Throws when something does not hold. What it chooses it chooses by the bytes alone, so that an input shows the same again. */
  readonly check: (bytes: Uint8Array) => void | Promise<void>;
};

/** The most characters that come of a byte: an & that stands alone is told of in a sentence. */
const MOST_CHARACTERS_A_BYTE = 256;
const WINDOWS = [64, 80, 128, 333, 1_024];
/** Two days, so that a short rule gives no more than what is written out would. */
const REPEATS = { fromMs: Date.UTC(2026, 5, 13), toMs: Date.UTC(2026, 5, 15) };
/** No date beyond can be written in our own format. */
const LATEST_MS = Date.UTC(9999, 0);

function check(holds: boolean, what: string, ...evidence: readonly unknown[]): void {
  if (!holds) throw new Error([what, ...evidence.map((one) => JSON.stringify(one))].join("\n"));
}

function checkBounds(bytes: Uint8Array, reading: Reading): void {
  const characters = JSON.stringify(reading).length;
  check(characters <= 4_096 + bytes.length * MOST_CHARACTERS_A_BYTE, `${bytes.length} bytes give ${characters} characters`);
}

/**
 * Whether two readings are the same. Two refusals have the same code and line: an excerpt ends where the window does. Of two faults, a byte
 * or character that has no place anywhere is told of before whatever is wrong earlier in the same window.
 */
function isSame(one: Reading, other: Reading): boolean {
  if (!("refused" in one) || !("refused" in other)) return isDeepStrictEqual(one, other);
  const isOfWindow = ({ refused }: { readonly refused: string }): boolean => /the bytes are not|which XML does not have/.test(refused);
  const place = ({ refused }: { readonly refused: string }): string => /^[a-z-]+: (?:line \d+)?/.exec(refused)?.[0] ?? refused;
  return isOfWindow(one) || isOfWindow(other) || place(one) === place(other);
}

/** The scanner alone: whatever the window and the chunks the same, and as saxes reads it, but for the differences that are meant. */
function checkScanner(bytes: Uint8Array): void {
  const dice = diceOf(seedOf(bytes));
  const whole = scanned(bytes);
  // Each cuts the document elsewhere, and one that has grown cuts a short one nowhere.
  for (const windowBytes of WINDOWS) {
    const pieces = scanned(bytes, windowBytes, 1 + dice(1 << dice(10)));
    check(isSame(pieces, whole), `a window of ${windowBytes} or other chunks give something else`, whole, pieces);
  }
  checkBounds(bytes, whole);
  const document = Buffer.from(bytes).toString("utf8");
  // Saxes reads another encoding only when told, and knows a lone carriage return for a line break.
  if (/^\uFEFF?<\?xml[^>]*encoding/.test(document) || /\r(?!\n)/.test(document) || document.includes("\uFFFD")) return;
  const theirs = readWithSaxes(bytes);
  if ("refused" in theirs) check("refused" in whole || isReadAllTheSame(document, theirs.refused), "saxes refuses it", theirs, whole);
  else if (!("refused" in whole && isOnPurpose(whole.refused)))
    check(isDeepStrictEqual(whole, theirs), "saxes reads something else", whole, theirs);
}

function isOnPurpose(refused: string): boolean {
  return /^feed-too-large|^feed-format-unknown|declares XML entities/.test(refused);
}

/** What came of reading a feed in whatever format it shows. */
async function reading(bytes: Uint8Array, chunkBytes: number): Promise<Reading> {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
  }
  const items: FeedItem[] = [];
  try {
    for await (const item of readFeed(chunks(), { maxBytes: 1_000_000, repeats: REPEATS })) items.push(item);
    return { items };
  } catch (error) {
    if (error instanceof CalltimeError) return { refused: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** Any feed: the same in other chunks, and what was made of it can be written in our own format and read again. */
async function checkFeed(bytes: Uint8Array): Promise<void> {
  const dice = diceOf(seedOf(bytes));
  const whole = await reading(bytes, 65_536);
  const pieces = await reading(bytes, 1 + dice(1 << dice(10)));
  check(isSame(pieces, whole), "other chunks give something else", whole, pieces);
  checkBounds(bytes, whole);
  if (!("refused" in whole)) await checkRoundTrip(whole.items, dice);
}

async function checkRoundTrip(items: readonly FeedItem[], dice: Dice): Promise<void> {
  const listing = listingOf(items);
  const written = Buffer.from([...writeFeed(listing, dice(2) === 0 ? "json" : "ndjson")].join(""));
  const again = await reading(written, 1_000);
  check(!("refused" in again), "what we write ourselves is refused", again, written.toString());
  if ("refused" in again) return;
  const { channels, programmes } = listingOf(again.items);
  check(
    isDeepStrictEqual({ channels, programmes }, { channels: listing.channels, programmes: listing.programmes }),
    "what we write ourselves reads otherwise",
    listing,
    again,
  );
}

function listingOf(items: readonly FeedItem[]) {
  const underway = beginListing();
  for (const item of items) addItem(underway, item);
  return finishListing(underway, { latestStartMs: LATEST_MS });
}

/** A packed feed, itself damaged or damaged and packed again: as above, and unpacked it reads as what zlib unpacks. */
async function checkPacked(bytes: Uint8Array): Promise<void> {
  await checkFeed(bytes);
  const plain = unpacked(bytes);
  if (plain === undefined || plain.length > 100_000) return;
  const expected = await reading(plain, 65_536);
  for (const pack of [gzipSync, zstdCompressSync])
    check(isDeepStrictEqual(await reading(pack(plain), 1_000), expected), "packed it reads otherwise", expected);
}

function unpacked(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: 100_000 });
  } catch {
    return undefined;
  }
}

const XML_WORDS = [
  "<tv>",
  "</tv>",
  "<programme ",
  "</programme>",
  '<channel id="a">',
  "</channel>",
  ' channel="a"',
  ' start="20260613180000 +0200"',
  " stop='202606132000'",
  "<title>",
  "</title>",
  '<title lang="da">',
  "<desc>",
  "</desc>",
  "<sub-title>",
  "</sub-title>",
  '<episode-num system="onscreen">',
  "</episode-num>",
  "<category>",
  "</category>",
  "<live/>",
  "<new/>",
  "<premiere/>",
  "<previously-shown/>",
  "<display-name>",
  "</display-name>",
  ' clumpidx="0/2"',
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  '<?xml version="1.0" encoding="UTF-8"?>',
  "<?",
  "?>",
  '<!DOCTYPE tv SYSTEM "xmltv.dtd">',
  "<!DOCTYPE tv [",
  "]>",
  '<!ENTITY a "b">',
  "&amp;",
  "&lt;",
  "&nbsp;",
  "&#65;",
  "&#x1F600;",
  "&#xD800;",
  "&#0;",
  "&",
  ";",
  "\uFEFF",
  "\u00a0",
  "\u2003",
  "é",
  "日",
  "😀",
  "\0",
  "\t",
  "\r\n",
  "/>",
  ">",
  "<",
  '"',
  "'",
  " ",
  "=",
  "ISO-8859-1",
  "UTF-16",
  "BST",
  "+0000",
  "-0330",
  " Z",
  "20260613",
  "99999999999999",
];
const JSON_WORDS = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  '"',
  "\\",
  "\\u0041",
  "\\uD83D",
  "null",
  "true",
  "false",
  "0",
  "-1",
  "1e400",
  '"format": "calltime-schedule"',
  '"version": 1',
  '"channels": [',
  '"programmes": [',
  '{"id": "a", "name": "A"}',
  '"channelId": "a"',
  '"title": "T"',
  '"startsAt": "2026-06-13T18:00:00Z"',
  '"endsAt": "2026-06-13T20:00:00+02:00"',
  '"subTitle": ""',
  '"categories": ["x"]',
  '"live": true',
  '"showing": "new"',
  '"__proto__": {}',
  '{"kind": "channel", ',
  '{"kind": "programme", ',
  '{"kind": "end", "programmes": 1}',
  "\n",
  "\r\n",
  "\uFEFF",
  "é",
  "😀",
  "\0",
  " ",
];
const CSV_WORDS = [
  "channel",
  "title",
  "start",
  "end",
  "Kanal",
  "Titel",
  "Dato",
  "Starttid",
  "duration",
  "live",
  "zone",
  "Europe/Copenhagen",
  ",",
  ";",
  "\t",
  "|",
  '"',
  '""',
  "\n",
  "\r\n",
  "\r",
  "2026-06-13 20:00",
  "13/06/2026 20:00",
  "06/13/2026",
  "13.06.2026",
  "24:30",
  "25:99",
  "8:00 PM",
  "+02:00",
  "2026-10-25 02:30",
  "2026-03-29 02:30",
  "1781373600",
  "90",
  "1:30",
  "yes",
  "\uFEFF",
  "\xC3",
  "é",
  "æøå",
  "😀",
  "\0",
  " ",
  "=1+1",
];

const CALENDAR_WORDS = [
  "BEGIN:VCALENDAR",
  "END:VCALENDAR",
  "BEGIN:VEVENT\r\n",
  "END:VEVENT\r\n",
  "BEGIN:VTIMEZONE\r\nTZID:Ours\r\n",
  "END:VTIMEZONE\r\n",
  "BEGIN:STANDARD\r\n",
  "END:STANDARD\r\n",
  "BEGIN:VALARM\r\n",
  "TZOFFSETFROM:+0200\r\n",
  "TZOFFSETTO:-013045\r\n",
  "DTSTART:20260613T180000Z\r\n",
  "DTSTART;TZID=Europe/Paris:20260329T023000\r\n",
  "DTSTART;VALUE=DATE:20260613\r\n",
  "DTEND;TZID=Ours:20261025T023000\r\n",
  "DURATION:P1DT1H\r\n",
  "SUMMARY:",
  "LOCATION:",
  "UID:1\r\n",
  "STATUS:CANCELLED\r\n",
  "METHOD:CANCEL\r\n",
  "X-WR-CALNAME:A\r\n",
  "X-WR-TIMEZONE:Asia/Tokyo\r\n",
  "RRULE:FREQ=",
  "DAILY",
  "WEEKLY",
  "MONTHLY",
  "YEARLY",
  "SECONDLY",
  ";COUNT=3",
  ";INTERVAL=999999",
  ";UNTIL=20260614T180000Z",
  ";BYDAY=-1SU,MO",
  ";BYMONTH=2",
  ";BYMONTHDAY=30,-1",
  ";BYYEARDAY=-366",
  ";BYWEEKNO=53,-1",
  ";BYHOUR=0,23",
  ";BYMINUTE=59",
  ";BYSETPOS=-1",
  ";WKST=SU",
  "RDATE;VALUE=PERIOD:20260614T180000Z/PT1H,20260615T180000Z/20260615T190000Z\r\n",
  "EXDATE:20260614T180000Z\r\n",
  "RECURRENCE-ID:20260613T180000Z\r\n",
  "RECURRENCE-ID;RANGE=THISANDFUTURE:20260613T180000Z\r\n",
  "00010101T000000",
  "99991231T235960Z",
  "\r\n ",
  "\n\t",
  "\r\n",
  "\r",
  "\\n",
  "\\,",
  ":",
  ";",
  ",",
  "=",
  '"',
  "é",
  "😀",
  "\xC3",
  "\0",
  "\uFEFF",
];
const GUIDE_WORDS = [
  ...JSON_WORDS,
  '"airdate": "2026-06-13"',
  '"airtime": ""',
  '"airtime": "20:00"',
  '"airstamp": "2026-06-13T18:00:00+00:00"',
  '"runtime": 60',
  '"runtime": null',
  '"show": {"name": "S"}',
  '"_embedded": {"show": {"name": "S"}}',
  '"network": {"name": "N", "country": {"code": "DK"}}',
  '"webChannel": {"name": "W"}',
  '"genres": ["x"]',
  '"summary": "<p>s</p>"',
  '"stationID": "1"',
  '"programID": "EP1"',
  '"programs": [',
  '"stations": [',
  '"map": [{"stationID": "1"}]',
  '"titles": [{"title120": "T"}]',
  '"metadata": [{"Gracenote": {"season": 1, "episode": 2}}]',
  '"airDateTime": "2026-06-13T18:00:00Z"',
  '"duration": 3600',
  '"liveTapeDelay": "Live"',
  '"isPremiereOrFinale": "Season Premiere"',
  '"2026-06-13": {"md5": "x"}',
  '"code": 7100',
  '"serverID": "x"',
];

/** Everything that reads what others send. */
export const TARGETS: readonly Target[] = [
  { name: "xmltv", words: XML_WORDS, check: checkScanner },
  { name: "xmltv-feed", words: XML_WORDS, check: checkFeed },
  { name: "json", words: JSON_WORDS, check: checkFeed },
  { name: "ndjson", words: JSON_WORDS, check: checkFeed },
  { name: "csv", words: CSV_WORDS, check: checkFeed },
  { name: "icalendar", words: CALENDAR_WORDS, check: checkFeed },
  { name: "tvmaze", words: GUIDE_WORDS, check: checkFeed },
  { name: "schedules-direct", words: GUIDE_WORDS, check: checkFeed },
  { name: "packed", words: XML_WORDS, check: checkPacked },
];
