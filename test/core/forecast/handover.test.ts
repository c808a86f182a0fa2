import { expect, test } from "vitest";
import { handedOver } from "../../../shared/core/forecast/handover.ts";
import type { NearMinute } from "../../../shared/core/forecast/growth.ts";
import type { NearForecast } from "../../../shared/core/forecast/near.ts";
import type { Nowcast } from "../../../shared/core/forecast/nowcast.ts";
import type { Term } from "../../../shared/core/forecast/terms.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";

const START_MS = Date.parse("2026-06-13T19:00:00Z");
const CALM: Nowcast = { newestMs: START_MS, level: 1, amplitude: undefined, surprise: undefined, suddenFall: false, farBelow: false };

function minutes(count: number): number {
  return START_MS + count * MINUTE_MS;
}

/** Seen from `newest` minutes after the start: every minute until an hour later, as much as was carried there. */
function near(newest: number, more: Partial<NearMinute> = {}): NearForecast {
  const seen = Array.from({ length: 60 }, (_, nth): NearMinute => {
    const atMs = minutes(newest + nth + 1);
    return { atMs, side: "inside", medianRps: 1_000, spread: 0.05, seenMinutes: 400, ...more };
  });
  return { newestMs: minutes(newest), newestRps: 1_000, minutes: seen, spreads: { inside: 3, outside: 3 }, throughputRps: 100 };
}

const term: Term = {
  occasionId: "final",
  timing: { startsAtMs: START_MS, endsAtMs: minutes(120) },
  lateTiming: undefined,
  shape: { arrival: [], departure: [] },
  loadPerViewerRps: 1,
  mean: 1,
  spread: 0.1,
  mostViewers: 1,
  isExpected: true,
  order: new Uint8Array(200),
  medianRps: 500,
};

type Case = {
  readonly newest: number;
  readonly ahead: number;
  readonly seen?: Partial<NearMinute>;
  readonly correction?: Nowcast;
  readonly planned?: readonly Term[];
  readonly usualRps?: (atMs: number) => number | undefined;
};

/** Whose a minute is: the newest minutes', the guide's, or the surer one's. */
function whose({ newest, ahead, seen, correction = CALM, planned = [term], usualRps = () => 100 }: Case): "near" | "guide" | "surer" {
  const handed = handedOver(near(newest, seen), { atMs: minutes(newest + ahead), planned, correction, usualRps });
  return handed === undefined ? "guide" : handed.isRival ? "surer" : "near";
}

function isNear(of: Case): boolean {
  return whose(of) === "near";
}

test("minutes before a crowd belong to the newest ones, and those that it may come in to what is known of it", () => {
  expect(isNear({ newest: -30, ahead: 14 })).toBe(true);
  expect(isNear({ newest: -30, ahead: 15 })).toBe(false);
  expect(isNear({ newest: -5, ahead: 10 })).toBe(false);
});

test("ten minutes after the start the crowd is measured, and the rest of the programme and its end belong to the newest minutes", () => {
  expect(isNear({ newest: 9, ahead: 5 })).toBe(false);
  expect(isNear({ newest: 10, ahead: 5 })).toBe(true);
  expect(isNear({ newest: 110, ahead: 15 })).toBe(true);
});

test("a crowd that is late is waited for, however long ago the guide's start is", () => {
  const late = { ...term, lateTiming: { startsAtMs: minutes(15), endsAtMs: minutes(120) } };
  expect(isNear({ newest: 15, ahead: 3, planned: [late] })).toBe(false);
});

test("the crowd of another programme that comes meanwhile is not to be seen yet", () => {
  const next = { ...term, timing: { startsAtMs: minutes(60), endsAtMs: minutes(90) } };
  expect(isNear({ newest: 40, ahead: 4, planned: [term, next] })).toBe(true);
  expect(isNear({ newest: 40, ahead: 5, planned: [term, next] })).toBe(false);
});

test("nothing is read from the newest minutes where too few of their kind were seen, or beyond the last one", () => {
  expect(isNear({ newest: 30, ahead: 5, seen: { seenMinutes: 29 } })).toBe(false);
  expect(isNear({ newest: 30, ahead: 5, seen: { seenMinutes: 30 } })).toBe(true);
  expect(isNear({ newest: 30, ahead: 61 })).toBe(false);
});

test("an outage is not read as a crowd that left", () => {
  expect(isNear({ newest: 30, ahead: 5, correction: { ...CALM, suddenFall: true } })).toBe(false);
  expect(isNear({ newest: 30, ahead: 5, correction: { ...CALM, farBelow: true } })).toBe(false);
});

test("where the usual week rises more steeply than the newest minutes let be seen, it is the week that is believed", () => {
  const rising = (by: number) => (atMs: number) => (atMs >= minutes(35) ? 100 * by : 100);
  expect(isNear({ newest: 30, ahead: 4, usualRps: rising(3) })).toBe(true);
  expect(isNear({ newest: 30, ahead: 5, usualRps: rising(3) })).toBe(false);
  expect(isNear({ newest: 30, ahead: 5, usualRps: rising(1.05) })).toBe(true);
  expect(isNear({ newest: 30, ahead: 5, usualRps: rising(0.5) })).toBe(true);
  expect(isNear({ newest: 30, ahead: 5, usualRps: () => undefined })).toBe(true);
  // As steep as was seen to be usual.
  expect(isNear({ newest: 30, ahead: 5, usualRps: rising(3), seen: { medianRps: 2_900 } })).toBe(true);
});

test("where the size of a crowd was only learned, and enough arrivals were seen, the surer of both forecasts its arrival", () => {
  const learned = { ...term, isExpected: false };
  expect(whose({ newest: -5, ahead: 10, planned: [learned] })).toBe("surer");
  expect(whose({ newest: -5, ahead: 10, planned: [learned], seen: { seenMinutes: 199 } })).toBe("guide");
  // Whoever said how many will come knows more than earlier arrivals; and one that is late is waited for.
  expect(whose({ newest: -5, ahead: 10 })).toBe("guide");
  expect(whose({ newest: -5, ahead: 10, planned: [learned, term] })).toBe("guide");
  expect(whose({ newest: 15, ahead: 3, planned: [{ ...learned, lateTiming: { startsAtMs: minutes(15), endsAtMs: minutes(120) } }] })).toBe(
    "guide",
  );
  expect(whose({ newest: 30, ahead: 3, planned: [learned] })).toBe("near");
});

test("where the newest minutes usually err by much, they are asked only where they are surer than the guide", () => {
  expect(whose({ newest: 30, ahead: 5, seen: { spread: 0.1 } })).toBe("near");
  expect(whose({ newest: 30, ahead: 5, seen: { spread: 0.11 } })).toBe("surer");
});
