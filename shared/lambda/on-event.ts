import type { AnyEvent } from "../../events/index.ts";
import { arrivalOf } from "./arrival.ts";
import { chainOf, onwards } from "./chain.ts";
import { stack, type Handling, type Invocation, type LambdaHandler } from "./stack.ts";

/** What a handler of events has beside them. */
export type EventInvocation = Invocation & {
  /** For what is published because of it. */
  readonly correlationId: string;
};

/** A function that the bus calls with one event at a time. What is replayed from an archive is told and left alone. */
export function onEvent<const Type extends AnyEvent["type"]>(
  handling: Handling,
  types: readonly Type[],
  handle: (event: Extract<AnyEvent, { readonly type: Type }>, invocation: EventInvocation) => Promise<unknown>,
): LambdaHandler<void> {
  return stack(handling, async (message, invocation) => {
    const { functionName, telemetry } = handling;
    const arrival = arrivalOf(message, types);
    if (arrival.kind === "replay") return ignored(telemetry, arrival.replayName);
    const { event } = arrival;
    const { root, hops } = chainOf(event);
    telemetry.info(`${functionName} looks because of ${event.type}`, { eventId: event.id, correlationId: root, hops });
    await handle(event, { ...invocation, correlationId: onwards(event, functionName) });
  });
}

/** Says that an event came out of a replayed archive. */
export function ignored(telemetry: Handling["telemetry"], replayName: string): void {
  telemetry.count("replaysIgnored", 1);
  telemetry.info("a replayed event is no news and was left alone", { replayName });
}
