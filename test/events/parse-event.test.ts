import { expect, test } from "vitest";
import { EventError, parseEvent, programmeStarting, warmUpCompleted } from "../../events/index.ts";
import { replaced } from "./walk.ts";

const { example } = programmeStarting;

test("a message that is no object says what an event is", () => {
  for (const [message, kind] of [
    ["{}", "a string"],
    [null, "null"],
    [undefined, "undefined"],
    [[example], "an array"],
    [7, "a number"],
  ] as const) {
    expect(refusal(message)).toEqual({
      code: "event-malformed",
      message: `an event is a JSON object with source, type, version and data, not ${kind}`,
    });
  }
});

test("the bus's own wrapper, or another sender's event, is not taken for an event of ours", () => {
  expect(refusal({ source: "aws.s3", "detail-type": "Object Created", detail: {} })).toEqual({
    code: "event-malformed",
    message: `source: expected "calltime", got "aws.s3"; is this the envelope?`,
  });
  expect(refusal({}).message).toContain("got undefined");
});

test("an event of unknown type names the type and those that are known", () => {
  const { code, message } = refusal({ ...example, type: "calltime.programme.paused" });
  expect(code).toBe("event-type-unknown");
  expect(message).toContain(`"calltime.programme.paused"`);
  expect(message).toContain("calltime.programme.starting, calltime.programme.ending");
  expect(refusal({ ...example, type: undefined }).code).toBe("event-type-unknown");
  expect(refusal({ ...example, type: "constructor" }).code).toBe("event-type-unknown");
});

test("an event of a newer version says which version it has and which one is read here", () => {
  expect(refusal({ ...example, version: 2 })).toEqual({
    code: "event-version-unsupported",
    message: "calltime.programme.starting: version 2 was written by another release; this one reads version 1",
  });
  expect(refusal({ ...example, version: "1" }).code).toBe("event-invalid");
});

test("a broken field is named with its event and with what would be right", () => {
  const broken = replaced(
    replaced(example, ["data", "programmes", "1", "startsAt"], 1767200400000),
    ["data", "warming", "0", "floorUnits"],
    12.25,
  );
  const { code, message } = refusal(broken);
  expect(code).toBe("event-invalid");
  expect(message).toContain(`calltime.programme.starting ${example.id}: `);
  expect(message).toContain(`data.programmes[1].startsAt: expected an instant in UTC with milliseconds, like "2025-12-31T17:00:00.000Z"`);
  expect(message).toContain("data.warming[0].floorUnits: Invalid number: must be a multiple of 0.5");
});

test("a day that does not exist is no instant", () => {
  expect(refusal({ ...warmUpCompleted.example, at: "2025-02-29T10:00:00.000Z" }).message).toContain(": at: expected an instant");
});

test("what was parsed is a copy: the sender's object can change without changing it", () => {
  const sent = JSON.parse(JSON.stringify(example)) as { data: { name: string } };
  const received = parseEvent(sent);
  sent.data.name = "changed afterwards";
  expect(received).toEqual(example);
});

function refusal(message: unknown): { readonly code: string; readonly message: string } {
  try {
    parseEvent(message);
  } catch (error) {
    if (error instanceof EventError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("was taken for an event");
}
