import { describe, expect, test } from "vitest";
import { gathered } from "../../shared/aws/gathered.ts";
import { withinLimit, MACHINE_TIMING, type Timing } from "../../shared/aws/timing.ts";
import { tokenBucket } from "../../shared/aws/token-bucket.ts";

/** A clock that moves by what is slept. */
function sleeping(): Timing & { passMs: (ms: number) => void } {
  let now = 1_000_000;
  return { now: () => now, sleep: async (ms) => void (now += ms), random: () => 0, passMs: (ms) => void (now += ms) };
}

describe("the turns of calls", () => {
  const pace = { callsPerSecond: 10, burst: 3, longestWaitMs: 500 };

  test("a burst goes out at once, the rest at the pace", async () => {
    const timing = sleeping();
    const { turn } = tokenBucket(pace, timing);
    const at: number[] = [];
    for (let call = 0; call < 6; call += 1) {
      await turn();
      at.push(timing.now() - 1_000_000);
    }
    expect(at).toEqual([0, 0, 0, 100, 200, 300]);
  });

  test("after a pause the burst is there again, and no more", async () => {
    const timing = sleeping();
    const { turn } = tokenBucket(pace, timing);
    for (let call = 0; call < 5; call += 1) await turn();
    timing.passMs(60_000);
    const from = timing.now();
    for (let call = 0; call < 4; call += 1) await turn();
    expect(timing.now() - from).toBe(100);
  });

  test("who would wait longer than allowed is sent away and takes no turn", async () => {
    const { turn } = tokenBucket(pace, { now: () => 0, sleep: async () => {}, random: () => 0 });
    for (let call = 0; call < 8; call += 1) await turn();
    await expect(turn()).rejects.toMatchObject({ code: "throttled-here" });
    await expect(turn()).rejects.toMatchObject({ code: "throttled-here" });
  });
});

describe("what is asked for at nearly the same time", () => {
  test("goes out together, each key once, in calls of at most so many", async () => {
    const calls: (readonly string[])[] = [];
    const ask = gathered(2, MACHINE_TIMING, async (keys) => {
      calls.push(keys);
      return new Map(keys.map((key) => [key, key.toUpperCase()]));
    });
    expect(await Promise.all(["a", "b", "a", "c"].map(ask))).toEqual(["A", "B", "A", "C"]);
    expect(calls).toEqual([["a", "b"], ["c"]]);
    expect(await ask("d")).toBe("D");
    expect(calls).toHaveLength(3);
  });

  test("fails for those in the call that failed, and is undefined for what was not answered for", async () => {
    const ask = gathered(1, MACHINE_TIMING, async ([key = ""]) => {
      if (key === "bad") throw new Error("no");
      return new Map(key === "none" ? [] : [[key, 1]]);
    });
    const [good, bad, none] = await Promise.allSettled(["good", "bad", "none"].map(ask));
    expect(good).toMatchObject({ value: 1 });
    expect(bad).toMatchObject({ status: "rejected" });
    expect(none).toMatchObject({ value: undefined });
  });
});

describe("a limit", () => {
  test("ends what hangs, tells it so, and leaves no timer behind what is done", async () => {
    let told: AbortSignal | undefined;
    const hanging = withinLimit(20, "db", (signal) => {
      told = signal;
      return new Promise(() => {});
    });
    await expect(hanging).rejects.toMatchObject({ code: "no-answer-in-time", message: "db: no answer within 20 ms" });
    expect(told?.aborted).toBe(true);
    expect(await withinLimit(60_000, "db", async () => "done")).toBe("done");
  });
});
