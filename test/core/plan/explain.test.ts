import { describe, expect, test } from "vitest";
import { explain, sentenceOf } from "../../../shared/core/plan/explain.ts";
import { largestFloor, stepAt, type Reason } from "../../../shared/core/plan/plan.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { minute, needs, planned, times } from "./made.ts";

const SENTENCES: { readonly [T in Reason["type"]]: readonly [Extract<Reason, { type: T }>, string] } = {
  baseline: [{ type: "baseline", units: 4 }, "never below your own minimum of 4"],
  "usual-load": [{ type: "usual-load", loadRps: 812.4 }, "this part of the week carries 812 requests/s"],
  "measured-load": [{ type: "measured-load", loadRps: 900 }, "a few minutes ago it carried 900 requests/s"],
  occasion: [
    { type: "occasion", occasionId: "o-1", name: "the cup final", medianRps: 5_000, phase: "end" },
    "the cup final (the crowd at the end) adds 5000 requests/s",
  ],
  said: [
    {
      type: "said",
      occasionId: "o-1",
      name: "the cup final",
      said: { change: { kind: "end", byMinutes: 45 }, author: "newsroom", why: "extra time" },
    },
    "newsroom said that the cup final ends 45 min later than the guide says: extra time",
  ],
  surprise: [{ type: "surprise", loadRps: 300 }, "300 requests/s more than anything known explains"],
  near: [
    { type: "near", medianRps: 4_000, tailRps: 4_600, unservedPerMillion: 10 },
    "the newest minutes lead to 4000 requests/s; 4600 requests/s keeps what is left unserved to 10 per million",
  ],
  tail: [
    { type: "tail", medianRps: 4_000, tailRps: 5_200, unservedPerMillion: 10 },
    "expected 4000 requests/s; 5200 requests/s leaves no more than 10 per million of the forecast unserved",
  ],
  "zone-reserve": [{ type: "zone-reserve", zones: 3, units: 45 }, "45 carry the expected load even when one of 3 zones is lost"],
  connections: [
    {
      type: "connections",
      clients: [
        { targetId: "player-api", units: 600 },
        { targetId: "search", units: 40 },
      ],
      units: 4,
    },
    "600 of player-api and 40 of search need the connections of 4",
  ],
  "connection-budget": [
    { type: "connection-budget", database: "catalogue-db", units: 300 },
    "catalogue-db has connections for 300 units, no more",
  ],
  override: [{ type: "override", overrideId: "1", units: 50, author: "ops", why: "rehearsal" }, "ops asked for at least 50: rehearsal"],
  factor: [
    { type: "factor", overrideId: "2", factor: 1.5, units: 60, author: "ops", why: "rehearsal" },
    "ops asked for 1.5 times what its load takes, which is 60: rehearsal",
  ],
  hold: [
    { type: "hold", overrideId: "3", untilMs: minute(5), author: "ops", why: "rehearsal" },
    "ops asked that nothing be lowered: rehearsal",
  ],
  cap: [
    { type: "cap", occasionId: "e-1", name: "Cup Final", units: 40, capUsdPerHour: 100 },
    "Cup Final would take 40 more, and what rests on the feed alone may cost $100 an hour: left out until somebody expects it or its crowd is seen",
  ],
  ceiling: [{ type: "ceiling", units: 100, shortUnits: 12 }, "your maximum is 100: short by 12"],
  held: [{ type: "held", untilMs: minute(5) }, "held for a while after it was last needed"],
  "staged-release": [{ type: "staged-release", towardsUnits: 8 }, "on its way down to 8, in stages"],
  reservation: [{ type: "reservation", units: 550, neededUnits: 500 }, "550 are reserved for the evening, the most of which needs 500"],
  "reservation-kept": [
    { type: "reservation-kept", aheadUnits: 100, decreasesLeft: 1 },
    "100 would do; a reservation is lowered seldom, by half at least and after four quiet hours",
  ],
  unknown: [{ type: "unknown", why: "no load was measured lately" }, "no load was measured lately"],
};

test.each(Object.values(SENTENCES))("there is a sentence for %o", (reason, sentence) => {
  expect(sentenceOf(reason)).toBe(sentence);
});

describe("why a floor is what it is", () => {
  const plan = planned({ needs: needs([...times(30, 4), ...times(30, 44)]) });

  test("the answer is the step in force, with since when, for when, and a sentence for each reason", () => {
    expect(explain(plan, minute(27) + 30_000)).toEqual({
      kind: "known",
      targetId: "player-api",
      atMs: minute(27) + 30_000,
      floorUnits: 44,
      sinceMs: minute(25),
      neededByMs: minute(30),
      reasons: [{ type: "usual-load", loadRps: 44 }],
      sentences: ["this part of the week carries 44 requests/s"],
    });
  });

  test("outside the plan the answer is unknown, its first instant included and its last excluded", () => {
    expect(explain(plan, minute(0) - 1)).toMatchObject({ kind: "unknown", why: "the instant lies outside the plan" });
    expect(explain(plan, minute(0))).toMatchObject({ kind: "known", floorUnits: 4 });
    expect(explain(plan, minute(60) - 1)).toMatchObject({ kind: "known", floorUnits: 44 });
    expect(explain(plan, minute(60))).toMatchObject({ kind: "unknown" });
  });

  test("a step is in force from its own instant on", () => {
    expect(stepAt(plan, minute(25) - 1)?.floorUnits).toBe(4);
    expect(stepAt(plan, minute(25))?.floorUnits).toBe(44);
  });

  test("the largest floor of a stretch takes in the one in force at its beginning, and not one that begins at its end", () => {
    expect(largestFloor(plan, minute(20), minute(25))).toBe(4);
    expect(largestFloor(plan, minute(20), minute(26))).toBe(44);
    expect(largestFloor(plan, minute(40), minute(41))).toBe(44);
    expect(largestFloor(plan, minute(60), minute(61))).toBeUndefined();
    expect(largestFloor(plan, minute(0) - MINUTE_MS, minute(1))).toBe(4);
  });
});
