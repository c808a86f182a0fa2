import type { Ports } from "../app/ports.ts";
import { sqsDeadLetters } from "../aws/dead-letters.ts";
import { ownFunctions, ownQueues } from "../aws/own-clients.ts";

/** What a function is told of the queues of dead letters, and of those that their letters go back to. */
export const DEAD_LETTER_ENVIRONMENT = {
  CALLTIME_INGEST_DEAD: "the URL of the queue of what ingest could not take",
  CALLTIME_INGEST_FUNCTION: "the name of the function ingest",
  CALLTIME_PLAN_DEAD: "the URL of the queue of what plan could not take",
  CALLTIME_PLAN_FUNCTION: "the name of the function plan",
  CALLTIME_CONTENT_DEAD: "the URL of the queue of what warm-cdn could not take",
  CALLTIME_CONTENT_FUNCTION: "the name of the function warm-cdn",
  CALLTIME_DATABASE_DEAD: "the URL of the queue of what warm-aurora could not take",
  CALLTIME_DATABASE_FUNCTION: "the name of the function warm-aurora",
  CALLTIME_WARM_DEAD: "the URL of the queue of what warm-capacity could not take",
  CALLTIME_WARM_QUEUE: "the URL of the queue that warm-capacity reads",
};

/** What the bus and Lambda gave up. Minutes that could not be called are not among it: the next one did their work. */
export function deadLetters(env: Readonly<Record<keyof typeof DEAD_LETTER_ENVIRONMENT, string>>): Pick<Ports, "deadLetters"> {
  const byFunction = (subscriber: string, queueUrl: string, functionName: string) => ({
    subscriber,
    queueUrl,
    takes: { kind: "function" as const, functionName },
  });
  const queues = [
    byFunction("ingest", env.CALLTIME_INGEST_DEAD, env.CALLTIME_INGEST_FUNCTION),
    byFunction("plan", env.CALLTIME_PLAN_DEAD, env.CALLTIME_PLAN_FUNCTION),
    byFunction("warm-cdn", env.CALLTIME_CONTENT_DEAD, env.CALLTIME_CONTENT_FUNCTION),
    byFunction("warm-aurora", env.CALLTIME_DATABASE_DEAD, env.CALLTIME_DATABASE_FUNCTION),
    { subscriber: "warm-capacity", queueUrl: env.CALLTIME_WARM_DEAD, takes: { kind: "queue" as const, queueUrl: env.CALLTIME_WARM_QUEUE } },
  ];
  return { deadLetters: sqsDeadLetters({ sqs: ownQueues(), lambda: ownFunctions(), queues }) };
}
