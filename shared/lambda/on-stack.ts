import * as z from "zod/mini";
import "../../events/english.ts";
import { CalltimeError } from "../core/error.ts";
import { stack, type Handling, type Invocation, type LambdaHandler } from "./stack.ts";

/** Whether what was asked for is done; `why` is shown to whoever deletes the stack. */
export type StackAnswer = { readonly done: true } | { readonly done: false; readonly why: string };

const request = z.looseObject({
  RequestType: z.enum(["Create", "Update", "Delete"]),
  ResponseURL: z.url(),
  StackId: z.string().check(z.minLength(1)),
  RequestId: z.string().check(z.minLength(1)),
  LogicalResourceId: z.string().check(z.minLength(1)),
  PhysicalResourceId: z.optional(z.string().check(z.minLength(1))),
});

type StackRequest = z.output<typeof request>;

// Time to say that there is no time left: without an answer the stack waits until its own patience ends.
const LAST_WORDS_MS = 10_000;
// The whole answer may be 4096 bytes, and each of these may be four.
const MOST_REASON = 500;
const ANSWER_WITHIN_MS = 5_000;

/**
 * A function behind a resource of the stack: `onDelete` is what is to be done before the stack goes; a stack that is made or changed is
 * answered at once. CloudFormation is answered whatever becomes of it, and in time. Throws `stack-request-malformed`, and
 * `stack-unanswered` when the answer was not taken: Lambda calls again then.
 */
export function onStack(
  handling: Handling,
  onDelete: (stackId: string, invocation: Invocation) => Promise<StackAnswer>,
): LambdaHandler<void> {
  return stack(handling, async (message, invocation) => {
    const read = request.safeParse(message);
    if (!read.success) {
      const what = read.error.issues.map(({ path, message: problem }) => `${path.join(".")}: ${problem}`).join("; ");
      throw new CalltimeError("stack-request-malformed", `this is no request of CloudFormation: ${what}`);
    }
    const { RequestType, StackId } = read.data;
    if (RequestType !== "Delete") return answer(read.data, { done: true });
    handling.telemetry.info("the stack is being deleted", { stackId: StackId });
    return answer(read.data, await inTime(invocation, () => onDelete(StackId, invocation)));
  });
}

/** What became of the work, or that it took too long or failed. */
async function inTime({ leftMs, telemetry }: Invocation, work: () => Promise<StackAnswer>): Promise<StackAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<StackAnswer>((resolve) => {
    const why = "its time was over; delete the stack again, what was done stays done";
    timer = setTimeout(() => resolve({ done: false, why }), Math.max(0, leftMs() - LAST_WORDS_MS));
  });
  try {
    return await Promise.race([work(), over]);
  } catch (error) {
    telemetry.error("what comes before the deletion failed", error);
    return { done: false, why: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function answer(asked: StackRequest, given: StackAnswer): Promise<void> {
  const { ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId = LogicalResourceId } = asked;
  const Status = given.done ? "SUCCESS" : "FAILED";
  const Reason = given.done ? "done" : given.why.slice(0, MOST_REASON);
  const body = JSON.stringify({ Status, Reason, StackId, RequestId, LogicalResourceId, PhysicalResourceId });
  const response = await fetch(ResponseURL, {
    method: "PUT",
    // The URL was signed without a type.
    headers: { "content-type": "" },
    body,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (!response.ok) throw new CalltimeError("stack-unanswered", `CloudFormation's answer was not taken: ${response.status}`);
}
