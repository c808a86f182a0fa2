import { describe, expect, test } from "vitest";
import { sentenceOfAction, type Means, type NextAction } from "../../../shared/core/readiness/next-action.ts";
import { assessReadiness, type TargetEvidence } from "../../../shared/core/readiness/verdict.ts";
import type { Target } from "../../../shared/core/target.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { target } from "../plan/made.ts";

const START = Date.UTC(2025, 11, 31, 17);
const NOW = START - 10 * MINUTE_MS;
const API = target({ id: "api", ceilingUnits: 200 });

/** Half of what is needed, and the rest overdue since three minutes ago: three minutes and two or three launches of twenty would be in time. */
function late(changes: Partial<TargetEvidence> = {}): TargetEvidence {
  return {
    targetId: "api",
    neededUnits: 100,
    servingUnits: 50,
    floorUnits: 100,
    neededByMs: START,
    readyByMs: NOW - 3 * MINUTE_MS,
    shortUnits: 0,
    cappedUnits: 0,
    loadKnown: true,
    mode: "active",
    ...changes,
  };
}

function nextOf(changes: Partial<TargetEvidence>, of: Partial<Target> = {}, others: readonly (readonly [TargetEvidence, Means])[] = []) {
  const means = new Map<string, Means>([["api", { target: { ...API, ...of }, startUpMs: 3 * MINUTE_MS }]]);
  for (const [{ targetId }, each] of others) means.set(targetId, each);
  const targets = [late(changes), ...others.map(([each]) => each)];
  return assessReadiness({ checkpoint: "T-10", targets, means, now: NOW }).evidence[0]?.next;
}

/** Three minutes before the start nothing more comes up in time. */
const TOO_LATE = { neededByMs: NOW + 3 * MINUTE_MS };
const SHED = [
  { what: "recommendations", share: 0.2 },
  { what: "search", share: 0.35 },
  { what: "thumbnails", share: 0.1 },
];

