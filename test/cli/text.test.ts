import { expect, test } from "vitest";
import { textOfReport } from "../../cli/text.ts";
import { modelUpdated } from "../../events/index.ts";

const audienceLine = (forecastViewers: number, measuredViewers: number): string | undefined =>
  textOfReport(
    {
      fromMs: 0,
      toMs: 3_600_000,
      occasions: { above: 1, below: 0, unknownAudience: 0 },
      revealed: [],
      audiences: [{ occasionId: "o", name: "A Film", forecastViewers, measuredViewers, held: undefined }],
      targets: [],
      deaths: [],
    },
    [],
  ).find((line) => line.includes("A Film"));

test("a crowd that never came is said in words, not as a share of nothing", () => {
  expect(audienceLine(1765, -1221)).toBe("         A Film: 1,765 viewers forecast, no more than usual measured");
  expect(audienceLine(1765, 0)).toBe("         A Film: 1,765 viewers forecast, no more than usual measured");
});

test("a crowd that came is compared with its forecast", () =>
  expect(audienceLine(1500, 1000)).toBe("         A Film: 1,500 viewers forecast, 1,000 measured (forecast +50 %)"));

test("the report lists every dead letter, with what has become of it; without one it says nothing of them", () => {
  const report = { fromMs: 0, toMs: 1, occasions: { above: 0, below: 0, unknownAudience: 0 }, revealed: [], audiences: [], targets: [] };
  const death = { id: "1", event: modelUpdated.example, subscriber: "plan", tries: 3, diedAtMs: 60_000, reason: "no store" };
  const lines = textOfReport(
    {
      ...report,
      deaths: [
        { ...death, redrivenAtMs: undefined, fate: "lies-there" },
        { ...death, redrivenAtMs: 120_000, fate: "delivered" },
      ],
    },
    [],
  );
  expect(lines.slice(2)).toEqual([
    "dead letters: 2, of which 1 redriven",
    expect.stringMatching(/calltime\.model\.updated of .* to plan: no store \(given up at 00:01, try 3\); lies there still$/),
    expect.stringMatching(/; redriven, and delivered$/),
  ]);
  expect(textOfReport({ ...report, deaths: [] }, []).join("\n")).not.toContain("dead");
});
