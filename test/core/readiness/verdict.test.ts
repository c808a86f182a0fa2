import { describe, expect, test } from "vitest";
import {
  assessReadiness,
  CHECKPOINTS,
  checkpointsOf,
  VERDICTS,
  type Checkpoint,
  type TargetEvidence,
} from "../../../shared/core/readiness/verdict.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

const START = Date.UTC(2025, 11, 31, 17);
const NOW = START - 10 * MINUTE_MS;

/** A target with half of what it needs, and the rest on its way in time. */
function evidence(changes: Partial<TargetEvidence> = {}): TargetEvidence {
  return {
    targetId: "player-api",
    neededUnits: 100,
    servingUnits: 50,
    floorUnits: 100,
    neededByMs: START + 2 * MINUTE_MS,
    readyByMs: START - 3 * MINUTE_MS,
    shortUnits: 0,
    cappedUnits: 0,
    loadKnown: true,
    mode: "active",
    ...changes,
  };
}

function assess(targets: readonly TargetEvidence[], checkpoint: Checkpoint = "T-10") {
  return assessReadiness({ checkpoint, targets, now: NOW });
}

function judged(changes: Partial<TargetEvidence>) {
  const { verdict, evidence: of } = assess([evidence(changes)]);
  return [verdict, of[0]?.note];
}

describe("one target", () => {
  test("it is ready when what is needed serves", () => {
    expect(judged({ servingUnits: 100 })).toEqual(["ready", "100 of 100 serving"]);
  });

  test("two in a hundred missing is no difference to be woken for, three is", () => {
    expect(judged({ servingUnits: 98 })[0]).toBe("ready");
    expect(judged({ servingUnits: 97 })[0]).not.toBe("ready");
  });

  test("what its control plane says besides stands in the note, whatever the verdict", () => {
    const remarks = ["a deployment is under way", "its cluster is modifying"];
    expect(judged({ servingUnits: 100, remarks })).toEqual(["ready", `100 of 100 serving; ${remarks.join("; ")}`]);
  });

  test("it warms on time when all was asked for and will be there", () => {
    expect(judged({})).toEqual(["warming-on-time", "50 of 100 serving"]);
  });

  test("it is planned while some of it is still to be asked for, in time", () => {
    expect(judged({ floorUnits: 60 })).toEqual(["planned", "50 of 100 serving, the rest is asked for in time"]);
  });

  test("it is late when the last of it comes after it is needed, or is asked for by nothing", () => {
    expect(judged({ readyByMs: START + 2 * MINUTE_MS })[0]).toBe("warming-on-time");
    expect(judged({ readyByMs: START + 2 * MINUTE_MS + 1 })).toEqual(["late", "50 of 100 serving, not there in time"]);
    expect(judged({ readyByMs: undefined })).toEqual(["late", "50 of 100 serving, not there in time"]);
  });

  test("it is late when it should be serving by now and is not, though there would still be time", () => {
    expect(judged({ readyByMs: NOW - 3 * MINUTE_MS })).toEqual(["late", "50 of 100 serving, the rest is overdue by 3 min"]);
    expect(judged({ readyByMs: NOW })[0]).toBe("warming-on-time");
  });

  test("it is short when its own limits do not let it have what it needs, whatever else is unknown", () => {
    expect(judged({ shortUnits: 12 })).toEqual(["short", "your limits leave it short by 12"]);
    expect(judged({ shortUnits: 12, servingUnits: undefined })[0]).toBe("short");
    expect(judged({ cappedUnits: 12 })).toEqual(["short", expect.stringContaining("leaves it short by 12") as string]);
    expect(judged({ shortUnits: 12, servingUnits: 100 })[0]).toBe("short");
  });

  test("it is short when it needs more and nothing is written for it", () => {
    expect(judged({ mode: "observe" })).toEqual(["short", "50 of 100 serving, and its mode is observe: nothing is written"]);
    expect(judged({ mode: "frozen", servingUnits: 100 })[0]).toBe("ready");
  });

  test("it is unknown when the load to come or what serves is unknown: neither is taken for zero", () => {
    expect(judged({ neededUnits: undefined })).toEqual(["unknown", "the load to come is unknown"]);
    expect(judged({ servingUnits: undefined })).toEqual(["unknown", "how many units are serving could not be found out"]);
    expect(judged({ neededUnits: 0, servingUnits: 0 })[0]).toBe("ready");
    expect(judged({ loadKnown: false, servingUnits: 100 })).toEqual([
      "unknown",
      "100 of 100 serving, and more may come: the usual load is unknown",
    ]);
    expect(judged({ loadKnown: false, readyByMs: undefined })[0]).toBe("late");
  });
});

