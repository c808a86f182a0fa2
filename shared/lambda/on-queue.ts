import type { SQSBatchResponse } from "aws-lambda";
import * as z from "zod/mini";
import "../../events/english.ts";
import type { AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { arrivalOf } from "./arrival.ts";
import { chainOf, onwards } from "./chain.ts";
import { ignored, type EventInvocation } from "./on-event.ts";
import { stack, type Handling, type Invocation, type LambdaHandler } from "./stack.ts";

const batch = z.looseObject({
  Records: z
    .array(z.looseObject({ messageId: z.string().check(z.minLength(1)), body: z.string(), eventSource: z.literal("aws:sqs") }))
    .check(z.minLength(1)),
});

type Waiting<Event> = { readonly messageId: string; readonly event: Event };

// Looking at all targets once takes a few seconds; whoever begins later than this would be cut off.
const LEAST_MS = 10_000;

/**
 * A function that takes events out of a queue, in batches. Those of one chain are handled together; what cannot be read, what fails and what
 * there is no time left for is handed back message by message, and nothing else with it.
 */
export function onQueue<const Type extends AnyEvent["type"]>(
  handling: Handling,
  types: readonly Type[],
  handle: (events: readonly Extract<AnyEvent, { readonly type: Type }>[], invocation: EventInvocation) => Promise<unknown>,
): LambdaHandler<SQSBatchResponse> {
  type Event = Extract<AnyEvent, { readonly type: Type }>;
  const { functionName, telemetry } = handling;
  return stack(handling, async (message, invocation) => {
    const read = batch.safeParse(message);
    if (!read.success) throw new CalltimeError("delivery-malformed", `this is no batch of a queue: ${read.error.issues[0]?.message ?? ""}`);
    const failed: string[] = [];
    const back = (messageIds: readonly string[], what: string, error: unknown): void => {
      failed.push(...messageIds);
      telemetry.count("failed", messageIds.length);
      telemetry.error(what, error, { messageIds });
    };
    const chains = new Map<string, Waiting<Event>[]>();
    for (const { messageId, body } of read.data.Records) {
      try {
        const arrival = arrivalOf(jsonOf(body), types);
        if (arrival.kind === "replay") {
          ignored(telemetry, arrival.replayName);
          continue;
        }
        chainOf(arrival.event);
        const onward = onwards(arrival.event, functionName);
        chains.set(onward, [...(chains.get(onward) ?? []), { messageId, event: arrival.event }]);
      } catch (error) {
        back([messageId], "a message cannot be read", error);
      }
    }
    for (const [correlationId, waiting] of chains) {
      const ids = waiting.map(({ messageId }) => messageId);
      try {
        await handleChain(waiting, correlationId, invocation);
      } catch (error) {
        back(ids, "events could not be acted on", error);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  });

  async function handleChain(waiting: readonly Waiting<Event>[], correlationId: string, invocation: Invocation): Promise<void> {
    const leftMs = invocation.leftMs();
    if (leftMs < LEAST_MS) throw new CalltimeError("time-over", `${leftMs} ms are left and ${LEAST_MS} would be right; they come again`);
    const events = waiting.map(({ event }) => event);
    const eventIds = events.map(({ id }) => id);
    telemetry.info(`${functionName} looks because of ${events.length} events`, { eventIds, correlationId });
    await handle(events, { ...invocation, correlationId });
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new CalltimeError("delivery-malformed", "the body of the message is no JSON; the bus's own envelope would be right", {
      cause: error,
    });
  }
}
