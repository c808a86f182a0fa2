import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeedItem, FeedProgramme } from "../../shared/core/schedule/programme.ts";
import { failureOf, inChunks, itemsOf } from "./feed-bytes.ts";

const at = (iso: string) => Date.parse(iso);
const programmesOf = (items: readonly FeedItem[]): readonly FeedProgramme[] =>
  items.flatMap((item) => (item.kind === "programme" ? [item.programme] : []));
const noteOf = (items: readonly FeedItem[]) =>
  items.flatMap((item) => (item.kind === "repaired" && item.code === "csv-read-as" ? [item.reason] : []));
const rejects = (items: readonly FeedItem[]) => items.flatMap((item) => (item.kind === "rejected" ? [[item.line, item.code]] : []));
const startsOf = async (feed: string) => programmesOf(await itemsOf(feed)).map(({ startsAtMs }) => new Date(startsAtMs).toISOString());

describe("a CSV guide", () => {
  test("with names in another language, semicolons and dates day first says how it was read", async () => {
    const items = await itemsOf(
      "\uFEFFKanal;Dato;Starttid;Sluttid;Titel;Undertitel;Beskrivelse;Kategori;Direkte;Produktionsnr.\r\n" +
        'DR1;31/12/2025;23:30;00:30;"Vi ses; næste år";;"To\r\nlinjer";Show|Musik;ja;4711\r\n' +
        "DR1;31/12/2025;24:30;25:00;Nyheder;Nat;;;nej;\r\n",
    );
    expect(noteOf(items)).toEqual([
      'read with ";" between columns, dates day first (31/12/2025), times in UTC, since nothing says otherwise; not read: "Produktionsnr."',
    ]);
    expect(items.filter(({ kind }) => kind === "channel")).toEqual([{ kind: "channel", channel: { id: "DR1", name: "DR1" }, line: 2 }]);
    expect(programmesOf(items)).toEqual([
      {
        channelId: "DR1",
        title: "Vi ses; næste år",
        description: "To linjer",
        categories: ["Show", "Musik"],
        live: true,
        startsAtMs: at("2025-12-31T23:30Z"),
        endsAtMs: at("2026-01-01T00:30Z"),
        line: 2,
      },
      {
        channelId: "DR1",
        title: "Nyheder",
        subTitle: "Nat",
        categories: [],
        live: false,
        startsAtMs: at("2026-01-01T00:30Z"),
        endsAtMs: at("2026-01-01T01:00Z"),
        line: 4,
      },
    ]);
  });

  test.each([
    ["station,programme,from,to", "A,B,2026-06-13 20:00,2026-06-13 22:00", "2026-06-13T20:00Z", "2026-06-13T22:00Z"],
    ["Service Name\tName\tBegin\tDuration (min)", "A\tB\t2026-06-13T20:00:00+02:00\t90", "2026-06-13T18:00Z", "2026-06-13T19:30Z"],
    ["channel|title|date|start time|length", "A|B|13 Jun 2026|8:00 PM|1:30", "2026-06-13T20:00Z", "2026-06-13T21:30Z"],
    ["channel,title,start,duration seconds", "A,B,20260613200000 +0200,5400", "2026-06-13T18:00Z", "2026-06-13T19:30Z"],
    ["channel,title,start (UTC),stop (UTC)", 'A,B,"Jun 13, 2026 20:00",21:00', "2026-06-13T20:00Z", "2026-06-13T21:00Z"],
    ["channel,title,start,end,timezone", "A,B,2026-06-13 20:00,23:30,Europe/Copenhagen", "2026-06-13T18:00Z", "2026-06-13T21:30Z"],
    ["channel,title,start,end,offset", "A,B,2026-06-13 20:00,2026-06-13 23:00,-04:00", "2026-06-14T00:00Z", "2026-06-14T03:00Z"],
    ["channel,title,start", "A,B,1781380800", "2026-06-13T20:00Z", undefined],
    ["channel,title,start", "A,B,1781380800000", "2026-06-13T20:00Z", undefined],
    ["channel,title,date,time", "A,B,Sat 13.06.26,20.00", "2026-06-13T20:00Z", undefined],
    ["channel,title,date,time", "A,B,20260613,2000", "2026-06-13T20:00Z", undefined],
    ["channel,title,date,time", "A,B,2026-06-13 00:00:00,20:00", "2026-06-13T20:00Z", undefined],
    ["sep=;\nchannel;title;start", "A;B;2026/6/13 20:00", "2026-06-13T20:00Z", undefined],
    ["channel,title,start", "A,B,202606131200", "2026-06-13T12:00Z", undefined],
    ["channel,title,start", "A,B,6/13/2026 12:05 AM", "2026-06-13T00:05Z", undefined],
  ])("%j: %j", async (header, row, startsAt, endsAt) => {
    const items = await itemsOf(`${header}\n${row}\n`);
    expect(programmesOf(items)).toMatchObject([{ channelId: "A", title: "B", startsAtMs: at(startsAt) }]);
    expect(programmesOf(items)[0]?.endsAtMs).toBe(endsAt === undefined ? undefined : at(endsAt));
  });

  test("names a channel by its id and keeps its name", async () => {
    const items = await itemsOf(
      "channel id,channel name,title,start,season,episode\n7,Seven,A,2026-06-13 20:00Z,2,5\n7,Seven,B,2026-06-13 21:00Z,,The Final\n",
    );
    expect(items).toMatchObject([
      { reason: 'read with "," between columns, times with their own offset' },
      { channel: { id: "7", name: "Seven" } },
      { programme: { channelId: "7", episode: "S2E5" } },
      { programme: { channelId: "7", episode: "The Final" } },
    ]);
  });

  test("rejects rows with their line and reason, and reads the rest", async () => {
    const items = await itemsOf(
      "channel,title,start,end,duration,tz\n" +
        ",No channel,2026-06-13 20:00,,,\n" +
        "A,No start,,,,\n" +
        "\n" +
        "A,No time,2026-06-13,,,\n" +
        "A,No date,20:00,,,\n" +
        "A,June 31,2026-06-31 20:00,,,\n" +
        "A,48 hours,2026-06-13 48:00,,,\n" +
        "A,Bad end,2026-06-13 20:00,later,,\n" +
        "A,Bad length,2026-06-13 20:00,,long,\n" +
        "A,Mars,2026-06-13 20:00,,,Mars/Olympus\n" +
        "A,,2026-06-13 20:00,,,\n" +
        "A,News, Sport and Weather,2026-06-13 20:00,21:00,60,UTC\n" +
        "A,Good,2026-06-13 20:00\n",
    );
    expect(rejects(items)).toEqual([
      [2, "channel-missing"],
      [3, "start-missing"],
      [5, "start-unreadable"],
      [6, "start-unreadable"],
      [7, "start-unreadable"],
      [8, "start-unreadable"],
      [9, "stop-unreadable"],
      [10, "duration-unreadable"],
      [11, "zone-unknown"],
      [12, "title-missing"],
      [13, "columns-too-many"],
    ]);
    expect(programmesOf(items)).toMatchObject([{ title: "Good", line: 14 }]);
  });
});

