import middy, { type MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import { CalltimeError } from "../core/error.ts";
import type { Telemetry } from "./telemetry.ts";

/** What a handler has beside its input. */
export type Invocation = {
  readonly telemetry: Telemetry;
  /** Milliseconds until Lambda ends the invocation. */
  readonly leftMs: () => number;
};

/** A function as Lambda calls it. */
export type LambdaHandler<Result> = (event: unknown, context: Context) => Promise<Result>;

/** Who handles, and who is told of it. */
export type Handling = {
  /** The function's own name, as its folder has it. */
  readonly functionName: string;
  readonly telemetry: Telemetry;
};

// Enough to write the last lines; a function that Lambda ends itself says nothing at all.
const LAST_WORDS_MS = 750;

/**
 * What every handler has around it: one line and what it counted at the end, whatever became of it; an end of its own, with code `time-over`,
 * shortly before Lambda's. `handle` throws for an input that is to come again, or to end among the dead letters.
 */
export function stack<Result>(
  handling: Handling,
  handle: (event: unknown, invocation: Invocation) => Promise<Result>,
): LambdaHandler<Result> {
  const { functionName, telemetry } = handling;
  const timeoutEarlyResponse = (): never => {
    const right = "what is left is done by the next tick; a longer timeout, or fewer targets, would be right if this comes back";
    throw new CalltimeError("time-over", `${functionName}: its time was nearly over, so it stopped; ${right}`);
  };
  const handler = middy(
    (event: unknown, context: Context) => handle(event, { telemetry, leftMs: () => context.getRemainingTimeInMillis() }),
    { timeoutEarlyInMillis: LAST_WORDS_MS, timeoutEarlyResponse },
  ).use(told(handling));
  return async (event, context) => (await handler(event, context)) as Result;
}

/** Tells how each invocation ended. */
function told({ functionName, telemetry }: Handling): MiddlewareObj<unknown, unknown> {
  const begun = new WeakMap<Context, { readonly atMs: number; readonly coldStart: boolean }>();
  let isWarm = false;
  const end = (context: Context) => {
    const { atMs, coldStart } = begun.get(context) ?? { atMs: performance.now(), coldStart: false };
    const durationMs = Math.round(performance.now() - atMs);
    return { requestId: context.awsRequestId, durationMs, coldStart };
  };
  return {
    before: ({ context }) => {
      begun.set(context, { atMs: performance.now(), coldStart: !isWarm });
      isWarm = true;
    },
    after: ({ context }) => {
      telemetry.info(`${functionName} is done`, end(context));
      telemetry.flush();
    },
    onError: ({ context, error }) => {
      telemetry.count("failed", 1);
      telemetry.error(`${functionName} failed`, error, end(context));
      telemetry.flush();
    },
  };
}
