import { stack, type Handling, type Invocation, type LambdaHandler } from "./stack.ts";

/** A function that is called once a minute. What it is called with does not matter: a tick looks at what is. */
export function onMinute(handling: Handling, handle: (invocation: Invocation) => Promise<unknown>): LambdaHandler<void> {
  return stack(handling, async (_, invocation) => {
    await handle(invocation);
    // Of the others Lambda counts calls, failures and durations itself, and a metric of ours costs as much as three alarms.
    handling.telemetry.count("handled", 1);
  });
}
