import { CalltimeError } from "../core/error.ts";
import type { SetMinimumOutcome } from "../app/ports.ts";

/** What to try again at the next tick: nothing is wrong with the call, it came at the wrong moment. */
const PASSING = new Set([
  "CapacityDecreaseRequestsLimitExceededException",
  "CapacityReservationPendingException",
  "ConcurrentUpdateException",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidDBClusterStateFault",
  "InvalidDBInstanceStateFault",
  "PriorRequestNotComplete",
  "PriorRequestNotCompleteException",
  "RequestExpired",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "role-not-reached",
  "throttled-here",
]);

type Failure = Error & {
  readonly $fault?: "client" | "server";
  readonly $metadata?: { readonly httpStatusCode?: number };
};

/** The stable code of a failure: AWS's own name for it, or ours. */
export function codeOf(error: unknown): string {
  if (error instanceof CalltimeError) return error.code;
  return error instanceof Error ? error.name : "unknown-failure";
}

/** A failure in a sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? `${codeOf(error)}: ${error.message}` : String(error);
}

/** Whether AWS said no (or we did, before any call), so that it is known that nothing changed. Anything else may have taken effect. */
export function isAnswer(error: unknown): error is Error {
  if (error instanceof CalltimeError) return error.code !== "no-answer-in-time";
  if (!(error instanceof Error)) return false;
  const { $fault, $metadata } = error as Failure;
  return $fault === "client" && $metadata?.httpStatusCode !== undefined;
}

/**
 * What became of a write that threw: put off when it only came at the wrong moment, refused when AWS said no. Throws on what has no answer
 * (a lost connection, a fault of the service): then nobody knows whether it took effect.
 */
export function outcomeOf(targetId: string, error: unknown): SetMinimumOutcome {
  const code = codeOf(error);
  const reason = `${targetId}: ${error instanceof Error ? error.message : String(error)}`;
  if (PASSING.has(code)) return { kind: "deferred", code, reason };
  if (!isAnswer(error)) throw error;
  return { kind: "refused", code, reason };
}
