import { pipeline, Readable } from "node:stream";
import { constants, createGzip, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CalltimeError } from "../../shared/core/error.ts";
import { readFeed } from "../../shared/feeds/read-feed.ts";
import { failureOf, inChunks, itemsOf } from "./feed-bytes.ts";

const programme = (title: string) => `<programme start="20260613180000 +0000" channel="a"><title>${title}</title></programme>\n`;
const tv = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>\n<tv>\n${body}</tv>\n`;
const many = tv(Array.from({ length: 2_000 }, (_, index) => programme(`Number ${index}`)).join(""));

/** A document of `count` copies of `piece`, made as it is read. */
async function* endless(before: string, piece: string, count: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield new TextEncoder().encode(before);
  const chunk = new TextEncoder().encode(piece.repeat(Math.ceil(65_536 / piece.length)));
  for (let sent = 0; sent < count * piece.length; sent += chunk.length) yield chunk;
}

describe("a feed is known by its content", () => {
  test("gzipped and plain give the same items, in chunks of any size", async () => {
    const plain = await itemsOf(many);
    expect(plain).toHaveLength(2_000);
    expect(await itemsOf(gzipSync(many))).toEqual(plain);
    expect(await itemsOf(gzipSync(many), 7)).toEqual(plain);
  });

  test("packed with zstd it gives the same items too, in chunks of any size", async () => {
    const plain = await itemsOf(many);
    expect(await itemsOf(zstdCompressSync(many))).toEqual(plain);
    expect(await itemsOf(zstdCompressSync(many), 7)).toEqual(plain);
  });

  test.each([
    ["a zip archive", "PK\u0003\u0004"],
    ["xz", "\u00fd7zXZ\u0000"],
    ["bzip2", "BZh91AY"],
    ["a 7z archive", "7z\u00bc\u00af\u0027\u001c"],
    ["a rar archive", "Rar!\u001a\u0007\u0001"],
    ["compress (.Z)", "\u001f\u009d\u0090"],
    ["lz4", "\u0004\u0022M\u0018"],
  ])("%s is refused by its name, with what would be right", async (name, beginning) => {
    const bytes = Buffer.concat([Buffer.from(beginning, "latin1"), Buffer.alloc(5_000, 7)]);
    const right = "the same file plain, or packed with gzip or zstd, would be right";
    expect(await failureOf(bytes)).toBe(`feed-format-unknown: the feed is packed as ${name}, which is not read; ${right}`);
  });

  test("a gzip of two members is one feed", async () => {
    const cut = many.indexOf("<programme", 10_000);
    const members = Buffer.concat([gzipSync(many.slice(0, cut)), gzipSync(many.slice(cut))]);
    expect(await itemsOf(members)).toHaveLength(2_000);
  });

  test("a prolog of comments, a byte order mark and a document type do not hide <tv>", async () => {
    expect(
      await itemsOf(`\uFEFF<?xml version="1.0"?>\n<!-- <html> -->\n<!DOCTYPE tv SYSTEM "xmltv.dtd" [ <!ATTLIST tv a CDATA ""> ]>\n<tv/>`),
    ).toEqual([]);
  });

  test.each([
    ["<!DOCTYPE html>\n<html><body>404 Not Found</body></html>", '"<!DOCTYPE html>'],
    [`<?xml version="1.0"?><rss version="2.0"><channel/></rss>`, "<rss"],
    ["id,amount\n1,2\n", "id,amount"],
    ["%PDF-1.7", "%PDF"],
  ])("%j is refused with what would be right", async (feed, excerpt) => {
    const failure = await failureOf(feed);
    expect(failure).toMatch(/^feed-format-unknown: .*XMLTV \(an XML document whose root element is <tv>\).*would be right$/s);
    expect(failure).toContain(excerpt);
  });

  test("another root behind a prolog longer than the head is refused too", async () => {
    expect(await failureOf(`<?xml version="1.0"?><!--${"x".repeat(10_000)}-->\n<rss/>`)).toMatch(/^feed-format-unknown: line 2: .*<rss>/);
  });
});

describe("half a feed is never the whole", () => {
  test.each([
    ["no bytes", ""],
    ["white space", " \n\n"],
    ["a gzip of nothing", gzipSync("")],
  ])("%s is an empty feed", async (_what, feed) => {
    expect(await failureOf(feed)).toMatch(/^feed-empty: .*would be right/);
  });

  test("every cut of a gzip is told from the whole", async () => {
    const packed = gzipSync(many);
    for (const length of [3, 10, 18, 500, packed.length - 9, packed.length - 1]) {
      expect([length, await failureOf(packed.subarray(0, length))]).toEqual([length, expect.stringMatching(/^feed-truncated: /)]);
    }
  });

  test("every cut of an XML feed is told from the whole", async () => {
    const feed = tv(
      `${programme("Salt &amp; Sea")}<!-- c --><programme channel="a" start="20260613"><title><![CDATA[é]]></title></programme>`,
    );
    const bytes = new TextEncoder().encode(feed.trimEnd());
    for (let length = 1; length < bytes.length; length++) {
      expect([length, await failureOf(bytes.subarray(0, length))]).toEqual([length, expect.stringMatching(/^feed-truncated: line \d+: /)]);
    }
  });

  test("a flipped bit in a gzip is damage", async () => {
    const packed = Uint8Array.from(gzipSync(many));
    packed[packed.length - 6] = (packed[packed.length - 6] ?? 0) ^ 1;
    expect(await failureOf(packed)).toMatch(/^feed-malformed: the gzipped feed is damaged: incorrect data check/);
  });

  test("a zstd that is cut short, damaged, a bomb, or in need of too much memory is refused as that", async () => {
    const packed = Uint8Array.from(zstdCompressSync(many, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }));
    expect(await failureOf(packed.subarray(0, packed.length - 9))).toMatch(/^feed-truncated: the zstd feed is cut short/);
    const flipped = packed.map((byte, index) => (index === packed.length - 2 ? byte ^ 1 : byte));
    expect(await failureOf(flipped)).toMatch(/^feed-malformed: the zstd feed is damaged: /);
    const long = Buffer.from(tv("<programme/>".repeat(1_000_000)));
    expect(await failureOf(zstdCompressSync(long))).toMatch(/^feed-too-large: the zstd feed unpacks to more than 200 times its size/);
    const wide = zstdCompressSync(long, { params: { [constants.ZSTD_c_windowLog]: 27 } });
    expect(await failureOf(wide)).toMatch(/^feed-too-large: the zstd feed takes more than 8388608 bytes to unpack; zstd without --long/);
  });

  test("a source that fails is not taken for a feed that ends, and its error is kept", async () => {
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* inChunks(many.slice(0, 5_000));
      throw new Error("connection reset");
    }
    expect(await failureOf(failing())).toMatch(/^feed-unreadable: .*connection reset/);
    await expect(
      readFeed(failing())
        .next()
        .then(() => itemsFrom(failing())),
    ).rejects.toMatchObject({ cause: { message: "connection reset" } });
  });
});

async function itemsFrom(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const _item of readFeed(bytes)) count++;
  return count;
}

describe("a malformed feed names its line", () => {
  const bad = (line3: string) => `<?xml version="1.0" encoding="UTF-8"?>\n<tv>\n${line3}\n${programme("later; on")}</tv>\n`;
  test.each([
    [
      "a tag closed by another",
      programme("Salt").replace("</title>", "</titel>"),
      /line 3: unmatched closing tag <\/titel>: <\/title> would be right there/,
    ],
    ["a tag that closes nothing", "</programme>", /line 3: unmatched closing tag <\/programme>: <\/tv> would be right there/],
    [
      "a value without a quote behind it",
      programme("Salt").replace('channel="a"', 'channel="a'),
      /line 3: "<title>Salt.*is unexpected inside a tag/,
    ],
    ["a < that begins nothing", programme("Salt < Sea"), /line 3: " Sea<.*is unexpected inside a tag/],
    ["an attribute without a value", "<programme live>", /line 3: ">.*is unexpected inside a tag/],
    ["a zero", programme("Salt\0Sea"), /line 3: the character U\+0000, which XML does not have/],
    ["a control character", programme("Salt\u000bSea"), /line 3: the character U\+000B, which XML does not have/],
    ["half a surrogate pair", programme("&#xD83D;"), /line 3: &#xD83D; is half of a surrogate pair/],
    ["a reference to no character", programme("&#0;"), /line 3: &#0; is no character of XML/],
    ["a document type inside the document", "<!DOCTYPE tv>", /line 3: "!DOCTYPE/],
    ["an attribute given twice", programme("Salt").replace("channel", "start='1' channel"), /line 3: duplicate attribute/],
  ])("%s", async (_what, line3, message) => {
    const failure = await failureOf(bad(line3.trimEnd()));
    expect(failure).toMatch(/^feed-malformed: /);
    expect(failure).toMatch(message);
  });

  test("half a surrogate pair in the bytes themselves", async () => {
    const feed = Buffer.from(tv(`\n${programme("???")}`));
    feed.set([0xed, 0xa0, 0xbd], feed.indexOf("???"));
    expect(await failureOf(feed)).toMatch(/^feed-malformed: line 4: the bytes are not UTF-8/);
    const utf16 = Buffer.from(`\uFEFF${tv(`\n${programme("?")}`)}`, "utf16le");
    utf16.set([0x3d, 0xd8], utf16.indexOf(Buffer.from("?<", "utf16le")));
    expect(await failureOf(utf16)).toMatch(/^feed-malformed: line 4: the bytes are not UTF-16LE/);
  });

  test("what stands outside of <tv>", async () => {
    expect(await failureOf("<tv/>\n<tv/>")).toMatch(/^feed-malformed: line 2: <tv> stands behind the end of the document/);
    expect(await failureOf("<tv/>\n\ntext")).toMatch(/^feed-malformed: line 3: "text" stands outside of <tv>/);
  });

  test("bytes of Latin-1 in a feed that says UTF-8 are refused, not replaced, wherever the chunks are cut", async () => {
    // Longer than the head, so that the cut reaches the decoder as it is.
    const feed = tv(`<!--${"x".repeat(5_000)}-->${programme("V\u00e6rsgo")}${programme("N\u00e6ste")}${programme("Three")}`);
    const spoiledFrom = feed.indexOf("N\u00e6ste");
    const damaged = Buffer.concat([Buffer.from(feed.slice(0, spoiledFrom)), Buffer.from(feed.slice(spoiledFrom), "latin1")]);
    for (let size = 5_000; size <= damaged.length; size++) {
      const failure = await failureOf(inChunks(damaged, size));
      expect([size, failure]).toEqual([
        size,
        expect.stringMatching(/^feed-malformed: line 4: the bytes are not UTF-8, as the feed says they are;/),
      ]);
    }
  });
});

describe("what is written wrongly and can be read is read, and told of with its line", () => {
  test.each([
    ["a bare &", "Salt & Sea", "Salt & Sea", "ampersand-bare", /^an & stands alone; it was kept; &amp; would be right$/],
    [
      "a bare & before a later semicolon",
      "A&B; C",
      "A&B; C",
      "entity-unknown",
      /^XML has no entity &B;; it was kept as written; &amp;B; would be right$/,
    ],
    [
      "an entity of HTML that is a space",
      "Salt&nbsp;Sea",
      "Salt Sea",
      "entity-unknown",
      /^XML has no entity &nbsp;; it was read as HTML's; &#160; would be right$/,
    ],
    ["an entity of HTML", "Caf&eacute; &ndash; &Oslash;", "Caf\u00e9 \u2013 \u00d8", "entity-unknown", /&eacute;.*&#233; would be right$/],
  ])("%s", async (_what, written, title, code, reason) => {
    const items = await itemsOf(tv(`${programme("One")}${programme(`\n${written}`)}${programme("Three")}`));
    expect(items.map(({ kind }) => kind).filter((kind) => kind !== "repaired")).toEqual(["programme", "programme", "programme"]);
    expect(items[1]).toEqual({ kind: "repaired", line: 5, code, reason: expect.stringMatching(reason) });
    expect(items.at(-2)).toMatchObject({ programme: { title, line: 4 } });
  });

  test("the id of a channel, each time", async () => {
    const feed = tv(programme("One").replace('"a"', '"A&E"') + programme("Two").replace('"a"', '"A&E"'));
    expect(await itemsOf(feed)).toMatchObject([
      { kind: "repaired", line: 3, code: "ampersand-bare" },
      { programme: { channelId: "A&E" } },
      { kind: "repaired", line: 4, code: "ampersand-bare" },
      { programme: { channelId: "A&E" } },
    ]);
  });

  test("nothing is said of what is not kept", async () => {
    const feed = tv(
      `&nbsp;${programme("One").replace("<title>", '<icon src="https://example.org/?a=1&b=2"/><credits>R&B</credits><title>')}`,
    );
    expect(await itemsOf(feed)).toMatchObject([{ kind: "programme", programme: { title: "One" } }]);
  });
});

describe("other encodings are read when the feed says so", () => {
  const feed = (encoding: string) => tv(programme("N\u00e6ste")).replace("UTF-8", encoding);
  test.each([
    ["ISO-8859-1", Buffer.from(feed("ISO-8859-1"), "latin1")],
    ["UTF-16 by its mark", Buffer.from(`\uFEFF${feed("UTF-16")}`, "utf16le")],
  ])("%s", async (_what, bytes) => {
    expect(await itemsOf(bytes)).toMatchObject([{ programme: { title: "N\u00e6ste" } }]);
  });

  test.each(["klingon-1", "UTF-16"])("a declaration of %s that cannot be true is refused", async (encoding) => {
    expect(await failureOf(feed(encoding))).toMatch(/^feed-malformed: line 1: the feed declares the encoding .*UTF-8 would be right$/);
  });
});

describe("a feed cannot take the process down", () => {
  test("entity declarations are refused before anything is expanded", async () => {
    const lol = `<?xml version="1.0"?>\n<!DOCTYPE tv [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<tv>${programme("&b;")}</tv>`;
    expect(await failureOf(lol)).toMatch(/^feed-malformed: line 2: the feed declares XML entities, which are refused/);
  });

  test("nesting without end", async () => {
    expect(await failureOf(endless("<tv>", "<a>", 100_000_000))).toMatch(/^feed-too-large: line 1: elements are nested deeper than 64/);
  });

  test.each([
    ["a text", "<tv><programme channel='a'><title>"],
    ["an attribute", "<tv><programme channel='"],
    ["a tag name", "<tv><"],
    ["a comment", "<tv><!--"],
    ["a document type", "<!DOCTYPE tv ["],
  ])("%s without end", async (_what, before) => {
    expect(await failureOf(endless(before, "x", 400_000_000))).toMatch(
      /^feed-too-large: line 1: one programme, tag, text or comment is longer than 1048576 bytes/,
    );
  });

  test("a text in pieces without end", async () => {
    expect(await failureOf(endless("<tv><programme><title>", "abcdefgh<!-- -->", 100_000_000))).toMatch(
      /^feed-too-large: line 1: one programme, tag/,
    );
    expect(await failureOf(endless("<tv><programme>", "<category>news</category>", 100_000_000))).toMatch(
      /^feed-too-large: line 1: one programme, tag/,
    );
  });

  test("attributes without end", async () => {
    let number = 0;
    async function* attributes(): AsyncGenerator<Uint8Array, void, undefined> {
      yield new TextEncoder().encode("<tv><programme");
      while (number < 10_000_000) yield new TextEncoder().encode(Array.from({ length: 4_000 }, () => ` a${number++}="x"`).join(""));
    }
    expect(await failureOf(attributes())).toMatch(/^feed-too-large: line 1: a tag has more than 64 attributes/);
  });

  test("a gzip bomb is stopped at the limit, which is exact", async () => {
    const bomb = gzipSync(tv(" ".repeat(20_000_000)));
    expect(bomb.length).toBeLessThan(30_000);
    expect(await failureOf(bomb, { maxBytes: 1_000_000 })).toMatch(/^feed-too-large: the feed is larger than 1000000 bytes unpacked/);
    const length = new TextEncoder().encode(many).length;
    expect(await itemsOf(gzipSync(many), 65_536, { maxBytes: length })).toHaveLength(2_000);
    expect(await failureOf(many, { maxBytes: length - 1 })).toMatch(/^feed-too-large/);
  });

  test("a gzip bomb is stopped by what it makes of its bytes, long before the limit on size", async () => {
    let taken = 0;
    function* gigabyte(): Generator<Buffer, void, undefined> {
      const elements = Buffer.from("<programme/>".repeat(87_382));
      for (let made = 0; made < 1_000; made++) yield made === 0 ? Buffer.from("<tv>") : elements;
    }
    async function* bomb(): AsyncGenerator<Uint8Array, void, undefined> {
      const gzip = createGzip({ level: 9 });
      pipeline(Readable.from(gigabyte()), gzip, () => undefined);
      for await (const chunk of gzip as AsyncIterable<Uint8Array>) {
        taken += chunk.length;
        yield chunk;
      }
    }
    expect(await failureOf(bomb())).toMatch(/^feed-too-large: the gzipped feed unpacks to more than 200 times its size/);
    // All of it is a gigabyte in 3 MB.
    expect(taken).toBeLessThan(200_000);
  });

  test("names that mean something to the language are names like any other", async () => {
    const feed = tv(`<channel id="__proto__"/><__proto__ constructor="x"/>${programme("constructor")}`);
    expect(await itemsOf(feed)).toMatchObject([{ channel: { id: "__proto__" } }, { programme: { title: "constructor" } }]);
  });
});

test.each([
  ["plain", (text: string) => new TextEncoder().encode(text)],
  ["gzipped", (text: string) => gzipSync(text)],
  ["zstd", (text: string) => zstdCompressSync(text)],
])("closes a %s source when the reader of the items goes away, and when the feed is refused", async (_what, pack) => {
  for (const feed of [many, many.replace("<tv>", "<html>"), many.replace("<tv>", "<tv></tw>")]) {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* inChunks(pack(feed), 512);
        yield* inChunks(pack(feed), 512);
      } finally {
        closed = true;
      }
    }
    try {
      for await (const _item of readFeed(source())) break;
    } catch (error) {
      expect(error).toBeInstanceOf(CalltimeError);
    }
    expect([feed.slice(0, 50), closed]).toEqual([feed.slice(0, 50), true]);
  }
});
