import { expect, test } from "vitest";
import { textOfReport } from "../../cli/text.ts";

const audienceLine = (forecastViewers: number, measuredViewers: number): string | undefined =>
  textOfReport(
    {
      fromMs: 0,
      toMs: 3_600_000,
      occasions: { above: 1, below: 0, unknownAudience: 0 },
      revealed: [],
      audiences: [{ occasionId: "o", name: "A Film", forecastViewers, measuredViewers, held: undefined }],
      targets: [],
    },
    [],
  ).find((line) => line.includes("A Film"));

test("a crowd that never came is said in words, not as a share of nothing", () => {
  expect(audienceLine(1765, -1221)).toBe("         A Film: 1,765 viewers forecast, no more than usual measured");
  expect(audienceLine(1765, 0)).toBe("         A Film: 1,765 viewers forecast, no more than usual measured");
});

test("a crowd that came is compared with its forecast", () =>
  expect(audienceLine(1500, 1000)).toBe("         A Film: 1,500 viewers forecast, 1,000 measured (forecast +50 %)"));
