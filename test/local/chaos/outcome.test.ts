import { describe, expect, test } from "vitest";
import { emptyTally, isKept, summarise, textOfSummary, type EveningOutcome, type Violation } from "../../../local/chaos/outcome.ts";

function outcome(seed: number, tailRequests: number, violations: readonly Violation[] = []): EveningOutcome {
  const causes = { ...emptyTally(), tail: { minutes: tailRequests > 0 ? 1 : 0, unservedRequests: tailRequests } };
  return { seed, minutes: 540, requests: 1e8, budgetRequests: 1_000, causes, violations, troubles: { raises: 2 } };
}

const evenings = (count: number, tailOf: (seed: number) => number) =>
  Array.from({ length: count }, (_, seed) => outcome(seed, tailOf(seed)));

describe("the sum of many evenings", () => {
  test("does not depend on the order in which they were played", () => {
    const all = evenings(40, (seed) => (seed % 7 === 0 ? 5_000 : 0));
    expect(summarise(all.toReversed())).toEqual(summarise(all));
  });

  test("keeps its budget when little is left under the tail, and not when every evening leaves twice as much", () => {
    expect(summarise(evenings(40, () => 500)).tail).toMatchObject({ withinBudget: true, budgetPerMillion: 10, unservedPerMillion: 5 });
    expect(summarise(evenings(40, () => 2_000)).tail).toMatchObject({ withinBudget: false, lowerPerMillion: 20 });
  });

  test("allows for chance: one bad evening in forty may be luck", () => {
    const { tail } = summarise(evenings(40, (seed) => (seed === 3 ? 60_000 : 0)));
    expect(tail.unservedPerMillion).toBeGreaterThan(tail.budgetPerMillion);
    expect(tail.withinBudget).toBe(true);
  });

  test("a broken promise is named with the command that plays its seed again", () => {
    const atMs = Date.UTC(2026, 5, 13, 19, 30);
    const broken: Violation = { kind: "needed-floor-lowered", atMs, targetId: "edge", what: "lowered from 9 to 4 while 8 were needed" };
    const summary = summarise([outcome(1, 0), outcome(2, 0, [broken])]);
    expect(isKept(summary)).toBe(false);
    const text = textOfSummary(summary, (seed) => `play ${seed} again`).join("\n");
    expect(text).toContain("needed-floor-lowered: 1 times");
    expect(text).toContain("2026-06-13T19:30Z edge lowered from 9 to 4 while 8 were needed");
    expect(text).toContain("replay: play 2 again");
    expect(text).toContain("override-lost: never");
  });
});