describe("the next best action", () => {
  test("is none while it is ready, or will be in time", () => {
    expect(nextOf({ servingUnits: 100 })).toBeUndefined();
    expect(nextOf({ readyByMs: START })).toBeUndefined();
    expect(nextOf({ readyByMs: START, floorUnits: 60 })).toBeUndefined();
  });

  test("of what is unknown is to find it out, the load before what serves", () => {
    expect(nextOf({ servingUnits: undefined })).toEqual({ type: "look", what: "serving" });
    expect(nextOf({ neededUnits: undefined, servingUnits: undefined })).toEqual({ type: "look", what: "load" });
    expect(nextOf({ servingUnits: 100, loadKnown: false })).toEqual({ type: "look", what: "load" });
  });

  test("is what stands in the way, where something does: a cap, a mode, a control plane that says no, a database", () => {
    expect(nextOf({ cappedUnits: 30 })).toEqual({ type: "expect", units: 30 });
    expect(nextOf({ mode: "frozen" })).toEqual({ type: "activate" });
    const failing = { code: "AccessDenied", reason: "no", attempts: 1, needsPerson: true };
    expect(nextOf({ failing })).toEqual({ type: "permit", code: "AccessDenied" });
    expect(nextOf({ waitsFor: "db" })).toEqual({ type: "first", targetId: "db" });
  });

  test("is a larger step while as many more can still be there in time, never beyond the ceiling", () => {
    expect(nextOf({})).toEqual({ type: "larger-step", toUnits: 150 });
    expect(nextOf({}, { ceilingUnits: 120 })).toEqual({ type: "larger-step", toUnits: 120 });
    expect(nextOf({}, { ceilingUnits: 100 })).toEqual({ type: "page" });
    // Fifty take three minutes and three launches, and three more, as those before them do.
    expect(nextOf({ neededByMs: NOW + 9 * MINUTE_MS })).toMatchObject({ type: "larger-step" });
    expect(nextOf({ neededByMs: NOW + 8 * MINUTE_MS })).toEqual({ type: "page" });
  });

  test("is a larger limit while there is time to fill it", () => {
    const short = { servingUnits: 100, floorUnits: 100, shortUnits: 40 };
    expect(nextOf(short, { ceilingUnits: 100 })).toEqual({ type: "raise-limit", units: 40 });
    expect(nextOf({ ...short, ...TOO_LATE }, { ceilingUnits: 100 })).toEqual({ type: "page" });
  });

  test("is another target of the same tag, ready itself, with room and time for what is missing in its own units", () => {
    const other = (changes: Partial<TargetEvidence>, of: Partial<Target> = {}): readonly [TargetEvidence, Means] => [
      { ...late({ targetId: "spare", neededUnits: 20, servingUnits: 20, floorUnits: 20, ...changes }) },
      { target: target({ id: "spare", tags: ["player"], throughputRps: 250, launchUnitsPerMinute: 100, ...of }), startUpMs: MINUTE_MS },
    ];
    const tagged = { tags: ["player", "web"] };
    // Fifty units of 100 requests a second are twenty of 250.
    expect(nextOf(TOO_LATE, tagged, [other({})])).toEqual({ type: "other-target", targetId: "spare", byUnits: 20 });
    for (const no of [
      other({ servingUnits: 5 }),
      other({ mode: "observe" }),
      other({}, { ceilingUnits: 39 }),
      other({}, { tags: ["web2"] }),
    ])
      expect(nextOf(TOO_LATE, tagged, [no])).toEqual({ type: "page" });
    expect(nextOf({ neededByMs: NOW + MINUTE_MS }, tagged, [other({})])).toEqual({ type: "page" });
  });

  test("is to leave out the first of what its owner can do without that makes up for it, or all of that where it does not", () => {
    expect(nextOf(TOO_LATE, { shed: SHED })).toEqual({
      type: "shed",
      what: ["recommendations", "search"],
      share: 0.55,
      missingShare: 0.5,
    });
    expect(nextOf({ ...TOO_LATE, servingUnits: 85 }, { shed: SHED })).toMatchObject({ what: ["recommendations"], missingShare: 0.15 });
    expect(nextOf({ ...TOO_LATE, servingUnits: 10 }, { shed: SHED })).toMatchObject({ what: ["recommendations", "search", "thumbnails"] });
  });

  test("is to page where there is nothing else, and for a target that was not planned", () => {
    expect(nextOf(TOO_LATE)).toEqual({ type: "page" });
    const [alone] = assessReadiness({ checkpoint: "T-10", targets: [late()], now: NOW }).evidence;
    expect(alone?.next).toEqual({ type: "page" });
  });
});

const SENTENCES: Readonly<Record<NextAction["type"], readonly [NextAction, string]>> = {
  look: [{ type: "look", what: "serving" }, "find out what serves of api, at its own control plane; nothing proves that it is there"],
  expect: [{ type: "expect", units: 30 }, "say what is expected, by an expectation or an override: 30 more units rest on the feed alone"],
  activate: [{ type: "activate" }, "set api active, or have its own people raise it"],
  permit: [{ type: "permit", code: "AccessDenied" }, "mend what says AccessDenied; nothing is set before"],
  first: [{ type: "first", targetId: "db" }, "bring db up first: api waits for its connections"],
  "raise-limit": [{ type: "raise-limit", units: 40 }, "raise what limits api by 40 units now: there is still time to fill it"],
  "larger-step": [
    { type: "larger-step", toUnits: 150 },
    "ask for 150 units of api at once, by an override: what was asked for does not come up, and more still can",
  ],
  "other-target": [
    { type: "other-target", targetId: "spare", byUnits: 20 },
    "send a part of it to spare, raised by 20 units: there is time for that",
  ],
  shed: [
    { type: "shed", what: ["recommendations", "search"], share: 0.55, missingShare: 0.6 },
    "leave out recommendations, search: 55 % of its load, and 60 % are missing; that is not enough: page its owner as well",
  ],
  page: [{ type: "page" }, "page the owner of api: no more of it can be there in time, and nothing is known that could be left out"],
};

test.each(Object.values(SENTENCES))("there is a sentence for %o", (action, sentence) => {
  expect(sentenceOfAction(action, { targetId: "api" })).toBe(sentence);
});