describe("the order of day and month", () => {
  const feed = (...dates: string[]) => `channel,title,date,time\n${dates.map((date) => `A,B,${date},20:00\n`).join("")}`;

  test("is told by a day above 12, wherever it stands", async () => {
    expect(await startsOf(feed("05/06/2026", "13/06/2026"))).toEqual(["2026-06-05T20:00:00.000Z", "2026-06-13T20:00:00.000Z"]);
    expect(await startsOf(feed("05/06/2026", "05/13/2026"))).toEqual(["2026-05-06T20:00:00.000Z", "2026-05-13T20:00:00.000Z"]);
  });

  test("is told by which reading keeps the guide together, and says so", async () => {
    const dayFirst = await itemsOf(feed("05/06/2026", "06/06/2026", "07/06/2026"));
    expect(noteOf(dayFirst)[0]).toContain("dates day first (05/06/2026): month first they would lie 61 days apart");
    expect(await startsOf(feed("12/05/2026", "12/06/2026", "12/07/2026"))).toEqual(
      ["05", "06", "07"].map((day) => `2026-12-${day}T20:00:00.000Z`),
    );
  });

  test.each([
    [
      "one date that may be either",
      feed("05/06/2026"),
      /^feed-malformed: line 2: 05\/06\/2026 may be day first or month first.*2026-06-05 or 2026-05-06 would be right/,
    ],
    ["dates that are close in both", feed("05/06/2026", "06/05/2026"), /^feed-malformed: line 2: /],
    [
      "dates of both orders",
      feed("13/06/2026", "06/14/2026"),
      /^feed-malformed: line 3: 06\/14\/2026 is a date only month first, 13\/06\/2026 in line 2 only day first/,
    ],
    [
      "a date of the other order far down",
      feed("13/06/2026", ...Array.from({ length: 2_000 }, () => "14/06/2026"), "06/15/2026"),
      /^feed-malformed: line 2003: 06\/15\/2026 is no date where the feed has dates day first/,
    ],
    [
      "a date that tells nothing, after a thousand that need no telling",
      feed(...Array.from({ length: 1_500 }, () => "06/06/2026"), "06/07/2026"),
      /^feed-malformed: line 1502: 06\/07\/2026 may be/,
    ],
  ])("%s is refused", async (_what, text, failure) => {
    expect(await failureOf(text)).toMatch(failure);
  });

  test("a date that is none in either order costs its row alone", async () => {
    expect(rejects(await itemsOf(feed("13/06/2026", "31/13/2026")))).toEqual([[3, "start-unreadable"]]);
  });

  test("any week, written day first or month first, is read as it was meant or refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 36_500 }), fc.boolean(), async (firstDay, dayFirst) => {
        const days = Array.from({ length: 7 }, (_, index) => new Date(Date.UTC(2000, 0, 1 + firstDay + index, 20)));
        const two = (number: number) => `${number}`.padStart(2, "0");
        const dates = days.map((day) => {
          const [date, month] = [two(day.getUTCDate()), two(day.getUTCMonth() + 1)];
          return `${dayFirst ? `${date}/${month}` : `${month}/${date}`}/${day.getUTCFullYear()}`;
        });
        expect(await startsOf(feed(...dates))).toEqual(days.map((day) => day.toISOString()));
      }),
      { seed: 20260613, numRuns: 200 },
    );
  });
});

