import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { dataFile, describeWithData } from "../data-folder.ts";
import { serveEvening } from "../../local/serve-evening.ts";
import { feedOf, LINES, smallEvening } from "../local/small-evening.ts";
import { calltime } from "./calltime.ts";

type Slot = readonly [start: string, stop: string, title: string, channel?: string];

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "calltime-feed-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};
const xmltv = (slots: readonly Slot[]): string => `<tv>
<channel id="one"><display-name>One</display-name></channel>
<channel id="two"><display-name>Two</display-name></channel>
${slots
  .map(
    ([start, stop, title, channel = "one"]) =>
      `<programme start="20260613${start}00 +0000" stop="20260613${stop}00 +0000" channel="${channel}"><title>${title}</title></programme>`,
  )
  .join("\n")}
</tv>`;
const file = (slots: readonly Slot[] | string, name = "guide.xml"): string => {
  const path = join(folder(), name);
  writeFileSync(path, typeof slots === "string" ? slots : xmltv(slots));
  return path;
};
const EVENING: readonly Slot[] = [
  ["1800", "1900", "News"],
  ["1900", "2100", "Cup Final"],
  ["2100", "2200", "Late Film"],
  ["1800", "2000", "Concert", "two"],
  ["2000", "2200", "Sendeschluss", "two"],
];
const NOW = ["--now", "2026-06-13T17:00Z"] as const;
const run = { timeout: 60_000 };

