import { jsonBytes, msOf, type AnyEvent } from "../../events/index.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { PublishOutcome } from "./ports.ts";

/** Events that the bus has not taken yet, oldest first. */
type Unsent = { readonly events: readonly AnyEvent[] };

const UNSENT_KEY = "unsent";
// What a day of trying could not deliver is history; and the document has to stay below the store's 400 KB.
const KEEP_MS = DAY_MS;
const MOST_BYTES = 350_000;

/**
 * Publishes events; those that the bus does not take are kept and offered again by `publishUnsent`. Call it after the state that they
 * tell of is stored: then a refusal loses neither. It throws only when the store does.
 */
export async function publish(context: Context, events: readonly AnyEvent[]): Promise<void> {
  const refused = await offer(context, events);
  if (refused.length === 0) return;
  await updateDocument<Unsent>(context.ports.documents, UNSENT_KEY, (before) => ({
    events: within([...(before?.events ?? []), ...refused]),
  }));
}

/** Whether an event of this type has to be made: some take as long to make as the decision they tell of. */
export function isCarried({ ports }: Context, type: AnyEvent["type"]): boolean {
  return ports.bus.carries?.(type) ?? true;
}

/**
 * Offers events to the bus and returns those that it did not take, after a second try, for a caller that leaves its own state so that
 * they are due again.
 */
export async function offer(context: Context, events: readonly AnyEvent[]): Promise<readonly AnyEvent[]> {
  const refused = await notAccepted(context, events);
  return notAccepted(context, refused);
}

/** Offers again what the bus did not take at earlier ticks. What it did not take for a day is given up. */
export async function publishUnsent(context: Context, now: number): Promise<void> {
  const waiting = await readUnsent(context);
  if (waiting.length === 0) return;
  const fresh = waiting.filter((event) => msOf(event.at) > now - KEEP_MS);
  const refused = new Set((await offer(context, fresh)).map((event) => event.id));
  const settled = new Set(waiting.flatMap((event) => (refused.has(event.id) ? [] : [event.id])));
  await updateDocument<Unsent>(context.ports.documents, UNSENT_KEY, (before) => ({
    events: (before?.events ?? []).filter((event) => !settled.has(event.id)),
  }));
}

/** Events that wait for the bus, oldest first. */
export async function readUnsent(context: Context): Promise<readonly AnyEvent[]> {
  return (await readDocument<Unsent>(context.ports.documents, UNSENT_KEY))?.value.events ?? [];
}

async function notAccepted(context: Context, events: readonly AnyEvent[]): Promise<readonly AnyEvent[]> {
  if (events.length === 0) return [];
  const outcomes = await outcomesOf(context, events);
  return events.filter((_, index) => outcomes[index]?.kind !== "accepted");
}

/** A bus that cannot be reached has taken nothing, as far as anybody knows; what it took after all carries the same id. */
async function outcomesOf(context: Context, events: readonly AnyEvent[]): Promise<readonly PublishOutcome[]> {
  try {
    return await context.ports.bus.publish(events);
  } catch {
    return [];
  }
}

/** The newest of `events` that fit into one document. */
function within(events: readonly AnyEvent[]): readonly AnyEvent[] {
  let bytes = 0;
  return events
    .toReversed()
    .filter((event) => (bytes += jsonBytes(event) + 1) <= MOST_BYTES)
    .toReversed();
}
