import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assembleListing } from "../../shared/core/schedule/listing.ts";
import { dataFile, describeWithData } from "../data-folder.ts";
import { calendarOf, eventWith, seen, seenIn, zoneCalled } from "./calendars.ts";
import { failureOf, itemsOf } from "./feed-bytes.ts";

const evening = ["DTSTART:20260613T180000Z", "DTEND:20260613T200000Z"];
const titled = (title: string, ...lines: readonly string[]) => ["BEGIN:VEVENT", `SUMMARY:${title}`, ...lines, "END:VEVENT"];
const DAY_MS = 86_400_000;

describe("a calendar", () => {
  test("is one channel, a list, and its events are the programmes", async () => {
    const feed = calendarOf(
      ...eventWith(
        "DTSTART;TZID=Europe/Paris:20260613T200000",
        "DURATION:PT1H55M",
        String.raw`LOCATION:Stade de France\, Saint-Denis`,
        String.raw`DESCRIPTION:The last match.\nOn two channels\; both\, really: a \\ too`,
        "CATEGORIES:SPORTS,GROUP STAGE",
        String.raw`CATEGORIES:a\,b`,
        "BEGIN:VALARM",
        "DESCRIPTION:Soon",
        "TRIGGER:-PT1H",
        "END:VALARM",
      ),
    );
    expect(await itemsOf(feed)).toEqual([
      { kind: "channel", channel: { id: "Matches", name: "Matches", parallel: true }, line: 1 },
      {
        kind: "programme",
        programme: {
          channelId: "Matches",
          title: "Cup Final",
          subTitle: "Stade de France, Saint-Denis",
          description: String.raw`The last match. On two channels; both, really: a \ too`,
          categories: ["SPORTS", "GROUP STAGE", "a,b"],
          live: false,
          startsAtMs: Date.UTC(2026, 5, 13, 18),
          endsAtMs: Date.UTC(2026, 5, 13, 19, 55),
          line: 4,
        },
      },
    ]);
  });

  test("keeps matches that are played at once, whole", async () => {
    const feed = calendarOf(
      ...titled("A v B", ...evening),
      ...titled("C v D", ...evening),
      ...titled("E v F", "DTSTART:20260613T190000Z", "DURATION:PT2H"),
    );
    const { programmes, findings } = assembleListing(await itemsOf(feed));
    expect(programmes.map(({ endsAtMs, startsAtMs }) => (endsAtMs - startsAtMs) / 3_600_000)).toEqual([2, 2, 2]);
    expect(findings).toEqual([]);
  });

  test("keeps two of one name that are played at two places", async () => {
    const feed = calendarOf(
      ...titled("Semi-final", ...evening, "LOCATION:Oslo"),
      ...titled("Semi-final", ...evening, "LOCATION:Bergen"),
      ...titled("Semi-final", ...evening, "LOCATION:Bergen"),
    );
    const { programmes, findings } = assembleListing(await itemsOf(feed));
    expect(programmes.map(({ subTitle = "" }) => subTitle).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["Bergen", "Oslo"]);
    expect(findings).toMatchObject([{ code: "duplicate" }]);
  });

  test("reads the same wherever its bytes are cut, folds within characters and all", async () => {
    const whole = Buffer.from(calendarOf(...eventWith(...evening, "DESCRIPTION:Ærø – søndag")));
    const at = whole.indexOf("Ærø") + 1;
    const folded = Buffer.concat([
      whole.subarray(0, at),
      Buffer.from("\r\n "),
      whole.subarray(at, at + 3),
      Buffer.from("\n\t"),
      whole.subarray(at + 3),
    ]);
    const expected = await itemsOf(whole);
    expect(expected).toMatchObject([{}, { programme: { description: "Ærø – søndag" } }]);
    for (let size = 1; size < 40; size++) expect([size, await itemsOf(folded, size)]).toEqual([size, expected]);
  });

  test("may be in lines that end in LF, in lower case, with a byte order mark, with blank lines and names in quotes", async () => {
    const feed =
      '\uFEFF\nBegin:vCalendar\nname:Night\n\nbegin:vevent\nsummary;altrep="http://x;y:z";language=en:Late\ndtstart;tzid="Europe/Paris":20260613T200000\nduration:PT1H\nend:vevent\nend:vcalendar';
    const items = await itemsOf(feed);
    expect(items).toMatchObject([
      { channel: { id: "Night" } },
      { programme: { title: "Late", startsAtMs: Date.UTC(2026, 5, 13, 18), line: 5 } },
    ]);
    expect(await itemsOf(Buffer.from(feed, "utf16le"))).toEqual(items);
  });

  test("may follow another, with zones and a name of its own", async () => {
    const one = calendarOf(
      ...zoneCalled("Here", "Europe/Copenhagen"),
      ...titled("A", "DTSTART;TZID=Here:20260613T200000", "DURATION:PT1H"),
    );
    const two = calendarOf(...titled("B", "DTSTART;TZID=Here:20260613T200000", "DURATION:PT1H")).replace("Matches", "Others");
    const items = await itemsOf(one + two);
    expect(
      items.map((item) =>
        item.kind === "channel"
          ? item.channel.id
          : item.kind === "programme"
            ? item.programme.title
            : item.kind !== "repaired" && item.code,
      ),
    ).toEqual(["Matches", "A", "Others", "zone-unknown"]);
  });

  test("without a name says what it is called", async () => {
    const items = await itemsOf(calendarOf(...eventWith(...evening)).replace("X-WR-CALNAME:Matches\r\n", ""));
    expect(items).toMatchObject([{ code: "calendar-unnamed" }, { channel: { id: "calendar" } }, { kind: "programme" }]);
  });

  test("without events is a channel without programmes", async () => {
    expect(await itemsOf(calendarOf("BEGIN:VTODO", "SUMMARY:Buy milk", "END:VTODO"))).toMatchObject([{ kind: "channel" }]);
  });

  test("tells once an event of lines that are no properties", async () => {
    const items = await itemsOf(
      calendarOf(...eventWith(...evening, "DESCRIPTION:one", "two words", "three more"), ...eventWith(...evening)),
    );
    expect(items.flatMap((item) => (item.kind === "repaired" ? [[item.line, item.code]] : []))).toEqual([[10, "line-unreadable"]]);
  });
});