describe("calltime feed check", () => {
  test("a calendar that repeats for ever is told of as far ahead as is believed, and its matches at once are no overlap", run, async () => {
    const event = (...lines: readonly string[]) => ["BEGIN:VEVENT", "DURATION:PT2H", ...lines, "END:VEVENT"];
    const matches = event("SUMMARY:A v B", "DTSTART:20260613T180000Z").concat(event("SUMMARY:C v D", "DTSTART:20260613T190000Z"));
    const daily = event("SUMMARY:Magazine", "DTSTART:20200101T060000Z", "RRULE:FREQ=DAILY");
    const calendar = file(["BEGIN:VCALENDAR", "NAME:League", ...matches, ...daily, "END:VCALENDAR", ""].join("\n"), "league.ics");
    const { code, stdout } = await calltime("feed", "check", calendar, ...NOW);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("403 programmes on 1 channel") as string });
    expect(stdout).not.toContain("×  ");
    const { code: same } = await calltime("feed", "diff", calendar, calendar, ...NOW);
    expect(same).toBe(0);
  });

  test("a feed without a fault is accepted, with a picture of what is on", run, async () => {
    const guide = file(EVENING);
    const { code, stdout, stderr } = await calltime("feed", "check", guide, ...NOW);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      [
        `${guide}: accepted`,
        "",
        "read      5 items: 5 programmes",
        "kept      5 programmes on 2 channels",
        "from      2026-06-13T18:00Z to 2026-06-13T22:00Z (4 h)",
        "left out  nothing",
        "repaired  nothing",
        "warnings  none",
        "",
        "coverage, 30 min a character, UTC",
        "                          |06-13",
        "two                       ████░░░░",
        "one                       ████████",
        "█ on air   ▄ on air for a part of it   · nothing on   ░ filler alone   × overlap, mended   blank: before or after all it lists",
        "",
      ].join("\n"),
    );
  });

  test("what was mended and left out is told with its line, and the exit code says 1", run, async () => {
    const guide = file([
      ...EVENING.slice(0, 2),
      ["2030", "2110", "Late Film"],
      ["2300", "2400", "No such hour"],
      ["2200", "2230", "Night News"],
      ["2240", "2300", "Weather"],
      ["1800", "2000", "Concert", "two"],
    ]);
    const { code, stdout } = await calltime("feed", "check", guide, ...NOW);
    expect(code).toBe(1);
    expect(stdout).toContain(`${guide}: accepted, 1 repair, 1 item left out, 1 warning\n`);
    expect(stdout).toContain("left out  1 × an end that is no time (stop-unreadable)\n            line 7: ");
    expect(stdout).toContain(
      '            line 5: "Cup Final" on one: it overlapped the next programme by 30 min; it now ends when that one starts\n',
    );
    expect(stdout).toContain("one has nothing on for 50 min from 2026-06-13T21:10Z.");
    expect(stdout).toContain("one                       █████×▄·█▄\n");
    const json = JSON.parse((await calltime("feed", "check", guide, ...NOW, "--json")).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({
      outcome: "accepted-with-repairs",
      judgedAt: "2026-06-13T17:00:00.000Z",
      counts: { programmesRead: 6, programmesKept: 6, itemsUnreadable: 1 },
      quarantine: [],
      findings: [
        { kind: "rejected", code: "stop-unreadable", line: 7 },
        { kind: "repaired", code: "overlap", line: 5, channelId: "one" },
      ],
      coverage: [
        { channelId: "one", gaps: [{ from: "2026-06-13T21:10:00.000Z", to: "2026-06-13T22:00:00.000Z" }, {}] },
        { channelId: "two" },
      ],
    });
  });

  test("of a great many repairs as many are told as are asked for and listed, and how many more there are", run, async () => {
    const bad = file([["1800", "1900", "&".repeat(6_300)], ...EVENING.slice(1)].map((slot) => [...slot] as unknown as Slot));
    const { stdout } = await calltime("feed", "check", bad, ...NOW);
    expect(stdout).toContain(": accepted, 6,300 repairs, 1 warning\n");
    expect(stdout).toContain("repaired  6,300 × ");
    expect(stdout).toContain("            … and 6,295 more; --all lists the first 5,000\n");
    const all = await calltime("feed", "check", bad, ...NOW, "--all");
    expect(all.stdout).toMatch(/… and 6,0\d\d more; counted alone\n/);
  });

  test("beside the last good feed half a guide is quarantined, and the exit code says 2", run, async () => {
    const [before, half] = [file(EVENING), file(EVENING.slice(3))];
    const { code, stdout } = await calltime("feed", "check", half, "--against", before, ...NOW);
    expect(code).toBe(2);
    expect(stdout).toContain(
      `${half}: QUARANTINED\n  3 of 4 programmes still to come (75 %) are gone from the feed; 40 % is the most. (shrunken)\n`,
    );
    expect(stdout).toContain(`  ${before} would stay in force.\n`);
    expect(stdout).toContain(`changes   3 cancelled since ${before}; calltime feed diff tells them\n`);
    expect((await calltime("feed", "check", half, ...NOW)).code).toBe(0);
    const same = await calltime("feed", "check", before, "--against", before, ...NOW, "--json");
    expect(JSON.parse(same.stdout)).toMatchObject({ outcome: "accepted", changes: { added: 0, cancelled: 0, revised: 0 } });
  });

  test("judged as at the present an old feed is stale, and it says how to judge it as at another instant", run, async () => {
    const { code, stdout } = await calltime("feed", "check", file(EVENING), "--now", "2026-06-14T00:00Z");
    expect({ code, stale: stdout.includes("last programme ended 2 h ago") }).toEqual({ code: 2, stale: true });
    expect(stdout).not.toContain("--now judges it");
    const old = file(xmltv(EVENING).replaceAll("20260613", "20200613"));
    expect((await calltime("feed", "check", old)).stdout).toContain("--now judges it as at another instant");
  });

  test("the thresholds of a file of targets hold", run, async () => {
    const targets = join(folder(), "targets.yaml");
    const api =
      "{ id: api, kind: ecs-service, throughput: 1, baseline: 1, ceiling: 2, loadPerViewer: 1, startUpMinutes: 1, launchPerMinute: 1, scalesIn: none }";
    writeFileSync(targets, `targets: [${api}]\nfeedGate: { fillerShare: 0.2 }\n`);
    const { code, stdout } = await calltime("feed", "check", file(EVENING), ...NOW, "--targets", targets);
    expect({ code, fillers: stdout.includes("25 % of the feed's programme time is fillers") }).toEqual({ code: 2, fillers: true });
  });

  test("what cannot be read at all is said in a sentence with its code, and the exit code says 3", run, async () => {
    const cut = file(xmltv(EVENING).slice(0, 400));
    const { code, stdout, stderr } = await calltime("feed", "check", cut);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(/^calltime: \S+guide\.xml: line 6: the feed ends too soon .* \(feed-truncated\)\n$/);
    expect(await calltime("feed", "check", join(folder(), "none.xml"))).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/none\.xml: there is no such file; name a feed that can be read \(file-unreadable\)/) as string,
    });
    const json = await calltime("feed", "check", cut, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: "unreadable", error: { code: "feed-truncated" } });
    expect(await calltime("feed", "check", file(EVENING), "--zone", "Europe/Nowhere")).toMatchObject({ code: 3 });
    expect((await calltime("feed", "check")).code).toBe(2);
  });
});