/** Evidence that gives each verdict. */
const GIVES: { readonly [V in (typeof VERDICTS)[number]]: TargetEvidence } = {
  ready: evidence({ servingUnits: 100 }),
  "warming-on-time": evidence(),
  planned: evidence({ floorUnits: 60 }),
  unknown: evidence({ servingUnits: undefined }),
  late: evidence({ readyByMs: undefined }),
  short: evidence({ shortUnits: 1 }),
};

describe("an occasion", () => {
  test("the worst of its targets decides", () => {
    for (const [a, one] of VERDICTS.entries()) {
      for (const [b, other] of VERDICTS.entries()) {
        expect(assess([GIVES[one], GIVES[other]]).verdict).toBe(VERDICTS[Math.max(a, b)]);
      }
    }
  });

  test("a target that is only observed is judged and wakes nobody; one that is frozen does", () => {
    const observed = assess([evidence({ mode: "observe", shortUnits: 5 }), GIVES.ready]);
    expect([observed.verdict, observed.pages]).toEqual(["short", false]);
    expect(assess([evidence({ mode: "frozen", shortUnits: 5 }), GIVES.ready]).pages).toBe(true);
    expect(assess([evidence({ mode: "observe", shortUnits: 5 }), GIVES.late]).pages).toBe(true);
  });

  test("without evidence nothing is ready: it is unknown", () => {
    expect(assess([]).verdict).toBe("unknown");
  });

  test("each target keeps its own verdict and evidence", () => {
    const { evidence: all } = assess([GIVES.late, GIVES.ready]);
    expect(all.map(({ verdict }) => verdict)).toEqual(["late", "ready"]);
    expect(all[1]).toMatchObject(GIVES.ready);
  });

  test("late and short page at once, unknown from ten minutes before, nothing else ever", () => {
    const paged = VERDICTS.flatMap((verdict) =>
      CHECKPOINTS.filter((checkpoint) => assess([GIVES[verdict]], checkpoint).pages).map((checkpoint) => `${verdict} ${checkpoint}`),
    );
    const all = (verdict: string, checkpoints: readonly string[]) => checkpoints.map((checkpoint) => `${verdict} ${checkpoint}`);
    expect(paged).toEqual([...all("unknown", ["T-10", "T-2"]), ...all("late", CHECKPOINTS), ...all("short", CHECKPOINTS)]);
  });
});

describe("checkpoints", () => {
  test("they come when the longest lead begins, and 30, 10 and 2 minutes before the start", () => {
    expect(checkpointsOf(START, HOUR_MS)).toEqual([
      { checkpoint: "longest-lead", atMs: START - HOUR_MS },
      { checkpoint: "T-30", atMs: START - 30 * MINUTE_MS },
      { checkpoint: "T-10", atMs: START - 10 * MINUTE_MS },
      { checkpoint: "T-2", atMs: START - 2 * MINUTE_MS },
    ]);
  });

  test("a lead shorter than the others takes its place among them", () => {
    expect(checkpointsOf(START, 5 * MINUTE_MS).map(({ checkpoint }) => checkpoint)).toEqual(["T-30", "T-10", "longest-lead", "T-2"]);
  });
});

describe("a raise that does not go through", () => {
  const failing = (attempts: number, needsPerson = false) => ({ code: "ThrottlingException", reason: "slow down", attempts, needsPerson });

  test("is late at once where it takes a person, and where it was put off for long, though there would still be time", () => {
    expect(judged({ failing: failing(1, true) })).toEqual([
      "late",
      "50 of 100 serving, and it cannot be set: ThrottlingException: slow down",
    ]);
    expect(judged({ failing: failing(4) })).toEqual(["warming-on-time", "50 of 100 serving"]);
    expect(judged({ failing: failing(5) })).toEqual([
      "late",
      "50 of 100 serving, and it cannot be set, 5 times in a row: ThrottlingException: slow down",
    ]);
    expect(judged({ failing: failing(9, true), servingUnits: 100 })[0]).toBe("ready");
  });

  test("says what it waits for where it waits for its database", () => {
    expect(judged({ waitsFor: "catalogue-db", readyByMs: START + 5 * MINUTE_MS })).toEqual([
      "late",
      "50 of 100 serving, the rest waits for connections of catalogue-db",
    ]);
    expect(judged({ waitsFor: "catalogue-db" })[0]).toBe("warming-on-time");
  });
});
