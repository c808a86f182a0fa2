import { describe, expect, test } from "vitest";
import { type AnyEvent, eventContracts, parseEvent } from "../../events/index.ts";
import { objectsIn, replaced } from "./walk.ts";

/** The only fields of the examples that an event may leave out. */
const OPTIONAL = [
  "schedule.changed data.feedFindings",
  "correlationId",
  "model.updated data.occasionId",
  "override.changed data.floorUnits",
];

const EXPECTED_NAMES = [
  "cache.warmed",
  "capacity.planned",
  "content.warmed",
  "cue.withdrawn",
  "feed.quarantined",
  "limits.checked",
  "load.measured",
  "mode.changed",
  "model.updated",
  "override.changed",
  "programme.corrected",
  "programme.ending",
  "programme.starting",
  "quarantine.decided",
  "readiness.assessed",
  "release.assessed",
  "release.withheld",
  "schedule.changed",
  "warm-up.completed",
  "warm-up.failed",
  "warm-up.requested",
];

test("no two contracts share a name, and none went missing", () => {
  expect(eventContracts.map(({ name }) => name).toSorted()).toEqual(EXPECTED_NAMES);
});

test("what the type says of an event is what its contract lets through", () => {
  const seen = eventContracts.map((contract) => summary(parseEvent(contract.example))).filter((text) => text !== undefined);
  expect(seen).toEqual([
    "the King's New Year speech at 2025-12-31T17:00:00.000Z, ahead by 15 min",
    "catalogue-db: an unknown number of units missing",
  ]);
});

/** Compiles only while `type` tells the events apart. */
function summary(event: AnyEvent): string | undefined {
  switch (event.type) {
    case "calltime.programme.starting": {
      const { name, startsAt, timing } = event.data;
      return `${name} at ${startsAt}, ${timing.kind === "ahead" ? `ahead by ${timing.offsetMinutes} min` : `began ${timing.actualAt}`}`;
    }
    case "calltime.warm-up.failed":
      return `${event.data.targetId}: ${event.data.shortUnits ?? "an unknown number of"} units missing`;
    default:
      return undefined;
  }
}

describe.each(eventContracts.map((contract) => [contract.name, contract] as const))("%s", (name, contract) => {
  const { example } = contract;
  const objects = objectsIn(example);

  test("its example keeps the contract", () => {
    expect(parseEvent(example)).toEqual(example);
    expect(parseEvent(JSON.parse(JSON.stringify(example)))).toEqual(example);
  });

  test("a field cannot be left out, unless it is one of the few that may", () => {
    for (const { path, value } of objects) {
      for (const key of Object.keys(value)) {
        const { [key]: _left, ...others } = value;
        const field = [...path, key].join(".");
        const optional = OPTIONAL.includes(field) || OPTIONAL.includes(`${name} ${field}`);
        expect(accepts(replaced(example, path, others)), `without ${field}`).toBe(optional);
      }
    }
  });

  test("an unknown key is refused at every depth", () => {
    for (const { path, value } of objects) {
      expect(accepts(replaced(example, path, { ...value, surprise: 1 })), `surprise in ${path.join(".") || "the envelope"}`).toBe(false);
    }
  });

  test("a value in another unit or form is refused", () => {
    let instants = 0;
    for (const { path, value } of objects) {
      for (const [key, field] of Object.entries(value)) {
        for (const wrong of wrongFormsOf(key, field)) {
          expect(accepts(replaced(example, [...path, key], wrong)), `${[...path, key].join(".")} = ${JSON.stringify(wrong)}`).toBe(false);
        }
        instants += isInstant(field) ? 1 : 0;
      }
    }
    expect(instants).toBeGreaterThan(0);
  });
});

/** The mistakes people make: epoch milliseconds or a local time for an instant, text for a number, a quarter of a unit, less than none. */
function wrongFormsOf(key: string, field: unknown): readonly unknown[] {
  if (isInstant(field))
    return [Date.parse(field), field.replace("Z", "+01:00"), field.replace("Z", ""), field.replace(/\.\d{3}/, ""), "yesterday"];
  if (typeof field === "number")
    return [String(field), Number.NaN, Number.POSITIVE_INFINITY, ...(key.endsWith("Units") ? [field + 0.25, -1] : [])];
  if (typeof field === "boolean") return ["true", 1];
  if (typeof field === "string") return [1];
  return [];
}

function isInstant(field: unknown): field is string {
  return typeof field === "string" && /^\d{4}-\d\d-\d\dT/.test(field);
}

function accepts(value: unknown): boolean {
  try {
    parseEvent(value);
    return true;
  } catch {
    return false;
  }
}
