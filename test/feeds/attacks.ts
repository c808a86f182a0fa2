/** Run by a test in a process of its own with little memory: `node --max-old-space-size=32 attacks.ts NAME` says how the attack fails. */
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { CalltimeError } from "../../shared/core/error.ts";
import { readFeed } from "../../shared/feeds/read-feed.ts";

const GIGABYTE = 1_000_000_000;
const PROGRAMME = '<programme start="20260613180000 +0000" channel="a"><title>For ever</title></programme>\n';

const EVENT = "BEGIN:VEVENT\nSUMMARY:For ever\nDTSTART:20260613T180000Z\nDURATION:PT1H\nEND:VEVENT\n";

/** A gigabyte, or more, of `piece` behind `before`, made as it is read. */
async function* gigabyteOf(before: string, piece: string, bytes = GIGABYTE): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(before);
  const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

async function* gzipped(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gzip = createGzip({ level: 9 });
  pipeline(Readable.from(plain, { objectMode: false }), gzip, () => undefined);
  for await (const chunk of gzip) yield chunk as Uint8Array;
}

async function* once(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}

const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join("");

const ATTACKS: Readonly<Record<string, () => AsyncIterable<Uint8Array>>> = {
  "billion laughs": () => once(`<!DOCTYPE tv [<!ENTITY l0 "lol">${laughs}]><tv><programme><title>&l9;</title></programme></tv>`),
  "an entity from outside": () =>
    once('<!DOCTYPE tv [<!ENTITY x SYSTEM "file:///etc/passwd">]><tv><programme><title>&x;</title></programme></tv>'),
  "an entity nobody declared": () => once('<tv><programme start="20260613" channel="a"><title>&passwd;</title></programme></tv'),
  "a gigabyte of nesting": () => gigabyteOf("<tv>", "<a>"),
  "a gigabyte of nesting in a programme": () => gigabyteOf("<tv><programme>", "<a>"),
  "a gigabyte of text": () => gigabyteOf("<tv><programme><title>", "abcdefgh "),
  "a gigabyte of text between programmes": () => gigabyteOf("<tv>", " \n"),
  "a gigabyte of one attribute": () => gigabyteOf("<tv><programme start='", "2026"),
  "a gigabyte of attributes": () => gigabyteOf("<tv><programme", " a='1'"),
  "a gigabyte of one name": () => gigabyteOf("<tv><", "a"),
  "a gigabyte of one comment": () => gigabyteOf("<tv><!--", "- "),
  "a gigabyte of bare ampersands": () => gigabyteOf("<tv>", PROGRAMME.replace("For ever", "&".repeat(1_000_000))),
  "a gigabyte of zeroes": () => gigabyteOf("<tv>", "\0"),
  "a feed that never ends": () => gigabyteOf("<tv>", PROGRAMME),
  "a feed of channels that never ends": () => {
    async function* channels(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from("<tv>");
      for (let from = 0; ; from += 1_000) {
        yield Buffer.from(Array.from({ length: 1_000 }, (_, index) => `<channel id="channel-number-${from + index}"/>`).join(""));
      }
    }
    return channels();
  },
  "a gigabyte of one line of a calendar": () => gigabyteOf("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:", "abcdefgh"),
  "a gigabyte of folds": () => gigabyteOf("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:", "a\r\n "),
  "a gigabyte of components within each other": () => gigabyteOf("BEGIN:VCALENDAR\n", "BEGIN:VEVENT\n"),
  "a gigabyte of properties": () => gigabyteOf("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "CATEGORIES:a,b,c\n"),
  "a gigabyte of alarms": () => gigabyteOf("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "BEGIN:VALARM\nTRIGGER:-PT1H\nEND:VALARM\n"),
  "a calendar that never ends": () => gigabyteOf("BEGIN:VCALENDAR\n", EVENT),
  "events that repeat, without end": () => gigabyteOf("BEGIN:VCALENDAR\n", EVENT.replace("END", "RRULE:FREQ=DAILY\nEND")),
  "changes to events, without end": () => gigabyteOf("BEGIN:VCALENDAR\n", EVENT.replace("END", "RECURRENCE-ID:20260613T180000Z\nEND")),
  "a calendar of rules that never come true": () =>
    once(`BEGIN:VCALENDAR\n${EVENT.replace("END", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nEND").repeat(1_000)}END:VCALENDAR\n`),
  "a station that never ends": () => gigabyteOf('{"stationID": "1", "programs": [', '{"programID": "EP1"},'),
  "episodes without end": () => gigabyteOf("[", '{"airdate": "2026-06-13", "airtime": "20:00"},'),
  "a bomb of four gigabytes": () => gzipped(gigabyteOf("<tv>", "<programme/>", 4 * GIGABYTE)),
};

/** Feeds of formats that take longer to read than XMLTV are stopped sooner: what is held shows as well in a fifth. */
const MAX_BYTES = /calendar|alarms|episodes|ampersands/.test(process.argv[2] ?? "") ? 20_000_000 : 100_000_000;

const attack = ATTACKS[process.argv[2] ?? ""];
if (attack === undefined) console.log(JSON.stringify(Object.keys(ATTACKS)));
else {
  const before = process.memoryUsage().rss;
  let failure = "none: the feed was read to its end";
  try {
    for await (const _item of readFeed(attack(), { maxBytes: MAX_BYTES })) void _item;
  } catch (error) {
    failure = error instanceof CalltimeError ? `${error.code}: ${error.message}` : String(error);
  }
  console.log(JSON.stringify({ failure, grownMb: (process.resourceUsage().maxRSS * 1_024 - before) / 1_048_576 }));
}
