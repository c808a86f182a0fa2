import { PutEventsCommand, type EventBridgeClient, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { eventForTheBus, EventError, msOf, type AnyEvent } from "../../events/index.ts";
import type { EventBus, Pace, PublishOutcome } from "../app/ports.ts";
import { backOff, MOST_TRIES } from "./back-off.ts";
import { codeOfEntry, typedFailure } from "./typed-failure.ts";

/** Most events in one request. */
const MOST_ENTRIES = 10;
/**
 * Most bytes in one request, as EventBridge counts them. It has taken 1 MB since January 2026, in Regions that have it; what is sure
 * everywhere is 256 KB.
 */
const MOST_BYTES = 256 * 1024;
/** What EventBridge counts for the time of an entry. */
const TIME_BYTES = 14;

/** Where the bus is. */
export type EventBusSettings = { readonly client: Pick<EventBridgeClient, "send">; readonly busName: string; readonly pace: Pace };

/** An event on its way: where it stands among those to be published, and what is sent. */
type Waiting = { readonly index: number; readonly entry: PutEventsRequestEntry };

/**
 * The bus on EventBridge: the type is the detail type, the envelope the detail. What EventBridge failed to take by its own fault is offered
 * again. A bus that is not there is `aws-not-there` where EventBridge says so; AWS has been seen to take such events and drop them.
 */
export function eventBridgeBus({ client, busName, pace }: EventBusSettings): EventBus {
  /** What became of one request, entry by entry. Without an answer it became the same of each. */
  const offer = async (batch: readonly Waiting[]): Promise<readonly PublishOutcome[]> => {
    const Entries = batch.map(({ entry }) => entry);
    try {
      const { Entries: replies = [] } = await client.send(new PutEventsCommand({ Entries }));
      return batch.map((_, at) => outcomeOf(busName, replies[at]));
    } catch (cause) {
      const { code, message } = typedFailure(`bus ${busName}`, cause);
      return batch.map(() => ({ kind: "failed", code, reason: message }));
    }
  };

  return {
    publish: async (events) => {
      const outcomes = new Map<number, PublishOutcome>();
      let waiting: readonly Waiting[] = events.flatMap((event, index) => {
        const read = entryOf(busName, event);
        if (read.kind === "entry") return [{ index, entry: read.entry }];
        outcomes.set(index, read);
        return [];
      });
      for (let tried = 0; waiting.length > 0 && tried < MOST_TRIES; tried += 1) {
        if (tried > 0) await backOff(pace, tried);
        const again: Waiting[] = [];
        for (const batch of batchesOf(waiting)) {
          const replies = await offer(batch);
          batch.forEach((one, at) => {
            const outcome = replies[at] as PublishOutcome;
            outcomes.set(one.index, outcome);
            if (isPassing(outcome)) again.push(one);
          });
        }
        waiting = again;
      }
      return events.map((_, index) => outcomes.get(index) as PublishOutcome);
    },
  };
}

function entryOf(
  busName: string,
  event: AnyEvent,
): { readonly kind: "entry"; readonly entry: PutEventsRequestEntry } | Extract<PublishOutcome, { kind: "failed" }> {
  try {
    const checked = eventForTheBus(event);
    const { source, type, at } = checked;
    const entry = { EventBusName: busName, Source: source, DetailType: type, Detail: JSON.stringify(checked), Time: new Date(msOf(at)) };
    return { kind: "entry", entry };
  } catch (error) {
    if (error instanceof EventError) return { kind: "failed", code: error.code, reason: error.message };
    throw error;
  }
}

/** What became of one entry, by its reply: only an id says that it was taken. */
function outcomeOf(
  busName: string,
  reply: {
    readonly EventId?: string | undefined;
    readonly ErrorCode?: string | undefined;
    readonly ErrorMessage?: string | undefined;
  } = {},
): PublishOutcome {
  const { EventId, ErrorCode, ErrorMessage } = reply;
  if (EventId !== undefined && ErrorCode === undefined) return { kind: "accepted" };
  if (ErrorCode === undefined)
    return { kind: "failed", code: "aws-no-answer", reason: `bus ${busName}: the reply says nothing of this event` };
  return { kind: "failed", code: codeOfEntry(ErrorCode), reason: `bus ${busName}: ${ErrorCode}: ${ErrorMessage ?? "no more is said"}` };
}

function isPassing(outcome: PublishOutcome): boolean {
  return outcome.kind === "failed" && (outcome.code === "aws-throttled" || outcome.code === "aws-unavailable");
}

/** Requests that EventBridge takes, in the order given. An event of ours alone always fits. */
function batchesOf(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const batches: Waiting[][] = [];
  let bytes = MOST_BYTES;
  for (const one of waiting) {
    const more = bytesOf(one.entry);
    const last = batches.at(-1);
    if (last === undefined || last.length === MOST_ENTRIES || bytes + more > MOST_BYTES) {
      batches.push([one]);
      bytes = more;
    } else {
      last.push(one);
      bytes += more;
    }
  }
  return batches;
}

function bytesOf({ Source = "", DetailType = "", Detail = "" }: PutEventsRequestEntry): number {
  return TIME_BYTES + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
}