describe("a time", () => {
  test("in a zone that the calendar defines under a name of its own is read by it, wherever it is defined", async () => {
    const event = eventWith("DTSTART;TZID=Our Time:20260613T200000", "DTEND;TZID=Our Time:20260613T220000");
    const zone = zoneCalled("Our Time", "Australia/Lord_Howe");
    expect(await seenIn(calendarOf(...zone, ...event))).toEqual(["2026-06-13T09:30Z–2026-06-13T11:30Z"]);
    expect(await seenIn(calendarOf(...event, ...zone))).toEqual(["2026-06-13T09:30Z–2026-06-13T11:30Z"]);
  });

  test("in a place is that place's, whatever the calendar defines, which is told once", async () => {
    const wrong = [
      "BEGIN:VTIMEZONE",
      "TZID:Europe/Paris",
      "BEGIN:STANDARD",
      "DTSTART:19701025T030000",
      "TZOFFSETFROM:+0100",
      "TZOFFSETTO:+0100",
      "END:STANDARD",
      "END:VTIMEZONE",
    ];
    const summer = eventWith("DTSTART;TZID=Europe/Paris:20260613T200000", "DURATION:PT2H");
    const winter = eventWith("DTSTART;TZID=Europe/Paris:20260113T200000", "DURATION:PT2H");
    expect(await seenIn(calendarOf(...wrong, ...winter, ...summer, ...summer))).toEqual([
      "2026-01-13T19:00Z–2026-01-13T21:00Z",
      "repaired zone-differs",
      "2026-06-13T18:00Z–2026-06-13T20:00Z",
      "2026-06-13T18:00Z–2026-06-13T20:00Z",
    ]);
    const behind = eventWith("DTSTART;TZID=/example.org/2026a/America/Argentina/Buenos_Aires:20260613T200000", "DURATION:PT1H");
    expect(await seenIn(calendarOf(...behind))).toEqual(["2026-06-13T23:00Z–2026-06-14T00:00Z"]);
  });

  test("under a name that is no place means what the calendar defines, else what is known", async () => {
    const event = eventWith("DTSTART;TZID=EST:20260613T200000", "DURATION:PT2H");
    expect(await seenIn(calendarOf(...zoneCalled("EST", "America/New_York"), ...event))).toEqual(["2026-06-14T00:00Z–2026-06-14T02:00Z"]);
    expect(await seenIn(calendarOf(...event))).toEqual(["2026-06-14T01:00Z–2026-06-14T03:00Z"]);
  });

  test("without a zone is in the calendar's, else in UTC, which is told once", async () => {
    const event = eventWith("DTSTART:20260613T200000", "DURATION:PT2H");
    expect(await seenIn(calendarOf(...event, ...event))).toEqual([
      "repaired zone-assumed",
      ...Array<string>(2).fill("2026-06-13T20:00Z–2026-06-13T22:00Z"),
    ]);
    expect(await seenIn(calendarOf("X-WR-TIMEZONE:Europe/Oslo", ...event))).toEqual([
      "repaired zone-assumed",
      "2026-06-13T18:00Z–2026-06-13T20:00Z",
    ]);
    expect(await itemsOf(calendarOf("X-WR-TIMEZONE:Europe/Oslo", ...event))).toMatchObject([
      {},
      { reason: "times without a zone are read as Europe/Oslo, which the calendar names (X-WR-TIMEZONE); TZID on each would be right" },
      {},
    ]);
  });

  test("that clocks jump over or show twice is read as the standard says, and told", async () => {
    const at = (time: string) => seenIn(calendarOf(...eventWith(`DTSTART;TZID=Europe/Paris:${time}`, "DURATION:PT1H")));
    expect(await at("20260329T023000")).toEqual(["repaired time-skipped", "2026-03-29T01:30Z–2026-03-29T02:30Z"]);
    expect(await at("20261025T023000")).toEqual(["repaired time-repeated", "2026-10-25T00:30Z–2026-10-25T01:30Z"]);
  });

  test("a day later is at the same time of day, 24 hours later is not", async () => {
    const lasting = (length: string) => seenIn(calendarOf(...eventWith("DTSTART;TZID=Europe/Paris:20260328T200000", `DURATION:${length}`)));
    expect(await lasting("P1D")).toEqual(["2026-03-28T19:00Z–2026-03-29T18:00Z"]);
    expect(await lasting("P1DT1H")).toEqual(["2026-03-28T19:00Z–2026-03-29T19:00Z"]);
    expect(await lasting("PT24H")).toEqual(["2026-03-28T19:00Z–2026-03-29T19:00Z"]);
    expect(await lasting("P1W")).toEqual(["2026-03-28T19:00Z–2026-04-04T18:00Z"]);
  });

  test("of which only the day is said is none", async () => {
    const [item] = (await itemsOf(calendarOf(...eventWith("DTSTART;VALUE=DATE:20260409", "DTEND;VALUE=DATE:20260413")))).slice(1);
    expect(item).toMatchObject({
      kind: "rejected",
      line: 7,
      code: "all-day",
      reason:
        'the event "Cup Final" says a day (2026-04-09) and no time of day; DTSTART:20260613T180000Z, or a local time with TZID, would be right',
    });
    expect(await seenIn(calendarOf(...eventWith("DTSTART:20260409")))).toEqual(["rejected all-day"]);
  });

  test.each([
    ["no start", ["DTEND:20260613T200000Z"], "rejected start-missing"],
    ["a start that is none", ["DTSTART:tonight"], "rejected start-unreadable"],
    ["a date that no calendar has", ["DTSTART:20260231T180000Z"], "rejected start-unreadable"],
    ["an hour that no clock has", ["DTSTART:20260613T240000Z"], "rejected start-unreadable"],
    ["a zone that nobody knows", ["DTSTART;TZID=Elsewhere:20260613T180000"], "rejected zone-unknown"],
    ["an end in a zone that nobody knows", ["DTSTART:20260613T180000Z", "DTEND;TZID=Elsewhere:20260613T200000"], "rejected zone-unknown"],
    ["an end that is none", ["DTSTART:20260613T180000Z", "DTEND:later"], "rejected stop-unreadable"],
    ["an end that is a day", ["DTSTART:20260613T180000Z", "DTEND;VALUE=DATE:20260614"], "rejected stop-unreadable"],
    ["a length that is none", ["DTSTART:20260613T180000Z", "DURATION:2 hours"], "rejected duration-unreadable"],
    ["a length that goes back", ["DTSTART:20260613T180000Z", "DURATION:-PT2H"], "rejected duration-unreadable"],
    ["a length of nothing", ["DTSTART:20260613T180000Z", "DURATION:P"], "rejected duration-unreadable"],
    ["no end at all", ["DTSTART:20260613T180000Z"], "2026-06-13T18:00Z–"],
    ["a leap second", ["DTSTART:20161231T235960Z", "DURATION:PT1S"], "2016-12-31T23:59:59.000Z–2017-01-01T00:00Z"],
  ])("%s", async (_, lines, expected) => {
    expect(await seenIn(calendarOf(...eventWith(...lines)))).toEqual([expected]);
  });

  test("of an event without a title says nothing", async () => {
    expect(await seenIn(calendarOf("BEGIN:VEVENT", ...evening, "END:VEVENT"))).toEqual(["rejected title-missing"]);
  });

  test.each([
    ["nothing in it", [], "it has neither"],
    ["no start", ["BEGIN:STANDARD", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD"], ""],
    ["an offset of a day", ["BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+2400", "TZOFFSETTO:+0100", "END:STANDARD"], ""],
    [
      "a rule that is none",
      ["BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "RRULE:FREQ=NEVER", "END:STANDARD"],
      "",
    ],
    [
      "a date that is none",
      ["BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "RDATE:soon", "END:STANDARD"],
      "",
    ],
    ["too much in it", Array.from({ length: 501 }, () => ["BEGIN:STANDARD", "END:STANDARD"]).flat(), ""],
  ])("in a zone that is defined with %s is in no zone", async (_, lines) => {
    const feed = calendarOf("BEGIN:VTIMEZONE", "TZID:Odd", ...lines, "END:VTIMEZONE", ...eventWith("DTSTART;TZID=Odd:20260613T200000"));
    expect(await seenIn(feed)).toEqual(["rejected zone-unknown"]);
  });
});

describe("an event that repeats", () => {
  const weekly = (...lines: readonly string[]) =>
    eventWith("DTSTART;TZID=Europe/Paris:20261018T200000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", ...lines);

  test("keeps its time of day over a change of clocks", async () => {
    expect(await seenIn(calendarOf(...weekly()))).toEqual([
      "2026-10-18T18:00Z–2026-10-18T19:00Z",
      "2026-10-25T19:00Z–2026-10-25T20:00Z",
      "2026-11-01T19:00Z–2026-11-01T20:00Z",
    ]);
  });

  test("leaves out what EXDATE names, by instant, by local time or by day", async () => {
    for (const line of [
      "EXDATE:20261025T190000Z",
      "EXDATE;TZID=Europe/Paris:20261101T200000,20261025T200000",
      "EXDATE;VALUE=DATE:20261025",
    ]) {
      const items = await seenIn(calendarOf(...weekly(line)));
      expect(items).not.toContain("2026-10-25T19:00Z–2026-10-25T20:00Z");
      expect(items).toContain("2026-10-18T18:00Z–2026-10-18T19:00Z");
    }
  });

  test("has what RDATE adds, with lengths of their own, once each", async () => {
    const line =
      "RDATE;TZID=Europe/Paris:20261025T200000,20261026T210000/PT30M,20261027T210000/20261027T220000,20261028T210000/20261028T213000Z";
    expect((await seenIn(calendarOf(...weekly(line, "RDATE;VALUE=DATE:20261030", "RDATE:soon,20261029T210000/later")))).toSorted()).toEqual(
      [
        "2026-10-18T18:00Z–2026-10-18T19:00Z",
        "2026-10-25T19:00Z–2026-10-25T20:00Z",
        "2026-10-26T20:00Z–2026-10-26T20:30Z",
        "2026-10-27T20:00Z–2026-10-27T21:00Z",
        "2026-10-28T20:00Z–2026-10-28T21:30Z",
        "2026-10-30T19:00Z–2026-10-30T20:00Z",
        "2026-11-01T19:00Z–2026-11-01T20:00Z",
        "rejected date-unreadable",
        "rejected date-unreadable",
      ],
    );
  });

  test("gives way to the single showings that stand for some of it, before it or after", async () => {
    const moved = eventWith(
      "RECURRENCE-ID;TZID=Europe/Paris:20261025T200000",
      "DTSTART;TZID=Europe/Paris:20261025T213000",
      "DURATION:PT1H",
    );
    const off = eventWith("RECURRENCE-ID;VALUE=DATE:20261101", "DTSTART:20261101T190000Z", "STATUS:CANCELLED");
    const other = [
      "BEGIN:VEVENT",
      "UID:2",
      "SUMMARY:Other",
      "RECURRENCE-ID:20261018T180000Z",
      "DTSTART:20261018T120000Z",
      "DURATION:PT1H",
      "END:VEVENT",
    ];
    const expected = [
      "2026-10-18T12:00Z–2026-10-18T13:00Z",
      "2026-10-18T18:00Z–2026-10-18T19:00Z",
      "2026-10-25T20:30Z–2026-10-25T21:30Z",
      "repaired cancelled",
    ];
    expect((await seenIn(calendarOf(...moved, ...weekly(), ...off, ...other))).toSorted()).toEqual(expected);
    const zoned = moved.map((line) => line.replaceAll("Europe/Paris", "Ours"));
    const late = calendarOf(...weekly(), ...zoned, ...other, ...off, ...zoneCalled("Ours", "Europe/Copenhagen"));
    expect((await seenIn(late)).toSorted()).toEqual(expected);
  });

  test("ends where a change of all later ones begins, which is told", async () => {
    const later = eventWith("RECURRENCE-ID;RANGE=THISANDFUTURE:20261025T190000Z", "DTSTART:20261025T203000Z", "DURATION:PT1H");
    expect((await seenIn(calendarOf(...later, ...weekly()))).toSorted()).toEqual([
      "2026-10-18T18:00Z–2026-10-18T19:00Z",
      "2026-10-25T20:30Z–2026-10-25T21:30Z",
      "rejected range-unreadable",
    ]);
  });

  test("is left out whole when it is cancelled, or all of its calendar", async () => {
    expect(await seenIn(calendarOf(...weekly("STATUS:CANCELLED")))).toEqual(["repaired cancelled"]);
    expect(await seenIn(calendarOf("METHOD:CANCEL", ...weekly()))).toEqual(["repaired cancelled"]);
    expect(await seenIn(calendarOf("METHOD:PUBLISH", ...eventWith(...evening, "STATUS:CONFIRMED")))).toHaveLength(1);
  });

  test.each([
    ["UNTIL=20261101T190000Z", 3],
    ["UNTIL=20261101T185959Z", 2],
    ["UNTIL=20261101T200000", 3],
    ["UNTIL=20261101T195959", 2],
    ["UNTIL=20261101", 3],
    ["UNTIL=20261031", 2],
  ])("ends with %s, which is included", async (until, showings) => {
    const lines = weekly().map((line) => line.replace("COUNT=3", until));
    expect(await seenIn(calendarOf(...lines))).toHaveLength(showings);
  });

  test("for ever is told as far as is asked, and left out where nothing is asked", async () => {
    const daily = calendarOf(...eventWith(...evening, "RRULE:FREQ=DAILY"));
    const fromMs = Date.UTC(2026, 11, 1, 18);
    expect(await seenIn(daily, { repeats: { fromMs, toMs: fromMs + 2 * DAY_MS } })).toEqual([
      "2026-12-01T18:00Z–2026-12-01T20:00Z",
      "2026-12-02T18:00Z–2026-12-02T20:00Z",
    ]);
    expect(await seenIn(daily, { repeats: { fromMs: 0, toMs: Date.UTC(2026, 5, 13, 18) } })).toEqual([]);
    const [item] = (await itemsOf(daily)).slice(1);
    expect(item).toMatchObject({
      code: "recurrence-endless",
      reason: 'the event "Cup Final" repeats more than 10000 times, or over centuries; a rule with an UNTIL would be right',
    });
  });

  test.each([
    ["a rule that comes true never again", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "rejected recurrence-endless"],
    ["a rule that steps over its only day", "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU", "rejected recurrence-endless"],
    ["a rule by the second", "RRULE:FREQ=SECONDLY", "rejected recurrence-unreadable"],
    ["an EXRULE", "RRULE:FREQ=DAILY\r\nEXRULE:FREQ=DAILY", "rejected recurrence-unreadable"],
    [
      "more dates than anybody lists",
      `RDATE:${Array.from({ length: 10_000 }, (_, day) => `${1_970 + Math.floor(day / 336)}${String((Math.floor(day / 28) % 12) + 1).padStart(2, "0")}${String((day % 28) + 1).padStart(2, "0")}T000000Z`).join(",")}`,
      "rejected recurrence-endless",
    ],
  ])("by %s is left out", async (_, line, expected) => {
    expect(await seenIn(calendarOf(...eventWith(...evening, line)))).toEqual([expected]);
  });
});

describe("a calendar is refused", () => {
  const whole = calendarOf(...eventWith(...evening));
  test.each([
    [
      "that is cut within an event",
      whole.slice(0, whole.indexOf("DTEND")),
      /^feed-truncated: line 7: the feed ends within the VEVENT that begins in line 4; a calendar that ends in END:VCALENDAR would be right$/,
    ],
    ["that is cut between events", whole.slice(0, whole.indexOf("END:VCALENDAR")), /^feed-truncated: line 9: the feed ends too soon; /],
    ["with a zero byte", whole.replace("Cup", "C\0p"), /^feed-malformed: line 6: the character U\+0000 has no place in iCalendar/],
    ["with something after it", `${whole}News\r\n`, /^feed-malformed: line 11: "News" stands outside of a calendar/],
    ["with a property after it", `${whole}X:1\r\n`, /^feed-malformed: line 11: "X" stands outside of a calendar/],
    ["with an event after it", `${whole}BEGIN:VEVENT\r\n`, /^feed-malformed: line 11: BEGIN:"VEVENT" stands outside of a calendar/],
    ["with an end too many", `${whole}END:VCALENDAR\r\n`, /^feed-malformed: line 11: END:"VCALENDAR" ends nothing; nothing is open here/],
    [
      "whose ends are crossed",
      whole.replace("END:VEVENT\r\n", ""),
      /^feed-malformed: line 9: END:"VCALENDAR" ends nothing; END:VEVENT would end what begins in line 4/,
    ],
    [
      "nested without end",
      `BEGIN:VCALENDAR\r\n${"BEGIN:X\r\n".repeat(20)}`,
      /^feed-too-large: line 17: components are nested deeper than 16/,
    ],
    [
      "with a line of two megabytes",
      whole.replace("Cup", "C".repeat(2_000_000)),
      /^feed-too-large: line 6: the line is longer than 1048576 bytes/,
    ],
    [
      "with an event of two megabytes",
      calendarOf(...eventWith(...Array.from({ length: 20 }, () => `CATEGORIES:${"x".repeat(100_000)}`))),
      /^feed-too-large: line 17: the VEVENT that begins in line 4 is longer than 1048576 characters/,
    ],
    [
      "with more zones than there are",
      calendarOf(...Array.from({ length: 2_001 }, (_, i) => zoneCalled(`Z${i}`, "")).flat()),
      /^feed-too-large: line \d+: more than 2000 zones are defined/,
    ],
    [
      "with more events that repeat than any has",
      calendarOf(...Array.from({ length: 10_001 }, () => eventWith("RRULE:FREQ=DAILY")).flat()),
      /^feed-too-large: line \d+: more than 10000 events, or 8388608 characters of them, repeat/,
    ],
    [
      "whose events repeat for too long together",
      calendarOf(...Array.from({ length: 60 }, () => eventWith(...evening, "RRULE:FREQ=DAILY;COUNT=9999")).flat()),
      /^feed-too-large: line \d+: the events up to here repeat more than 500000 times/,
    ],
    [
      "whose rules take too long together",
      calendarOf(...Array.from({ length: 101 }, () => eventWith(...evening, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")).flat()),
      /^feed-too-large: .* over more than 20000000 days/,
    ],
    [
      "with more changes than any has",
      calendarOf(
        ...Array.from({ length: 11 }, () =>
          eventWith(...evening, `RECURRENCE-ID:${Array<string>(10_000).fill("20260613T180000Z").join(",")}`),
        ).flat(),
      ),
      /^feed-too-large: line \d+: more than 100000 events have a RECURRENCE-ID/,
    ],
  ])("%s", { timeout: 30_000 }, async (_, feed, reason) => {
    expect(await failureOf(feed)).toMatch(reason);
  });

  test("whose bytes are not UTF-8, with the line", async () => {
    expect(await failureOf(Buffer.from(whole.replace("Cup", "Bø"), "latin1"))).toMatch(/^feed-malformed: line 6: the bytes are not UTF-8/);
  });

  test("at every cut before its last line", async () => {
    const bytes = Buffer.from(whole.trimEnd());
    for (let length = 20; length < bytes.length; length++) {
      expect([length, await failureOf(bytes.subarray(0, length))]).toEqual([length, expect.stringMatching(/^feed-truncated: line \d+: /)]);
    }
  });
});

describeWithData("calendars of the data folder", () => {
  test.each([
    ["schedules/ics/dk_golf_tv.ics", 11],
    ["schedules/ics/odoral_basket_full_set.ics", 32],
    ["schedules/ics/odoral_bundesliga.ics", 9],
    ["schedules/ics/odoral_champions_league.ics", 7],
    ["schedules/ics/odoral_copa_del_rey.ics", 1],
    ["schedules/ics/odoral_eurocopa_2024.ics", 1],
    ["wc98/schedule.ics", 48],
  ])("%s has as many events as grep counts, at the times it writes", async (path, events) => {
    const text = readFileSync(dataFile(path), "utf8");
    expect(text.match(/^BEGIN:VEVENT/gm)).toHaveLength(events);
    const items = (await itemsOf(text)).filter(({ kind }) => kind === "programme" || kind === "rejected");
    expect(items).toHaveLength(events);
    const utc = [...text.matchAll(/^DTSTART:(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)00Z/gm)].map(
      (match) => `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}Z`,
    );
    if (path.includes("odoral")) expect(seen(items).map((programme) => programme.split("–")[0])).toEqual(utc);
  });

  test("the matches of 1998 kick off and end as in the XMLTV of the same matches", async () => {
    const matches = async (file: string) =>
      (await itemsOf(readFileSync(dataFile(`wc98/${file}`)))).flatMap((item) =>
        item.kind === "programme"
          ? [[item.programme.title.replace("FIFA World Cup 1998: ", ""), item.programme.startsAtMs, item.programme.endsAtMs]]
          : [],
      );
    expect(await matches("schedule.ics")).toEqual(await matches("schedule.xml"));
  });
});