describe("calltime feed diff", () => {
  test("what changed is told as facts, with before, after and how long before air", run, async () => {
    const before = file(EVENING);
    const after = join(folder(), "after.xml.gz");
    const changed: readonly Slot[] = [
      ["1800", "1900", "News Extra"],
      ["1930", "2145", "Cup Final"],
      ["2145", "2200", "Analysis"],
      ["1800", "2000", "Concert", "two"],
      ["2000", "2200", "Sendeschluss", "two"],
    ];
    const described = xmltv(changed).replace("<title>Concert</title>", "<title>Concert</title><desc>With a guest</desc>");
    writeFileSync(after, gzipSync(described));
    expect(await calltime("feed", "diff", before, after, "--now", "2026-06-13T18:45Z")).toEqual({
      code: 1,
      stderr: "",
      stdout: [
        `from ${before} to ${after}: 1 added, 1 cancelled, 1 moved, 1 retitled, 1 revised`,
        'retitled   one  "News Extra": was "News", 2026-06-13T18:00–19:00Z, 45 min after it began',
        'revised    two  "Concert": another description, 2026-06-13T18:00–20:00Z, 45 min after it began',
        'moved      one  "Cup Final": 2026-06-13T19:00–21:00Z, now 2026-06-13T19:30–21:45Z (30 min later, 2 h 15 min instead of 2 h long), 45 min before air',
        'cancelled  one  "Late Film": was 2026-06-13T21:00–22:00Z, 2 h 15 min before air',
        'added      one  "Analysis": 2026-06-13T21:45–22:00Z, 3 h before air',
        "",
      ].join("\n"),
    });
    const json = JSON.parse((await calltime("feed", "diff", before, after, "--json")).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({
      now: null,
      counts: { added: 1, cancelled: 1, moved: 1, extended: 0, shortened: 0, retitled: 1, revised: 1 },
    });
    expect((json["changes"] as readonly unknown[]).at(-1)).toMatchObject({
      kind: "added",
      channelId: "one",
      before: null,
      after: { title: "Analysis", startsAt: "2026-06-13T21:45:00.000Z", endsAt: "2026-06-13T22:00:00.000Z" },
      minutesBeforeAir: null,
    });
  });

  test("the same feed again changed nothing, and one that cannot be read is 3", run, async () => {
    const guide = file(EVENING);
    expect(await calltime("feed", "diff", guide, guide)).toMatchObject({ code: 0, stdout: `from ${guide} to ${guide}: nothing changed\n` });
    expect(await calltime("feed", "diff", guide, file("", "empty.xml"))).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/empty\.xml: the feed is empty; .* \(feed-empty\)/) as string,
    });
  });
});

test("what was set aside is looked at, accepted or rejected from a shell", run, async () => {
  const data = folder();
  const server = await serveEvening(await smallEvening(), { port: 0, tokenDirectory: data });
  onTestFinished(() => server.close());
  const ask = (...args: readonly string[]) => calltime("feed", ...args, "--url", server.url, "--data", data);
  const upload = (lines: readonly string[]) =>
    fetch(`${server.url}/v1/feeds/guide`, {
      method: "PUT",
      body: feedOf(lines),
      headers: { authorization: `Bearer ${readFileSync(join(data, "token"), "utf8").trim()}` },
    });
  expect(await ask("quarantine", "guide")).toMatchObject({ code: 0, stdout: "guide: nothing is set aside\n" });

  expect((await upload(LINES.slice(4))).status).toBe(422);
  const { stdout } = await ask("quarantine", "guide");
  const id = /upload (\S+) of/.exec(stdout)?.[1] ?? "";
  expect(stdout).toMatch(/^guide: upload \S+ of 2026-06-13T\d\d:\d\dZ is set aside, judged beside generation 1; kept until 2026-06-16T/);
  expect(stdout).toMatch(/\n {2}\d of \d programmes still to come .* \(shrunken\)\n/);
  expect(stdout).toContain(`\n  decide: calltime feed accept guide --upload ${id} --why …, or calltime feed reject guide`);

  const decide = (word: string, ...more: readonly string[]) =>
    ask(word, "guide", "--author", "desk", "--why", "channel one is off air", ...more);
  expect(await decide("accept", "--upload", "another")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("(quarantine-replaced)") as string,
  });
  const accepted = `upload ${id}, accepted by desk: channel one is off air; generation 2 is in force`;
  expect(await decide("accept", "--upload", id)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`guide: ${accepted}, with `) as string,
  });
  expect(await decide("accept")).toMatchObject({ code: 0, stdout: `guide: unchanged: ${accepted}\n` });
  expect(await decide("reject")).toMatchObject({ code: 1, stderr: expect.stringContaining("(quarantine-decided)") as string });

  expect((await upload(LINES.slice(0, 0))).status).toBe(422);
  expect((await ask("quarantine", "guide")).stdout).toContain(
    "it cannot be accepted any more: it lists nothing, or was too large to be kept",
  );
  expect((await decide("reject")).stdout).toMatch(
    /^guide: upload \S+, rejected by desk: channel one is off air; generation 2 is in force\n$/,
  );
  expect((await ask("quarantine", "guide")).stdout).toMatch(/\n {2}rejected by desk at .*: channel one is off air\n$/);
  expect((await calltime("feed", "accept", "guide")).code).toBe(2);
});

describeWithData("calltime feed check of real guides", () => {
  test("the Dutch guide of the clock change is flagged, whether its zone is named or not", run, async () => {
    const guide = dataFile("epg/nasty/natural/Netherlands.xml.gz");
    const sentence = "Clocks change at 2025-10-26T01:00Z, and then 48 of 240 channels (20 %) have nothing on air";
    for (const zone of [[], ["--zone", "Europe/Amsterdam"]]) {
      const { code, stdout } = await calltime("feed", "check", guide, "--now", "2025-10-25T21:00Z", ...zone);
      expect({ code, flagged: stdout.includes(sentence) }).toEqual({ code: 1, flagged: true });
    }
    const elsewhere = await calltime("feed", "check", guide, "--now", "2025-10-25T21:00Z", "--zone", "America/New_York");
    expect(elsewhere.stdout).not.toContain("Clocks change");
  });
});
