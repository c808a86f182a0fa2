import { expect, test } from "vitest";
import { reportOf, type EveningReport } from "../../local/report.ts";
import { CAUSES } from "../../shared/core/score.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, target } from "../app/made.ts";
import { runTo, smallEvening, type Changes } from "./small-evening.ts";

async function reported(changes: Changes, untilMs = at(19, 20)): Promise<EveningReport> {
  const evening = await smallEvening(changes);
  await runTo(evening, untilMs);
  return reportOf(evening);
}

/** Causes of short minutes of the one target, those that there were. */
function causesOf(report: EveningReport): readonly string[] {
  const causes = report.targets[0]?.calltime.causes;
  return causes === undefined ? [] : CAUSES.filter((cause) => causes[cause].minutes > 0);
}

const SERVICE = target("api", { loadPerViewerRps: 0.02 });

test("an evening that went well is short of nothing, and the same evening without Calltime is", async () => {
  const report = await reported({}, at(21, 30));
  const [api] = report.targets;
  expect(causesOf(report)).toEqual([]);
  expect(api?.calltime.unservedRequests).toBe(0);
  expect(api?.withoutPreWarming.unservedPerMillion).toBeGreaterThan(1_000);
  expect(api?.calltime.unitHours).toBeGreaterThan(api?.calltime.oracleUnitHours ?? Infinity);
  expect(api?.loadForecastError).toBeLessThan(0.5);
  expect(report.occasions.above).toBe(1);
  const [audience] = report.audiences;
  expect(audience).toMatchObject({ name: "the cup final" });
  // The guide and the world agree on the end; the crowd shows it within minutes, and only then does the floor come down.
  expect(Math.abs((audience?.held?.endedAtMs ?? 0) - at(20))).toBeLessThanOrEqual(5 * MINUTE_MS);
  const [held] = audience?.held?.targets ?? [];
  expect(held?.targetId).toBe("api");
  expect(held?.releasedToUnits).toBeLessThan((held?.peakUnits ?? 0) / 2);
  expect(held?.releasedAtMs).toBeGreaterThan(audience?.held?.endedAtMs ?? Infinity);
  expect(Math.abs((audience?.measuredViewers ?? 0) / 100_000 - 1)).toBeLessThan(0.1);
  expect(report.fromMs).toBe(at(18));
  expect(report.toMs).toBe(at(21, 30));
});

test("a service that is only observed is short because it was held", async () => {
  expect(causesOf(await reported({ settings: { targets: [{ ...SERVICE, mode: "observe" }] } }))).toEqual(["held"]);
});

test("a maximum that is too small is the cause while it binds", async () => {
  expect(causesOf(await reported({ settings: { targets: [{ ...SERVICE, ceilingUnits: 12 }] } }))).toEqual(["ceiling"]);
});

test("a control plane that refused is the cause until its units could have come", async () => {
  // From the first tick on: what could be booked before would come in spite of it.
  const refusals = [{ targetId: "api", fromMs: at(12), toMs: at(19, 5), kind: "refused" as const, code: "AccessDenied" }];
  expect(causesOf(await reported({ world: { refusals } }))).toEqual(["refused"]);
});

test("what was known later than its lead is late", async () => {
  expect(causesOf(await reported({ fromMs: at(18, 59) }))).toContain("late");
});

test("a crowd of which nobody knew is of unknown audience, and named", async () => {
  const report = await reported({ settings: { expectations: [] } });
  expect(causesOf(report)).toEqual(["unknown-audience"]);
  expect(report.revealed).toEqual([expect.objectContaining({ impact: "unknown-audience", name: "Cup Final", startsAtMs: at(19) })]);
});

test("more than the forecast's own tail is the tail", async () => {
  const evening: Changes = {
    settings: {
      expectations: [
        { occasion: "the cup final", title: "cup final", channels: ["one"], windowStartMs: at(18), windowEndMs: at(20), viewers: 25_000 },
      ],
    },
  };
  expect(causesOf(await reported(evening))).toContain("tail");
});

test("a report of no minute at all has no figures to divide by", async () => {
  const report = await reported({}, at(18));
  expect(report.targets[0]).toMatchObject({ loadForecastError: undefined, calltime: { minutes: 0, unservedPerMillion: 0 } });
});
