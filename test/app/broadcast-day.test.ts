import { expect, test } from "vitest";
import { dayBeganAt } from "../../shared/app/broadcast-day.ts";
import type { ZoneOffsets } from "../../shared/core/time.ts";

const at = (iso: string): number => Date.parse(iso);
const copenhagen: ZoneOffsets = [
  { fromMs: 0, offsetMinutes: 120 },
  { fromMs: at("2025-10-26T01:00:00Z"), offsetMinutes: 60 },
];

test("a broadcast day begins at five in the morning, local time, that minute included", () => {
  expect(dayBeganAt(at("2025-12-31T16:45:00Z"), copenhagen)).toBe(at("2025-12-31T04:00:00Z"));
  expect(dayBeganAt(at("2026-01-01T03:59:00Z"), copenhagen)).toBe(at("2025-12-31T04:00:00Z"));
  expect(dayBeganAt(at("2026-01-01T04:00:00Z"), copenhagen)).toBe(at("2026-01-01T04:00:00Z"));
});

test("the night the clocks go back belongs to one broadcast day", () => {
  expect(dayBeganAt(at("2025-10-26T03:59:00Z"), copenhagen)).toBe(at("2025-10-25T04:00:00Z"));
  expect(dayBeganAt(at("2025-10-26T04:00:00Z"), copenhagen)).toBe(at("2025-10-26T04:00:00Z"));
});
