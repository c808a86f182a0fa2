import fc from "fast-check";
import { expect, test } from "vitest";
import { diffSchedules } from "../../../shared/core/schedule/diff.ts";
import { identify } from "../../../shared/core/schedule/identity.ts";
import type { Programme } from "../../../shared/core/schedule/programme.ts";
import { HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { played } from "./played.ts";
import { EIGHT_PM, anyListed, listingOf, programme, scheduleOf } from "./programmes.ts";

const SEVEN_PM = EIGHT_PM - HOUR_MS;
const facts = (before: readonly Programme[] | undefined, after: readonly Programme[], now = SEVEN_PM): string[] =>
  diffSchedules(before && scheduleOf(before), scheduleOf(after), now).map(
    ({ kind, programmeId, ageMs }) => `${programmeId} ${kind} ${ageMs / MINUTE_MS}`,
  );

test("without a schedule before, every programme is added, with the notice it gave", () => {
  expect(facts(undefined, [programme({ id: "a" }), programme({ id: "b", minute: -90 })])).toEqual(["b added -30", "a added 60"]);
});

test("nothing changed, nothing is told", () => {
  expect(facts([programme({ id: "a" })], [programme({ id: "a" })])).toEqual([]);
});

test.each([
  ["moved", { minute: 30 }, ["a moved 90"]],
  ["extended", { lengthMinutes: 61 }, ["a extended 60"]],
  ["shortened", { lengthMinutes: 59 }, ["a shortened 60"]],
  ["retitled", { title: "Other" }, ["a retitled 60"]],
  ["moved and retitled", { minute: 5, title: "Other" }, ["a moved 65", "a retitled 65"]],
  ["moved and lengthened, which is one change of its slot", { minute: -10, lengthMinutes: 70 }, ["a moved 50"]],
  ["given another sub-title", { subTitle: "Second half" }, ["a revised 60"]],
  ["given another number", { episode: "S2E3" }, ["a revised 60"]],
  ["described anew", { description: "new words" }, ["a revised 60"]],
  ["put into a category", { categories: ["Sport"] }, ["a revised 60"]],
  ["marked as live", { live: true }, ["a revised 60"]],
  ["marked as a repeat", { showing: "repeat" }, ["a revised 60"]],
] as const)("a programme can be %s", (_, changes, expected) => {
  expect(facts([programme({ id: "a" })], [programme({ id: "a", ...changes })])).toEqual(expected);
});

test("a programme that is gone before it ended was cancelled; one that had ended fell off the front", () => {
  const before = [programme({ id: "coming" }), programme({ id: "on-air", minute: -90 }), programme({ id: "ended", minute: -120 })];
  expect(facts(before, [])).toEqual(["on-air cancelled -30", "coming cancelled 60"]);
});

test("facts come by start, then id, then kind", () => {
  const before = [programme({ id: "b" }), programme({ id: "a" }), programme({ id: "gone", minute: -10 })];
  const after = [
    programme({ id: "b", lengthMinutes: 10 }),
    programme({ id: "a", minute: 30, title: "Other" }),
    programme({ id: "c", minute: 30 }),
  ];
  expect(facts(before, after)).toEqual(["gone cancelled 50", "b shortened 60", "a moved 90", "a retitled 90", "c added 90"]);
});

test("the facts played over the schedule before give the schedule after, but for what had ended", () => {
  fc.assert(
    fc.property(
      fc.array(anyListed, { maxLength: 25 }),
      fc.array(anyListed, { maxLength: 25 }),
      fc.integer({ min: -10, max: 90 }),
      (old, next, minute) => {
        const now = EIGHT_PM + minute * MINUTE_MS;
        const before = identify(listingOf(old), undefined);
        const after = identify(listingOf(next), before);
        const applied = played(before, diffSchedules(before, after, now));
        for (const programme of after.programmes) {
          expect(applied.get(programme.id)).toEqual(programme);
          applied.delete(programme.id);
        }
        for (const { endsAtMs } of applied.values()) expect(endsAtMs).toBeLessThanOrEqual(now);
      },
    ),
    { seed: 1, numRuns: 400 },
  );
});
