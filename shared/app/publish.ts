import type { AnyEvent } from "../../events/index.ts";
import type { Context } from "./context.ts";

/**
 * Publishes events and reads every outcome. What was not accepted is tried once more; what then still is not accepted is returned, for
 * the caller to leave its own state so that the next tick tries again.
 */
export async function publish(context: Context, events: readonly AnyEvent[]): Promise<readonly AnyEvent[]> {
  if (events.length === 0) return [];
  const refused = await notAccepted(context, events);
  return refused.length === 0 ? [] : notAccepted(context, refused);
}

async function notAccepted(context: Context, events: readonly AnyEvent[]): Promise<readonly AnyEvent[]> {
  const outcomes = await context.ports.bus.publish(events);
  return events.filter((_, index) => outcomes[index]?.kind !== "accepted");
}
