import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { itemsOf } from "./feed-bytes.ts";

const tv = (body: string) => `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tv SYSTEM "xmltv.dtd">\n<tv>\n${body}\n</tv>\n`;

describe("a programme", () => {
  test("carries its title, sub-title, description, categories, first episode number, live mark and line", async () => {
    const [item] = await itemsOf(
      tv(`<programme
  start="20260613180000 +0000" stop="20260613200000 +0000" channel="one.example">
  <title lang="en">  The
     Final </title><title lang="da">Finalen</title>
  <sub-title>North &amp; South</sub-title>
  <desc><![CDATA[Kick-off <19:00>]]></desc>
  <credits><actor>A name <role>x</role></actor><title>not the title</title></credits>
  <category>Sport</category><category>Football</category><category/>
  <episode-num system="xmltv_ns">3 . 4 . 0/1</episode-num><episode-num system="onscreen">S4E5</episode-num>
  <live/>
</programme>`),
    );
    expect(item).toEqual({
      kind: "programme",
      programme: {
        channelId: "one.example",
        title: "The Final",
        subTitle: "North & South",
        description: "Kick-off <19:00>",
        categories: ["Sport", "Football"],
        episode: "3 . 4 . 0/1",
        live: true,
        startsAtMs: Date.UTC(2026, 5, 13, 18),
        endsAtMs: Date.UTC(2026, 5, 13, 20),
        line: 4,
      },
    });
  });

  test("without a stop has no end rather than an end of nothing", async () => {
    const [item] = await itemsOf(tv(`<programme channel='a' start='202606131800'><title>X</title></programme>`));
    expect(item).toEqual({
      kind: "programme",
      programme: { channelId: "a", title: "X", categories: [], live: false, startsAtMs: Date.UTC(2026, 5, 13, 18), line: 4 },
    });
  });

  test("keeps a stop before its start as the feed wrote it", async () => {
    const [item] = await itemsOf(tv(`<programme channel="a" start="20260613180000" stop="20260613170000"><title>X</title></programme>`));
    expect(item).toMatchObject({ programme: { startsAtMs: Date.UTC(2026, 5, 13, 18), endsAtMs: Date.UTC(2026, 5, 13, 17) } });
  });

  test("takes the first title that says something, around comments and character references", async () => {
    const [item] = await itemsOf(
      tv(`<programme channel="a" start="20260613"><title> </title><title>Ny<!-- not this -->t&#229;r &#x1F600;</title></programme>`),
    );
    expect(item).toMatchObject({ programme: { title: "Nytår 😀" } });
  });
});

describe("what cannot be used is said and does not stop the feed", () => {
  test.each([
    [`<programme start="20260613180000" channel="a"/>`, "title-missing"],
    [`<programme start="20260613180000" channel="a"><title>  </title></programme>`, "title-missing"],
    [`<programme start="20260613180000"><title>X</title></programme>`, "channel-missing"],
    [`<programme start="20260613180000" channel=" "><title>X</title></programme>`, "channel-missing"],
    [`<programme channel="a"><title>X</title></programme>`, "start-missing"],
    [`<programme start="soon" channel="a"><title>X</title></programme>`, "start-unreadable"],
    [`<programme start="20260613180000" stop="later" channel="a"><title>X</title></programme>`, "stop-unreadable"],
    [`<channel><display-name>Nameless</display-name></channel>`, "channel-id-missing"],
  ])("%s is rejected as %s", async (element, code) => {
    const items = await itemsOf(tv(`${element}\n<programme start="20260613" channel="b"><title>Next</title></programme>`));
    expect(items).toMatchObject([
      { kind: "rejected", line: 4, code, reason: expect.stringMatching(/would be right$/) },
      { kind: "programme", programme: { title: "Next", line: 5 } },
    ]);
  });
});

test("a channel has the first name that says something, else its id", async () => {
  const items = await itemsOf(
    tv(`<channel id="a"><display-name/><display-name>Channel A</display-name><display-name>7</display-name></channel><channel id="b"/>`),
  );
  expect(items).toEqual([
    { kind: "channel", channel: { id: "a", name: "Channel A" }, line: 4 },
    { kind: "channel", channel: { id: "b", name: "b" }, line: 4 },
  ]);
});

test("a programme outside <tv>'s own children is not a programme", async () => {
  expect(await itemsOf(tv(`<group><programme start="20260613" channel="a"><title>X</title></programme></group>`))).toEqual([]);
});

test("says the same however the bytes are cut, and gives back every text that was put in", async () => {
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => /^[^\s\p{C}]+$/u.test(text));
  const texts = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 40 }), async (titles, size) => {
      const feed = tv(
        titles
          .map((title) => `<programme start="20260613" channel="a"><title>${escaped(title.join("\n "))}</title></programme>`)
          .join("\r\n"),
      );
      const whole = await itemsOf(feed);
      expect(await itemsOf(feed, size)).toEqual(whole);
      expect(whole.map((item) => (item.kind === "programme" ? item.programme.title : item.kind))).toEqual(
        titles.map((title) => title.join(" ")),
      );
    }),
    { seed: 1, numRuns: 150 },
  );
});
