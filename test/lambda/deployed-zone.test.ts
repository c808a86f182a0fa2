import { isMainThread } from "node:worker_threads";
import { expect, test } from "vitest";
import { zoneOffsets } from "../../shared/config/zone.ts";
import { deployedOffsets } from "../../shared/deployed/zone.ts";

const FROM_MS = Date.parse("2025-03-01T00:00:00Z");
const TO_MS = Date.parse("2025-04-15T00:00:00Z");

test("the zone of every name is as the formatter has it, and the process keeps its own", () => {
  expect(isMainThread).toBe(true);
  const own = [process.env["TZ"], new Date(FROM_MS).getTimezoneOffset()];
  const names = [...Intl.supportedValuesOf("timeZone"), "UTC", "Etc/GMT+5"];
  const wrong = names.filter(
    (name) => JSON.stringify(deployedOffsets(name, FROM_MS, TO_MS)) !== JSON.stringify(zoneOffsets(name, FROM_MS, TO_MS)),
  );
  expect(wrong).toEqual([]);
  expect([process.env["TZ"], new Date(FROM_MS).getTimezoneOffset()]).toEqual(own);
});

test.each(["Mars/Olympus", "CET-1CEST", "Foo/Bar-3", "Europe"])("%s is no zone, and is refused", (name) => {
  expect(() => deployedOffsets(name, FROM_MS, TO_MS)).toThrow(expect.objectContaining({ code: "zone-unknown" }));
});
