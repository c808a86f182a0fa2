import { expect, test } from "vitest";
import { zoneOffsets } from "../../shared/config/zone.ts";
import { offsetMinutesAt } from "../../shared/core/time.ts";

const at = (iso: string): number => Date.parse(iso);

test("summer time ends in Copenhagen on the last Sunday of October at 01:00 UTC", () => {
  expect(zoneOffsets("Europe/Copenhagen", at("2025-10-20T00:00:00Z"), at("2025-11-01T00:00:00Z"))).toEqual([
    { fromMs: at("2025-10-20T00:00:00Z"), offsetMinutes: 120 },
    { fromMs: at("2025-10-26T01:00:00Z"), offsetMinutes: 60 },
  ]);
});

test("Lord Howe moves by half an hour", () => {
  const offsets = zoneOffsets("Australia/Lord_Howe", at("2025-10-01T00:00:00Z"), at("2025-10-10T00:00:00Z"));
  expect(offsets).toEqual([
    { fromMs: at("2025-10-01T00:00:00Z"), offsetMinutes: 630 },
    { fromMs: at("2025-10-04T15:30:00Z"), offsetMinutes: 660 },
  ]);
  expect(offsetMinutesAt(offsets, at("2025-10-04T15:29:00Z"))).toBe(630);
  expect(offsetMinutesAt(offsets, at("2025-10-04T15:30:00Z"))).toBe(660);
});

test("UTC has one offset, zero", () => {
  expect(zoneOffsets("UTC", 0, at("1970-03-01T00:00:00Z"))).toEqual([{ fromMs: 0, offsetMinutes: 0 }]);
});

test("a zone that does not exist is refused with an example of one that does", () => {
  expect(() => zoneOffsets("Mars/Olympus", 0, 1)).toThrow(
    expect.objectContaining({ code: "zone-unknown", message: expect.stringContaining("Europe/Copenhagen") }),
  );
});
