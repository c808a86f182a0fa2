import { describe, expect, test } from "vitest";
import type { Pace } from "../../shared/app/ports.ts";
import { DESCRIBE_LIMIT_MS } from "../../shared/aws/capacity-control.ts";
import { gathered } from "../../shared/aws/gathered.ts";
import { MACHINE_PACE } from "../../shared/app/ports/machine-pace.ts";
import { withinLimit } from "../../shared/aws/within-limit.ts";
import { DEFAULT_RATE, tokenBucket } from "../../shared/aws/token-bucket.ts";

/** A clock that moves by what is slept. */
function sleeping(): Pace & { passMs: (ms: number) => void } {
  let now = 1_000_000;
  return { nowMs: () => now, wait: async (ms) => void (now += ms), random: () => 0, passMs: (ms) => void (now += ms) };
}

describe("the turns of calls", () => {
  const rate = { callsPerSecond: 10, burst: 3, longestWaitMs: 500 };

  test("the looks at 100 targets of one account have their turns within the limit of a look", async () => {
    const pace = sleeping();
    const { turn } = tokenBucket(DEFAULT_RATE, pace);
    for (let call = 0; call < 102; call += 1) await turn();
    expect(pace.nowMs() - 1_000_000).toBeLessThan(DESCRIBE_LIMIT_MS - 1_500);
  });

  test("a burst goes out at once, the rest at the rate", async () => {
    const pace = sleeping();
    const { turn } = tokenBucket(rate, pace);
    const at: number[] = [];
    for (let call = 0; call < 6; call += 1) {
      await turn();
      at.push(pace.nowMs() - 1_000_000);
    }
    expect(at).toEqual([0, 0, 0, 100, 200, 300]);
  });

  test("after a pause the burst is there again, and no more", async () => {
    const pace = sleeping();
    const { turn } = tokenBucket(rate, pace);
    for (let call = 0; call < 5; call += 1) await turn();
    pace.passMs(60_000);
    const from = pace.nowMs();
    for (let call = 0; call < 4; call += 1) await turn();
    expect(pace.nowMs() - from).toBe(100);
  });

  test("who would wait longer than allowed is sent away and takes no turn", async () => {
    const { turn } = tokenBucket(rate, { nowMs: () => 0, wait: async () => {}, random: () => 0 });
    for (let call = 0; call < 8; call += 1) await turn();
    await expect(turn()).rejects.toMatchObject({ code: "throttled-here" });
    await expect(turn()).rejects.toMatchObject({ code: "throttled-here" });
  });
});

describe("what is asked for at nearly the same time", () => {
  test("goes out together, each key once, in calls of at most so many", async () => {
    const calls: (readonly string[])[] = [];
    const ask = gathered(2, MACHINE_PACE, async (keys) => {
      calls.push(keys);
      return new Map(keys.map((key) => [key, key.toUpperCase()]));
    });
    expect(await Promise.all(["a", "b", "a", "c"].map(ask))).toEqual(["A", "B", "A", "C"]);
    expect(calls).toEqual([["a", "b"], ["c"]]);
    expect(await ask("d")).toBe("D");
    expect(calls).toHaveLength(3);
  });

  test("fails for those in the call that failed, and is undefined for what was not answered for", async () => {
    const ask = gathered(1, MACHINE_PACE, async ([key = ""]) => {
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
