import * as z from "zod/mini";
import "../../events/english.ts";
import { parseEvent, type AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";

/** What the bus delivers: its own envelope, with ours as `detail`. Unknown keys are the bus's business. */
const delivered = z.looseObject({
  id: z.string(),
  source: z.string(),
  "detail-type": z.string(),
  detail: z.unknown(),
  "replay-name": z.optional(z.string()),
});

/** One delivery: an event to act on, or one of a replayed archive, which is no news. */
export type Arrival = { readonly kind: "event"; readonly event: AnyEvent } | { readonly kind: "replay"; readonly replayName: string };

/** A delivery of one of the types that a function is there for. */
export type TypedArrival<Type extends AnyEvent["type"]> =
  | { readonly kind: "event"; readonly event: Extract<AnyEvent, { readonly type: Type }> }
  | Extract<Arrival, { readonly kind: "replay" }>;

/**
 * A delivery as one of `types`. Throws what `parseEvent` throws, CalltimeError `delivery-malformed` for what the bus would not send, and
 * `event-unasked` for an event that this function is not there for: its rule asks for too much.
 */
export function arrivalOf<const Type extends AnyEvent["type"]>(message: unknown, types: readonly Type[]): TypedArrival<Type> {
  const read = delivered.safeParse(message);
  if (!read.success) {
    const what = read.error.issues.map(({ path, message: problem }) => `${path.join(".") || "the delivery"}: ${problem}`).join("; ");
    throw new CalltimeError("delivery-malformed", `this is no delivery of an event bus: ${what}`);
  }
  const { "replay-name": replayName, "detail-type": detailType, detail } = read.data;
  if (replayName !== undefined) return { kind: "replay", replayName };
  const event = parseEvent(detail);
  if (event.type !== detailType) {
    throw new CalltimeError("delivery-malformed", `the detail type is ${JSON.stringify(detailType)}, and the event in it is ${event.type}`);
  }
  if (!isOneOf(event, types)) {
    throw new CalltimeError("event-unasked", `${event.type} ${event.id}: this function takes ${types.join(", ")}; correct its rule`);
  }
  return { kind: "event", event };
}

function isOneOf<Type extends AnyEvent["type"]>(
  event: AnyEvent,
  types: readonly Type[],
): event is Extract<AnyEvent, { readonly type: Type }> {
  return (types as readonly string[]).includes(event.type);
}
