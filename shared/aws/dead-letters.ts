import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { parseEvent, type AnyEvent } from "../../events/index.ts";
import type { DeadLetter, DeadLetters } from "../app/ports.ts";
import { CalltimeError } from "../core/error.ts";
import { compareText } from "../core/schedule/programme.ts";
import { orTypedFailure } from "./typed-failure.ts";

/** A queue of what one subscriber could not take, and where the subscriber takes it. */
export type DeadLetterQueue = {
  readonly subscriber: string;
  readonly queueUrl: string;
  readonly takes: { readonly kind: "queue"; readonly queueUrl: string } | { readonly kind: "function"; readonly functionName: string };
};

/** The queues of dead letters, and the clients to reach them and their subscribers. */
export type DeadLettersSettings = {
  readonly sqs: Pick<SQSClient, "send">;
  readonly lambda: Pick<LambdaClient, "send">;
  readonly queues: readonly DeadLetterQueue[];
};

/** Seconds that a letter is hidden while it is looked at: should whoever looks die, it is back after so long. */
const LOOK_SECONDS = 30;
/** Letters of one queue that are looked at: more than a person goes through. Those beyond it lie there unseen. */
const MOST_LETTERS = 500;
/** Letters in one request. */
const MOST_IN_REQUEST = 10;
/** Replies in a row without a letter that was not seen: SQS asks some of its hosts only, and finds the rest at the next try. */
const MOST_EMPTY = 3;

/** A letter as it was received, and what its subscriber is to be given; the handle is good while it is hidden. */
type Received = { readonly letter: DeadLetter; readonly body: string; readonly handle: string };

/**
 * Dead letters in queues of SQS. A queue cannot be listed: letters are received, which hides them, and shown again at once. So two who look
 * at the same time each see a part, a letter that is just being looked at is not there for the other for some seconds, and what SQS gives
 * of a queue of more than 500 is a part. A letter is deleted only after its subscriber's queue or function has taken it: it may come
 * twice, it is never lost. SQS itself deletes it 14 days after it was first sent, at the latest.
 */
