import { expect, test } from "vitest";
import type { StoredVerdict } from "../../shared/app/assess.ts";
import { setMode } from "../../shared/app/modes.ts";
import { readVerdicts } from "../../shared/app/operate.ts";
import type { World } from "../../shared/core/simulate/world.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, target } from "../app/made.ts";
import { DEPENDENT_TARGETS, runTo, smallEvening, type Changes } from "./small-evening.ts";

const API = { requestsPerViewerMinute: 1.2, requestsPerArrival: 6, requestsPerDeparture: 3, startUpMs: 95_000, startUpSpread: 0.2 };
const FRONT = target("front", { kind: "alb-lcu", throughputRps: 20, baselineUnits: 20, ceilingUnits: 1500, startUpMs: 30 * MINUTE_MS });

/** From before anything could be booked. */
const stretch = { fromMs: at(17), toMs: at(20) };
const refused = (targetId: string, kind: "refused" | "deferred", code: string): Partial<World> => ({
  refusals: [{ targetId, ...stretch, kind, code }],
});
const trouble = (kind: "lost" | "dark", where: string): Partial<World> => ({ troubles: [{ kind, where, ...stretch, lateMinutes: 0 }] });

/** Verdicts of the final, the last call last, with something wrong. */
async function verdictsOf(world: Partial<World>, changes: Changes = {}, mode?: "frozen"): Promise<readonly StoredVerdict[]> {
  const evening = await smallEvening({ ...changes, world: { ...world, targets: { api: API, ...world.targets } } });
  if (mode !== undefined) await setMode(evening.context, { mode, author: "ops", why: "a test" }, evening.nowMs());
  await runTo(evening, at(19));
  return (await readVerdicts(evening.context)).filter(({ startsAtMs }) => startsAtMs === at(19));
}

test("with nothing wrong the final is ready at the last call or warms on time, and nothing is to be done", async () => {
  const last = (await verdictsOf({})).at(-1);
  // The last units are asked for to be there two minutes after the start.
  expect(last).toMatchObject({ checkpoint: "T-2", pages: false, evidence: [{ targetId: "api" }] });
  expect(["ready", "warming-on-time"]).toContain(last?.verdict);
  expect(last?.evidence[0]).not.toHaveProperty("next");
}, 60_000);

type Case = {
  readonly world?: Partial<World>;
  readonly changes?: Changes;
  readonly mode?: "frozen";
  /** The target whose evidence says what is wrong, its verdict, its note and what is best done next, at the last call. */
  readonly targetId?: string;
  readonly verdict: string;
  readonly note: RegExp;
  readonly next: string;
};

const FAILURES: Readonly<Record<string, Case>> = {
  "a control plane that refuses": {
    world: refused("api", "refused", "AccessDeniedException"),
    verdict: "late",
    note: /^\d+ of \d+ serving, and it cannot be set.*AccessDeniedException/u,
    next: "permit",
  },
  "a control plane that throttles for an hour": {
    world: refused("api", "deferred", "ThrottlingException"),
    verdict: "late",
    note: /it cannot be set, \d+ times in a row: ThrottlingException/u,
    next: "shed",
  },
  "calls whose answers are lost and that did nothing": {
    world: trouble("lost", "api"),
    verdict: "late",
    note: /it cannot be set, \d+ times in a row: no-answer/u,
    next: "shed",
  },
  "a target that nobody can describe": {
    world: trouble("dark", "api"),
    verdict: "unknown",
    note: /how many units are serving could not be found out/u,
    next: "look",
  },
  "units that take four times as long as planned": {
    world: { targets: { api: { ...API, startUpMs: 14 * MINUTE_MS } } },
    verdict: "late",
    note: /\d+ of \d+ serving, (not there in time|the rest is overdue)/u,
    next: "shed",
  },
  "an account that starts a few units a minute": {
    world: { accountLaunchUnitsPerMinute: 1 },
    verdict: "late",
    note: /\d+ of \d+ serving/u,
    next: "shed",
  },
  "a deployment that resets the count": {
    world: { deployments: [{ targetId: "api", fromMs: at(18, 57), toMs: at(19, 5), countUnits: 4 }] },
    verdict: "late",
    note: /\d+ of \d+ serving/u,
    next: "shed",
  },
  "a maximum that is too small": {
    changes: {
      settings: { targets: [target("api", { loadPerViewerRps: 0.02, ceilingUnits: 20, shed: [{ what: "search", share: 0.9 }] })] },
    },
    verdict: "short",
    note: /your limits leave it short by \d+/u,
    next: "shed",
  },
  "a target that is frozen": { mode: "frozen", verdict: "short", note: /its mode is frozen: nothing is written/u, next: "activate" },
  "a database that refuses": {
    world: { ...refused("db", "refused", "AccessDenied"), connectionLimits: true },
    changes: { settings: { targets: DEPENDENT_TARGETS } },
    verdict: "late",
    note: /the rest waits for connections of db/u,
    next: "first",
  },
  "a reservation that is pending for hours": {
    world: { targets: { front: { ...API, pendingMs: 20 * HOUR_MS, pendingSpread: 0 } } },
    changes: { fromMs: at(17, 30), settings: { targets: [FRONT] } },
    targetId: "front",
    verdict: "late",
    note: /\d+ of \d+ serving.*pending/u,
    next: "page",
  },
};

test.each(Object.entries(FAILURES))(
  "%s turns the verdict red at the last call, with its evidence",
  async (_, { world = {}, changes, mode, targetId = "api", verdict, note, next }) => {
    const shed = { settings: { targets: [target("api", { loadPerViewerRps: 0.02, shed: [{ what: "search", share: 0.3 }] })] } };
    const given = await verdictsOf(world, changes ?? shed, mode);
    const last = given.at(-1);
    const seen = last?.evidence.find((each) => each.targetId === targetId);
    expect([last?.checkpoint, seen?.verdict, seen?.next?.type, seen?.note]).toEqual(["T-2", verdict, next, expect.stringMatching(note)]);
    expect(last?.pages).toBe(true);
    expect(last?.verdict).not.toBe("ready");
  },
  60_000,
);
