import { expect, test } from "vitest";
import {
  EventError,
  feedQuarantined,
  fitting,
  jsonBytes,
  MAX_EVENT_BYTES,
  MAX_LISTED_CHANGES,
  newEvent,
  parseEvent,
  scheduleChanged,
} from "../../events/index.ts";

const AT_MS = Date.UTC(2025, 11, 31, 16, 45);
const { data } = feedQuarantined.example;

test("a new event carries source, type, version and time, and can be read back", () => {
  const event = newEvent(feedQuarantined, { id: "e-1", atMs: AT_MS, data, correlationId: "upload-9" });
  expect(event).toEqual({
    id: "e-1",
    source: "calltime",
    type: "calltime.feed.quarantined",
    version: 1,
    at: "2025-12-31T16:45:00.000Z",
    correlationId: "upload-9",
    data,
  });
  expect(parseEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
});

test("without a correlation the key is absent, so that memory and JSON agree", () => {
  expect(newEvent(feedQuarantined, { id: "e-1", atMs: AT_MS, data, correlationId: undefined })).not.toHaveProperty("correlationId");
});

test("an event that breaks its contract is never made", () => {
  expect(() => newEvent(feedQuarantined, { id: "e-1", atMs: AT_MS, data: { ...data, findings: [] } })).toThrow(
    /^calltime\.feed\.quarantined e-1: data\.findings: /,
  );
  expect(() => newEvent(feedQuarantined, { id: "", atMs: AT_MS, data })).toThrow("id: expected an id, not an empty text");
  const withMore = { ...data, severity: "high" };
  expect(() => newEvent(feedQuarantined, { id: "e-1", atMs: AT_MS, data: withMore })).toThrow(/data: Unrecognized key: "severity"/);
});

test("an event that the bus would refuse for its size is refused here, counted in bytes and not in characters", () => {
  const sized = (letters: string) => ({ id: "e-1", atMs: AT_MS, data: { ...data, findings: [{ code: "long", what: letters }] } });
  const room = MAX_EVENT_BYTES - jsonBytes(newEvent(feedQuarantined, sized("")));
  expect(jsonBytes(newEvent(feedQuarantined, sized("a".repeat(room))))).toBe(MAX_EVENT_BYTES);
  for (const tooLong of ["a".repeat(room + 1), "å".repeat(room / 2 + 1)]) {
    const refused = catching(() => newEvent(feedQuarantined, sized(tooLong)));
    expect(refused).toBeInstanceOf(EventError);
    expect(refused).toMatchObject({ code: "event-too-large" });
  }
});

test("a guide that changes everywhere, with long titles, still makes an event that fits", () => {
  const slot = { startsAt: "2025-12-31T17:00:00.000Z", endsAt: "2025-12-31T17:15:00.000Z", title: "Å".repeat(400) };
  const changes = Array.from({ length: 3_000 }, (_, index) => ({
    kind: "retitled" as const,
    programmeId: `p-${index}`,
    channelId: "DR1 HD (T).dk",
    before: slot,
    after: slot,
    minutesBeforeAir: index,
  }));
  const { items, truncated } = fitting(changes, MAX_LISTED_CHANGES);
  const counts = { added: 0, cancelled: 0, moved: 0, extended: 0, shortened: 0, retitled: 3_000, revised: 0 };
  const facts = { feedId: "dk-guide", generation: 2, previousGeneration: 1, counts };
  const event = newEvent(scheduleChanged, { id: "e-1", atMs: AT_MS, data: { ...facts, changes: items, truncated } });
  expect(event.data.truncated).toBe(true);
  expect(event.data.changes.length).toBeGreaterThan(50);
  expect(event.data.changes).toEqual(changes.slice(0, event.data.changes.length));
});

test("a list within both bounds is kept whole, one item more is cut and said to be cut", () => {
  expect(fitting([1, 2, 3], 3)).toEqual({ items: [1, 2, 3], truncated: false });
  expect(fitting([1, 2, 3, 4], 3)).toEqual({ items: [1, 2, 3], truncated: true });
  expect(fitting([], 3)).toEqual({ items: [], truncated: false });
});

function catching(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
