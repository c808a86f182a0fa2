import fc from "fast-check";
import { expect, test } from "vitest";
import { parseXmltvTime } from "../../shared/feeds/xmltv-time.ts";

const at = (iso: string) => new Date(iso).getTime();

test.each([
  ["20260613180000 +0000", "2026-06-13T18:00:00Z"],
  ["20260613180000 +0200", "2026-06-13T16:00:00Z"],
  ["20260613180000 -0430", "2026-06-13T22:30:00Z"],
  ["20260613180000+0100", "2026-06-13T17:00:00Z"],
  ["20260613180000", "2026-06-13T18:00:00Z"],
  ["202606131805", "2026-06-13T18:05:00Z"],
  ["202606131805 +0200", "2026-06-13T16:05:00Z"],
  ["2026061318", "2026-06-13T18:00:00Z"],
  ["20260613", "2026-06-13T00:00:00Z"],
  ["20240229120000 Z", "2024-02-29T12:00:00Z"],
  // The format's own example.
  ["200007281733 BST", "2000-07-28T16:33:00Z"],
])("reads %s as %s", (text, iso) => {
  expect(parseXmltvTime(text)).toBe(at(iso));
});

test.each([
  ["", "nothing"],
  ["202606", "a month is not an instant"],
  ["2026-06-13T18:00:00Z", "another format"],
  ["20260230120000", "30 February"],
  ["20250229120000", "29 February of a common year"],
  ["21000229120000", "29 February of a century that is no leap year"],
  ["20261301120000", "month 13"],
  ["20260600120000", "day 0"],
  ["20260613240000", "hour 24"],
  ["20260613186000", "minute 60"],
  ["20260613180060", "second 60"],
  ["2026061318000", "13 digits"],
  ["20260613180000 +02", "half a zone"],
  ["20260613180000 +1500", "a zone no place has"],
  ["20260613180000 CEST", "a zone by name"],
  ["20260613180000 +0200 x", "more after the zone"],
])("does not read %j: %s", (text) => {
  expect(parseXmltvTime(text)).toBeUndefined();
});

test("agrees with the language's own calendar from the year 1 to 9999, in every zone", () => {
  const first = at("0001-01-02T00:00:00Z") / 1_000;
  const last = at("9999-12-30T00:00:00Z") / 1_000;
  fc.assert(
    fc.property(fc.integer({ min: first, max: last }), fc.integer({ min: -14 * 60, max: 14 * 60 }), (epochSeconds, offset) => {
      const local = new Date((epochSeconds + offset * 60) * 1_000).toISOString().replaceAll(/[-:T]|\..*$/g, "");
      const size = Math.abs(offset);
      const zone = `${offset < 0 ? "-" : "+"}${String(Math.floor(size / 60)).padStart(2, "0")}${String(size % 60).padStart(2, "0")}`;
      expect(parseXmltvTime(`${local} ${zone}`)).toBe(epochSeconds * 1_000);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