export function sqsDeadLetters({ sqs, lambda, queues }: DeadLettersSettings): DeadLetters {
  /** Receives letters until the one called `wantedId` is among them, or no more come. All that were received are given: they are hidden. */
  const receive = async (queue: DeadLetterQueue, wantedId?: string): Promise<readonly Received[]> => {
    const found = new Map<string, Received>();
    for (let empty = 0; empty < MOST_EMPTY && found.size < MOST_LETTERS;) {
      const asked = new ReceiveMessageCommand({
        QueueUrl: queue.queueUrl,
        MaxNumberOfMessages: MOST_IN_REQUEST,
        VisibilityTimeout: LOOK_SECONDS,
        MessageSystemAttributeNames: ["SentTimestamp"],
        MessageAttributeNames: ["All"],
      });
      const { Messages = [] } = await orTypedFailure(whereOf(queue), sqs.send(asked));
      const before = found.size;
      for (const message of Messages) {
        const received = receivedOf(queue, message);
        found.set(received.letter.id, received);
      }
      if (wantedId !== undefined && found.has(wantedId)) break;
      empty = found.size === before ? empty + 1 : 0;
    }
    return [...found.values()];
  };

  /** Shows letters again. One that cannot be shown comes back by itself. */
  const showAgain = async ({ queueUrl }: DeadLetterQueue, received: readonly Received[]): Promise<void> => {
    for (let first = 0; first < received.length; first += MOST_IN_REQUEST) {
      const Entries = received
        .slice(first, first + MOST_IN_REQUEST)
        .map(({ handle }, at) => ({ Id: String(at), ReceiptHandle: handle, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => undefined);
    }
  };

  const sendAgain = async ({ subscriber, takes }: DeadLetterQueue, body: string): Promise<void> => {
    if (takes.kind === "queue") {
      const sent = sqs.send(new SendMessageCommand({ QueueUrl: takes.queueUrl, MessageBody: body }));
      const { MessageId } = await orTypedFailure(`the queue of ${subscriber}`, sent);
      if (MessageId === undefined)
        throw new CalltimeError("aws-no-answer", `the queue of ${subscriber}: the reply names no message; redrive it again`);
      return;
    }
    const asked = { FunctionName: takes.functionName, InvocationType: "Event" as const, Payload: Buffer.from(body) };
    const { StatusCode } = await orTypedFailure(`function ${takes.functionName}`, lambda.send(new InvokeCommand(asked)));
    if (StatusCode !== 202)
      throw new CalltimeError(
        "aws-no-answer",
        `function ${takes.functionName}: status ${StatusCode}, 202 would be right; redrive it again`,
      );
  };

  return {
    deadLetters: async () => {
      const all = await Promise.all(
        queues.map(async (queue) => {
          const received = await receive(queue);
          await showAgain(queue, received);
          return received.map(({ letter }) => letter);
        }),
      );
      return all.flat().sort((a, b) => a.diedAtMs - b.diedAtMs || compareText(a.id, b.id));
    },
    redrive: async (id) => {
      for (const queue of queues) {
        const received = await receive(queue, id);
        const wanted = received.find(({ letter }) => letter.id === id);
        await showAgain(
          queue,
          received.filter((one) => one !== wanted),
        );
        if (wanted === undefined) continue;
        await sendAgain(queue, wanted.body);
        const deleted = sqs.send(new DeleteMessageCommand({ QueueUrl: queue.queueUrl, ReceiptHandle: wanted.handle }));
        await orTypedFailure(`${whereOf(queue)}: it was sent again, and still lies here`, deleted);
        return wanted.letter;
      }
      return undefined;
    },
  };
}

function whereOf({ subscriber }: DeadLetterQueue): string {
  return `the dead letters of ${subscriber}`;
}

/**
 * A message as a dead letter. What the bus gave up says why in its attributes, what Lambda gave up in a record around it; what a
 * subscriber's own queue gave up says nothing: the subscriber's log does.
 */
function receivedOf({ subscriber }: DeadLetterQueue, message: Message): Received {
  const { MessageId: id = "", ReceiptHandle: handle = "", Body = "", Attributes = {}, MessageAttributes = {} } = message;
  const said = (name: string): string | undefined => MessageAttributes[name]?.StringValue;
  const record = recordIn(Body);
  const code = record?.condition ?? said("ERROR_CODE");
  const why =
    code === undefined
      ? `${subscriber} failed; its log says how`
      : `${code}: ${record?.said ?? said("ERROR_MESSAGE") ?? "no more is said"}`;
  const retries = said("RETRY_ATTEMPTS");
  const body = record?.payload ?? Body;
  const read = eventIn(body);
  const letter: DeadLetter = {
    id,
    event: read.event,
    subscriber,
    tries: record?.tries ?? (retries === undefined ? undefined : Number(retries) + 1),
    diedAtMs: Number(Attributes["SentTimestamp"] ?? 0),
    reason: read.event === undefined ? `${why}; ${read.why}` : why,
  };
  return { letter, body, handle };
}

/** What Lambda writes of an asynchronous call that it gave up, as far as it is read here. */
type LambdaRecord = {
  readonly condition: string;
  readonly tries: number | undefined;
  readonly said: string | undefined;
  /** What the function was called with, as JSON. */
  readonly payload: string;
};

/** The record that Lambda sends to the destination of failed calls; undefined for what is none. */
function recordIn(body: string): LambdaRecord | undefined {
  const record = jsonIn(body) as {
    readonly requestContext?: { readonly condition?: unknown; readonly approximateInvokeCount?: unknown };
    readonly requestPayload?: unknown;
    readonly responsePayload?: { readonly errorMessage?: unknown } | null;
  } | null;
  const { condition, approximateInvokeCount: tries } = record?.requestContext ?? {};
  const said = record?.responsePayload?.errorMessage;
  if (typeof condition !== "string" || record?.requestPayload === undefined) return undefined;
  return {
    condition,
    tries: typeof tries === "number" ? tries : undefined,
    said: typeof said === "string" ? said : undefined,
    payload: JSON.stringify(record.requestPayload),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The event that the bus was to deliver, or why it is none of ours. */
function eventIn(body: string): { readonly event: AnyEvent } | { readonly event: undefined; readonly why: string } {
  try {
    const delivery = JSON.parse(body) as { readonly detail?: unknown } | null;
    return { event: parseEvent(delivery?.detail) };
  } catch (error) {
    return {
      event: undefined,
      why: `what lies here is no event of this release: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
