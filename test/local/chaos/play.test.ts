import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { playBatch } from "../../../local/chaos/batch.ts";
import { playEvening } from "../../../local/chaos/play.ts";
import { PLANTS, planted } from "../../../local/chaos/plants.ts";

const PATIENCE_MS = 120_000;

describe("playing an evening", () => {
  test("the same seed comes to the same, with every promise kept", { timeout: PATIENCE_MS }, async () => {
    const once = await playEvening(102, undefined);
    expect(once.violations).toEqual([]);
    expect(once.troubles["raises"]).toBeGreaterThan(0);
    expect(await playEvening(102, undefined)).toEqual(once);
  });

  // Each with a seed on which it shows.
  test.each([
    ["gap-is-zero", 100, "needed-floor-lowered"],
    ["raise-not-sent", 101, "short-without-cause"],
    ["override-forgotten", 105, "override-lost"],
    ["event-swallowed", 105, "dead-letter-unaccounted"],
    ["booking-that-lowers", 24, "scheduled-action-lowered"],
    ["cap-forgotten", 237, "feed-overspent"],
  ] as const)("the planted bug %s is caught", { timeout: PATIENCE_MS }, async (name, seed, kind) => {
    expect(PLANTS.map((plant) => plant.name)).toContain(name);
    const { violations } = await playEvening(seed, planted(name));
    expect(violations.map((violation) => violation.kind)).toContain(kind);
  });

  test("a bug that nobody knows cannot be planted", () => {
    expect(() => planted("none-such")).toThrow(/chaos-plant-unknown|there is no such bug/);
  });
});

describe("a batch", () => {
  const directory = mkdtempSync(join(tmpdir(), "calltime-chaos-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const setting = { firstSeed: 102, evenings: 2, workers: 1, plant: undefined, directory };

  test("goes on after a stop: what is kept is not played again, and a line that was cut off is", { timeout: PATIENCE_MS }, async () => {
    const whole = await playBatch(setting, "abc");
    const file = join(directory, "evenings.ndjson");
    const [first = ""] = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${first}\n`);
    appendFileSync(file, '{"seed":103,"minu');
    const played: number[] = [];
    expect(await playBatch({ ...setting, onEvening: ({ seed }) => void played.push(seed) }, "abc")).toEqual(whole);
    expect(played).toEqual([103]);
  });

  test("of another commit is not mixed in", async () => {
    await expect(playBatch(setting, "def")).rejects.toMatchObject({ code: "chaos-batch-other" });
  });
});
