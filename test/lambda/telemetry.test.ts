import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SAYS = fileURLToPath(new URL("says.ts", import.meta.url));

describe("telemetry", () => {
  test("is one JSON line a thing said, and one EMF line for what was counted", () => {
    // A process of its own: what is written is what CloudWatch would read.
    const { stdout, stderr } = spawnSync(process.execPath, [SAYS], { encoding: "utf8" });
    const lines = [...stdout.trim().split("\n"), ...stderr.trim().split("\n")];
    const said = lines.map((each) => JSON.parse(each) as Record<string, unknown>);
    const [line, counted, failed] = said;
    expect(line).toMatchObject({ level: "INFO", message: "a line", service: "cue", stage: "test", hops: 2 });
    expect(failed).toMatchObject({ level: "ERROR", message: "cue failed", code: "time-over", durationMs: 12 });
    expect(failed?.["error"]).toMatchObject({ name: "CalltimeError", message: "its time was over" });
    expect(counted).toMatchObject({ service: "cue", stage: "test", Handled: 1, FeedAge: 600 });
    expect(counted?.["_aws"]).toMatchObject({
      CloudWatchMetrics: [
        {
          Namespace: "Calltime",
          Dimensions: [["service", "stage"]],
          Metrics: [
            { Name: "Handled", Unit: "Count" },
            { Name: "FeedAge", Unit: "Seconds" },
          ],
        },
      ],
    });
    expect(said).toHaveLength(3);
  });
});
