import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { dataFile, describeWithData } from "../data-folder.ts";
import { calltime, startCalltime, type Finished } from "./calltime.ts";

const FIXTURE = "test/fixtures/new-year";
const EVENING = [
  "start",
  `--schedule=${dataFile("epg/clean/Denmark.xml.gz")}`,
  "--from=2025-12-31T15:00:00Z",
  "--for=4h",
  "--headless",
  `--world=${FIXTURE}/world.yaml`,
  `--targets=${FIXTURE}/targets.yaml`,
];
const EXPECT = ["--expect", `${FIXTURE}/expect.yaml`];

type Occasion = { readonly occasionId: string; readonly name: string };
type Evening = {
  readonly feed: { readonly counts: Readonly<Record<string, number>> };
  readonly cues: readonly { readonly type: string; readonly data: CueData }[];
  readonly verdicts: readonly (Occasion & { readonly checkpoint: string; readonly verdict: string })[];
  readonly report: {
    readonly occasions: { readonly above: number; readonly below: number; readonly unknownAudience: number };
    readonly revealed: readonly (Occasion & { readonly impact: string; readonly viewers: number })[];
    readonly audiences: readonly {
      readonly name: string;
      readonly held: {
        readonly endedAt: string;
        readonly targets: readonly {
          readonly targetId: string;
          readonly peakUnits: number;
          readonly releasedToUnits: number;
          readonly releasedAt: string;
        }[];
      };
    }[];
    readonly targets: readonly {
      readonly targetId: string;
      readonly calltime: Score;
      readonly withoutPreWarming: Score;
      readonly loadForecastError: number;
    }[];
  };
};
type CueData = Occasion & {
  readonly programmes: readonly { readonly channelId: string; readonly startsAt: string; readonly endsAt: string }[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly timing: { readonly kind: string; readonly offsetMinutes?: number; readonly actualAt?: string };
};
type Score = {
  readonly unservedPerMillion: number;
  readonly unitHours: number;
  readonly oracleUnitHours: number;
  readonly causes: Readonly<Record<string, { readonly minutes: number }>>;
};

const SPEECH = "the King's New Year speech";

describeWithData("the Danish New Year's Eve of 2025, through the command", () => {
  const runs: Record<"text" | "again" | "json" | "untold", Finished> = {} as never;
  let told: Evening;
  let untold: Evening;

  beforeAll(async () => {
    const [text, json] = await Promise.all([calltime(...EVENING, ...EXPECT), calltime(...EVENING, ...EXPECT, "--json")]);
    const [again, silent] = await Promise.all([calltime(...EVENING, ...EXPECT), calltime(...EVENING, "--json")]);
    Object.assign(runs, { text, again, json, untold: silent });
    told = JSON.parse(json.stdout) as Evening;
    untold = JSON.parse(silent.stdout) as Evening;
  }, 180_000);

  test("it ends well, and says so with its exit code", () => {
    expect(Object.values(runs).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  });

  test("the feed is taken in whole: 72 channels, 69 with programmes, 3,562 programmes", () => {
    expect(runs.text.stdout.split("\n")[0]).toBe(
      "feed     Denmark.xml.gz: 72 channels, 69 with programmes, 3,562 programmes, 0 repairs, 0 rejected",
    );
    expect(told.feed.counts).toMatchObject({ channelsDeclared: 72, channelsWithProgrammes: 69, programmesRead: 3562 });
  });

  test("five slots on three channels are one occasion; the programme before it and the repeat stay apart", () => {
    const cue = told.cues.find(({ data }) => data.name === SPEECH);
    expect(cue?.data.programmes.map(({ channelId, startsAt }) => `${startsAt.slice(11, 16)} ${channelId}`)).toEqual([
      "16:45 DR1 HD (T).dk",
      "17:00 DR1 HD (T).dk",
      "17:00 TV 2 HD (D) (T).dk",
      "17:00 TV 2 News HD (D) (T).dk",
      "17:15 DR1 HD (T).dk",
    ]);
    expect([cue?.data.startsAt, cue?.data.endsAt]).toEqual(["2025-12-31T16:45:00.000Z", "2025-12-31T17:30:00.000Z"]);
  });

  test("others are told at every offset before the start and the end, and when it really starts and ends", () => {
    const moments = (side: string): readonly unknown[] =>
      told.cues
        .filter(({ type, data }) => type === `calltime.programme.${side}` && data.name === SPEECH)
        .map(({ data }) => data.timing.offsetMinutes ?? data.timing.kind);
    expect(moments("starting")).toEqual([120, 30, 10, 0, "actual"]);
    expect(moments("ending")).toEqual([120, 30, 10, 0, "actual"]);
  });

  test("it is ready before the start, and nothing is left unserved", () => {
    expect(told.verdicts.filter(({ name }) => name === SPEECH).map(({ checkpoint, verdict }) => [checkpoint, verdict])).toEqual([
      ["T-30", "planned"],
      ["longest-lead", expect.stringMatching(/planned|warming-on-time/)],
      ["T-10", expect.stringMatching(/planned|warming-on-time/)],
      ["T-2", "ready"],
    ]);
    for (const { calltime: score, withoutPreWarming } of told.report.targets) {
      expect(score.unservedPerMillion).toBeLessThanOrEqual(10);
      expect(withoutPreWarming.unservedPerMillion).toBeGreaterThan(1_000);
    }
  });

  test("it is held through seven minutes of overrun, and released after its real end", () => {
    const end = told.cues.find(
      ({ type, data }) => type === "calltime.programme.ending" && data.timing.kind === "actual" && data.name === SPEECH,
    );
    // The world's own end is 17:37; the crowd needs a minute to show it.
    expect(Date.parse(end?.data.timing.actualAt ?? "") - Date.parse("2025-12-31T17:37:00Z")).toBeLessThanOrEqual(3 * 60_000);
    expect(Date.parse(end?.data.timing.actualAt ?? "")).toBeGreaterThanOrEqual(Date.parse("2025-12-31T17:36:00Z"));
    const held = told.report.audiences.find(({ name }) => name === SPEECH)?.held;
    expect(held?.endedAt).toBe(end?.data.timing.actualAt);
    expect(held?.targets.map(({ targetId }) => targetId)).toEqual(["player-api", "catalogue-db", "edge"]);
    for (const { peakUnits, releasedToUnits, releasedAt } of held?.targets ?? []) {
      expect(releasedToUnits).toBeLessThan(peakUnits / 4);
      expect(Date.parse(releasedAt)).toBeGreaterThan(Date.parse(held?.endedAt ?? ""));
    }
  });

  test("what nobody was told is named as an occasion of unknown audience, and its shortage has that cause", () => {
    expect(untold.report.revealed.filter(({ impact }) => impact === "unknown-audience").map(({ name }) => name)).toContain(
      "H.M. Kongens nytårstale",
    );
    expect(untold.verdicts.filter(({ name }) => name.includes("nytårstale"))).toEqual([]);
    const [api] = untold.report.targets;
    expect(api?.calltime.causes["unknown-audience"]?.minutes).toBeGreaterThan(0);
    // The nowcast follows: less is lost than by autoscaling alone.
    expect(api?.calltime.unservedPerMillion).toBeLessThan(0.6 * (api?.withoutPreWarming.unservedPerMillion ?? 0));
  });

  test("how many occasions are of unknown audience is said, in words and in figures", () => {
    const { unknownAudience } = told.report.occasions;
    expect(unknownAudience).toBeGreaterThan(0);
    expect(runs.text.stdout).toContain(`${unknownAudience} of unknown audience`);
  });

  test("the same seed gives the same standard output, byte for byte", () => {
    expect(runs.again.stdout).toBe(runs.text.stdout);
  });

  test("a run that was stopped goes on where it was: its two outputs together are the one of an uninterrupted run", async () => {
    const data = mkdtempSync(join(tmpdir(), "calltime-resume-"));
    try {
      const { child, finished } = startCalltime([...EVENING, ...EXPECT, "--data", data]);
      child.stdout?.on("data", (text: string) => {
        if (text.includes("T-30): ")) child.kill("SIGTERM");
      });
      const first = await finished;
      expect(first.code).not.toBe(0);
      expect(first.stdout).not.toContain("report   ");
      const second = await calltime(...EVENING, ...EXPECT, "--data", data);
      expect(first.stdout + second.stdout).toBe(runs.text.stdout);
      const other = await calltime(...EVENING, ...EXPECT, "--data", data, "--seed=2");
      expect(other.stderr).toMatch(/run-mismatch/);
      expect(other.code).toBe(1);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  }, 120_000);
});