describe("clocks that change", () => {
  const row = (zone: string, start: string, end: string) => `channel,title,start,end,zone\nA,B,${start},${end},${zone}\n`;
  test.each([
    ["Europe/Copenhagen", "2026-03-29 01:30", "2026-03-29 03:30", 60, "2026-03-29T00:30Z", []],
    ["Europe/Copenhagen", "2026-10-25 01:30", "2026-10-25 03:30", 180, "2026-10-24T23:30Z", []],
    ["America/New_York", "2026-11-01 00:30", "2026-11-01 02:30", 180, "2026-11-01T04:30Z", []],
    ["Australia/Lord_Howe", "2026-10-04 01:00", "2026-10-04 03:00", 90, "2026-10-03T14:30Z", []],
    ["Australia/Lord_Howe", "2026-04-05 01:00", "2026-04-05 03:00", 150, "2026-04-04T14:00Z", []],
    ["Europe/Copenhagen", "2026-03-29 02:30", "2026-03-29 04:00", 30, "2026-03-29T01:30Z", ["time-skipped"]],
    ["Europe/Copenhagen", "2026-10-25 02:30", "2026-10-25 03:30", 120, "2026-10-25T00:30Z", ["time-repeated"]],
  ])("%s, %s to %s is %i minutes", async (zone, start, end, minutes, startsAt, codes) => {
    const items = await itemsOf(row(zone, start, end));
    const [programme] = programmesOf(items);
    expect(programme?.startsAtMs).toBe(at(startsAt));
    expect(((programme?.endsAtMs ?? 0) - (programme?.startsAtMs ?? 0)) / 60_000).toBe(minutes);
    expect(items.flatMap((item) => (item.kind === "repaired" && item.code !== "csv-read-as" ? [item.code] : []))).toEqual(codes);
  });

  test("a wall time of any zone shows on that zone's clock at the instant it is read as, but for skipped ones", async () => {
    const zone = fc.constantFrom(
      "Europe/Copenhagen",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "Africa/Casablanca",
      "Pacific/Apia",
    );
    await fc.assert(
      fc.asyncProperty(zone, fc.integer({ min: 0, max: 40 * 366 * 96 }), async (name, quarter) => {
        const wall = new Date(Date.UTC(1995, 0) + quarter * 900_000).toISOString().slice(0, 16).replace("T", " ");
        const items = await itemsOf(row(name, wall, ""));
        const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short", timeStyle: "short" }).format(
          programmesOf(items)[0]?.startsAtMs,
        );
        const skipped = items.some((item) => item.kind === "repaired" && item.code === "time-skipped");
        expect(shown === wall).toBe(!skipped);
      }),
      { seed: 20260613, numRuns: 300 },
    );
  });
});

