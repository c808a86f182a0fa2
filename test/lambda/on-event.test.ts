import { describe, expect, test } from "vitest";
import { scheduleChanged, type AnyEvent } from "../../events/index.ts";
import { MOST_HOPS } from "../../shared/lambda/chain.ts";
import { onEvent } from "../../shared/lambda/on-event.ts";
import { CHANGED, delivery, heard, invocationOf, MODE } from "./deliveries.ts";

/** A function named plan that takes changes of the schedule, and what it was given. */
function planning(handle: () => Promise<unknown> = async () => undefined) {
  const telemetry = heard();
  const given: { readonly event: AnyEvent; readonly correlationId: string }[] = [];
  const handler = onEvent({ functionName: "plan", telemetry }, [scheduleChanged.type], (event, { correlationId }) => {
    given.push({ event, correlationId });
    return handle();
  });
  return { telemetry, given, ask: (message: unknown, leftMs?: number) => handler(message, invocationOf(leftMs)) };
}

describe("a function that the bus calls", () => {
  test("gets the event by its contract, and an id for what follows from it", async () => {
    const { given, ask, telemetry } = planning();
    await ask(delivery(CHANGED));
    expect(given).toEqual([{ event: CHANGED, correlationId: `${CHANGED.id} > plan` }]);
    expect([telemetry.counted("failed"), telemetry.flushes()]).toEqual([0, 1]);
  });

  test("goes on in the chain that an event belongs to", async () => {
    const { given, ask, telemetry } = planning();
    await ask(delivery({ ...CHANGED, correlationId: "tick/2025-12-31T14:00:00.000Z > measure" } as AnyEvent));
    expect(given[0]?.correlationId).toBe("tick/2025-12-31T14:00:00.000Z > measure > plan");
    expect(telemetry.lines[0]?.fields).toMatchObject({ correlationId: "tick/2025-12-31T14:00:00.000Z", hops: 1 });
  });

  test("leaves alone what is replayed from an archive", async () => {
    const { given, ask, telemetry } = planning();
    await ask(delivery(CHANGED, { "replay-name": "last-week" }));
    expect(given).toEqual([]);
    expect([telemetry.counted("replaysIgnored"), telemetry.counted("failed")]).toEqual([1, 0]);
  });

  test("fails for what breaks its contract, so that it ends among the dead letters with its reason in the log", async () => {
    const { given, ask, telemetry } = planning();
    await expect(ask(delivery(CHANGED, { detail: { ...CHANGED, data: {} } }))).rejects.toMatchObject({ code: "event-invalid" });
    expect(given).toEqual([]);
    expect(telemetry.lines.at(-1)).toMatchObject({ level: "error", fields: { code: "event-invalid" } });
    expect([telemetry.counted("failed"), telemetry.flushes()]).toEqual([1, 1]);
  });

  test.each([
    ["what no bus sends", { hello: "world" }, "delivery-malformed"],
    ["an event under another detail type", delivery(CHANGED, { "detail-type": MODE.type }), "delivery-malformed"],
    ["an event of another kind than it takes", delivery(MODE), "event-unasked"],
    ["an event of another release", delivery({ ...CHANGED, version: 2 } as unknown as AnyEvent), "event-version-unsupported"],
  ])("fails for %s", async (_, message, code) => {
    const { given, ask } = planning();
    await expect(ask(message)).rejects.toMatchObject({ code });
    expect(given).toEqual([]);
  });

  test("stops events that set each other off in a circle", async () => {
    const { given, ask } = planning();
    const around = (hops: number): AnyEvent =>
      ({ ...CHANGED, correlationId: ["root", ...Array<string>(hops).fill("plan")].join(" > ") }) as AnyEvent;
    await ask(delivery(around(MOST_HOPS)));
    await expect(ask(delivery(around(MOST_HOPS + 1)))).rejects.toMatchObject({ code: "chain-too-long" });
    expect(given).toHaveLength(1);
  });

  test("says what failed, and fails", async () => {
    const { ask, telemetry } = planning(() => Promise.reject(new Error("the table is gone")));
    await expect(ask(delivery(CHANGED))).rejects.toThrow("the table is gone");
    expect(telemetry.counted("failed")).toBe(1);
  });

  test("ends by itself, and says so, shortly before Lambda would end it", async () => {
    const { ask, telemetry } = planning(() => new Promise((done) => setTimeout(done, 5_000)));
    await expect(ask(delivery(CHANGED), 800)).rejects.toMatchObject({ code: "time-over" });
    expect(telemetry.lines.at(-1)).toMatchObject({ level: "error", fields: { code: "time-over" } });
    expect(telemetry.flushes()).toBe(1);
  });
});
