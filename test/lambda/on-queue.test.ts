import { describe, expect, test } from "vitest";
import { capacityPlanned, modeChanged, type AnyEvent } from "../../events/index.ts";
import { onQueue } from "../../shared/lambda/on-queue.ts";
import { batchOf, CHANGED, delivery, heard, invocationOf, MODE } from "./deliveries.ts";

const planned = (targetId: string, correlationId: string): AnyEvent => {
  const { example } = capacityPlanned;
  return { ...example, id: `capacity.planned/${targetId}/1`, correlationId, data: { ...example.data, targetId } };
};

/** A function named warm that takes plans and modes out of a queue, and what it was given. */
function warming(fails: (events: readonly AnyEvent[]) => boolean = () => false) {
  const telemetry = heard();
  const given: { readonly ids: readonly string[]; readonly correlationId: string }[] = [];
  const types = [capacityPlanned.type, modeChanged.type] as const;
  const handler = onQueue({ functionName: "warm", telemetry }, types, async (events, { correlationId }) => {
    if (fails(events)) throw new Error("the control plane is away");
    given.push({ ids: events.map(({ id }) => id), correlationId });
  });
  return { telemetry, given, ask: (message: unknown, leftMs?: number) => handler(message, invocationOf(leftMs)) };
}

const messageId = (index: number) => ({ itemIdentifier: `059f36b4-87a3-44ab-83d2-66197567000${index}` });

describe("a function that takes events out of a queue", () => {
  test("handles the events of one chain together, and each chain for itself", async () => {
    const { given, ask } = warming();
    const [api, web, later] = [planned("api", "tick/1"), planned("web", "tick/1"), planned("api", "tick/2")];
    const answer = await ask(batchOf(delivery(api), delivery(later), delivery(web), delivery(MODE)));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(given).toEqual([
      { ids: [api.id, web.id], correlationId: "tick/1 > warm" },
      { ids: [later.id], correlationId: "tick/2 > warm" },
      { ids: [MODE.id], correlationId: `${MODE.correlationId ?? MODE.id} > warm` },
    ]);
  });

  test("hands back only what cannot be read", async () => {
    const { given, ask, telemetry } = warming();
    const answer = await ask(batchOf("{", delivery(MODE), delivery(CHANGED), { not: "a delivery" }));
    expect(answer).toEqual({ batchItemFailures: [messageId(0), messageId(2), messageId(3)] });
    expect(given.map(({ ids }) => ids)).toEqual([[MODE.id]]);
    const codes = telemetry.lines.flatMap(({ level, fields }) => (level === "error" ? [fields["code"]] : []));
    expect(codes).toEqual(["delivery-malformed", "event-unasked", "delivery-malformed"]);
    expect(telemetry.counted("failed")).toBe(3);
  });

  test("hands back the chain that failed and no other", async () => {
    const { given, ask } = warming((events) => events.some(({ correlationId }) => correlationId === "tick/1"));
    const answer = await ask(
      batchOf(delivery(planned("api", "tick/1")), delivery(planned("api", "tick/2")), delivery(planned("web", "tick/1"))),
    );
    expect(answer).toEqual({ batchItemFailures: [messageId(0), messageId(2)] });
    expect(given).toHaveLength(1);
  });

  test("begins nothing that there is no time for", async () => {
    const { given, ask } = warming();
    expect(await ask(batchOf(delivery(MODE)), 9_000)).toEqual({ batchItemFailures: [messageId(0)] });
    expect(given).toEqual([]);
  });

  test("leaves alone what is replayed, and hands it back to nobody", async () => {
    const { given, ask } = warming();
    expect(await ask(batchOf(delivery(MODE, { "replay-name": "last-week" })))).toEqual({ batchItemFailures: [] });
    expect(given).toEqual([]);
  });

  test("fails as a whole for what is no batch", async () => {
    await expect(warming().ask(delivery(MODE))).rejects.toMatchObject({ code: "delivery-malformed" });
  });
});