describe("quoting", () => {
  const delimiter = fc.constantFrom(",", ";", "\t", "|");
  const cell = fc.string({ unit: fc.constantFrom("a", "é", "\uD83D\uDE00", '"', ",", ";", "|", "\t", "\n", " ", "'"), maxLength: 12 });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const collapsed = (text: string) => text.trim().replaceAll(/\s+/g, " ");

  test("keeps any text under any delimiter, wherever the chunks are cut, and every line number", async () => {
    await fc.assert(
      fc.asyncProperty(
        delimiter,
        fc.array(fc.tuple(cell, cell, fc.boolean()), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom("\n", "\r\n"),
        async (separator, rows, size, lineBreak) => {
          let feed = ["description", "title", "channel", "start"].join(separator) + lineBreak;
          const expected = rows.map(([description, title, blank]) => {
            if (blank) feed += lineBreak;
            const line = feed.split("\n").length;
            feed += [quoted(description), quoted(`T${title}`), "A", "2026-06-13 20:00Z"].join(separator) + lineBreak;
            return [collapsed(description) || undefined, collapsed(`T${title}`), line];
          });
          const items = programmesOf(await itemsOf(feed, size));
          expect(items.map(({ description, title, line }) => [description, title, line])).toEqual(expected);
        },
      ),
      { seed: 20260613, numRuns: 300 },
    );
  });

  test("a quote inside a cell is a quote", async () => {
    const items = await itemsOf('channel,title,start\nA,12" Remixes,2026-06-13 20:00Z\n');
    expect(programmesOf(items)).toMatchObject([{ title: '12" Remixes' }]);
  });
});

describe("a CSV feed that is broken is told from one that is whole", () => {
  const head = "channel,title,start,end\n";
  const row = "A,B,2026-06-13 20:00,21:00\n";
  test.each([
    [
      "a quote that is never closed",
      `${head}${row}A,"B,2026-06-13 20:00,21:00\n${row}`,
      /^feed-truncated: line 3: a quote in the row that begins here is never closed/,
    ],
    [
      "a last row that stops short",
      `${head}${row}A,B,2026-0`,
      /^feed-truncated: line 3: the last row has 3 of 4 columns and no line break/,
    ],
    [
      "no column for the channel",
      `title,start\nB,2026-06-13 20:00\n`,
      /^feed-malformed: line 1: no column names the channel; a column "channel" would be right/,
    ],
    ["a header of another kind", `id,amount\n1,2\n`, /^feed-format-unknown: .*CSV \(a header row/],
  ])("%s", async (_what, feed, failure) => {
    expect(await failureOf(feed)).toMatch(failure);
  });

  test("rows that all leave out their empty ends are read", async () => {
    expect(programmesOf(await itemsOf(`${head}A,B,2026-06-13 20:00\nA,C,2026-06-13 21:00`))).toHaveLength(2);
  });

  test.each([
    ["a quoted cell without end", `${head}A,"`, "x"],
    ["a row without end", `${head}A`, ",x"],
  ])("%s is stopped at the limit", async (_what, before, piece) => {
    async function* endless() {
      yield* inChunks(before);
      for (let sent = 0; sent < 6_000; sent++) yield new TextEncoder().encode(piece.repeat(32_768));
    }
    expect(await failureOf(endless())).toMatch(/^feed-too-large: line 2: the row that begins here is longer than 1048576 bytes/);
  });
});

describe("encodings", () => {
  const feed = (count: number) =>
    `channel,title,start\n${"A,plain,2026-06-13 20:00Z\n".repeat(count)}A,N\u00e6ste \u20ac,2026-06-13 21:00Z\n`;
  const windows1252 = (text: string) => Buffer.from(text.replaceAll("\u20ac", "\u0080"), "latin1");

  test.each([1, 7, 65_536])("bytes that are no UTF-8 are read as Windows-1252, in chunks of %i, and it is said where", async (size) => {
    const items = await itemsOf(windows1252(feed(300)), size);
    expect(programmesOf(items).at(-1)?.title).toBe("N\u00e6ste \u20ac");
    expect(items.find((item) => item.kind === "repaired" && item.code === "encoding-assumed")).toMatchObject({ line: 302 });
  });

  test("UTF-8 and UTF-16 by their marks", async () => {
    for (const bytes of [Buffer.from(`\uFEFF${feed(3)}`), Buffer.from(`\uFEFF${feed(3)}`, "utf16le")]) {
      const items = await itemsOf(bytes, 5);
      expect(programmesOf(items).at(-1)?.title).toBe("N\u00e6ste \u20ac");
      expect(items.filter(({ kind }) => kind === "repaired")).toHaveLength(1);
    }
  });

  test("UTF-8 that is damaged later is refused, not replaced", async () => {
    const good = Buffer.from(`channel,title,start\n${"A,N\u00e6ste,2026-06-13 20:00Z\n".repeat(300)}`);
    expect(await failureOf(Buffer.concat([good, windows1252("A,N\u00e6ste,2026-06-13 20:00Z\n")]))).toMatch(
      /^feed-malformed: line 302: the bytes are not UTF-8/,
    );
  });
});
