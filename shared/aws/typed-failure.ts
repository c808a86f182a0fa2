import { CalltimeError } from "../core/error.ts";

/**
 * What can come of asking AWS to keep or carry something. `aws-throttled` and `aws-unavailable` pass by themselves, `aws-no-answer` may
 * have taken effect; the others need a person.
 */
export type AwsFailureCode =
  | "aws-throttled"
  | "aws-unavailable"
  | "aws-no-answer"
  | "aws-credentials"
  | "aws-denied"
  | "aws-not-there"
  | "aws-region"
  | "aws-changed"
  | "aws-refused";

const NAMES: Readonly<Record<string, AwsFailureCode>> = {
  ProvisionedThroughputExceededException: "aws-throttled",
  RequestLimitExceeded: "aws-throttled",
  RequestThrottled: "aws-throttled",
  SlowDown: "aws-throttled",
  Throttling: "aws-throttled",
  ThrottlingException: "aws-throttled",
  TooManyRequestsException: "aws-throttled",

  InternalException: "aws-unavailable",
  InternalFailure: "aws-unavailable",
  InternalServerError: "aws-unavailable",
  ServiceUnavailable: "aws-unavailable",
  TransactionConflictException: "aws-unavailable",
  TransactionInProgressException: "aws-unavailable",

  CredentialsProviderError: "aws-credentials",
  ExpiredToken: "aws-credentials",
  ExpiredTokenException: "aws-credentials",
  InvalidAccessKeyId: "aws-credentials",
  InvalidClientTokenId: "aws-credentials",
  InvalidSignatureException: "aws-credentials",
  InvalidToken: "aws-credentials",
  RequestExpired: "aws-credentials",
  RequestTimeTooSkewed: "aws-credentials",
  SignatureDoesNotMatch: "aws-credentials",
  TokenRefreshRequired: "aws-credentials",
  UnrecognizedClientException: "aws-credentials",

  AccessDenied: "aws-denied",
  AccessDeniedException: "aws-denied",
  NotAuthorizedForSourceException: "aws-denied",

  "AWS.SimpleQueueService.NonExistentQueue": "aws-not-there",
  NoSuchBucket: "aws-not-there",
  NoSuchKey: "aws-not-there",
  NoSuchVersion: "aws-not-there",
  NotFound: "aws-not-there",
  QueueDoesNotExist: "aws-not-there",
  ResourceNotFoundException: "aws-not-there",

  ConditionalRequestConflict: "aws-changed",
  PreconditionFailed: "aws-changed",

  // S3 says 403 with it, and it is no matter of rights.
  InvalidObjectState: "aws-refused",

  AuthorizationHeaderMalformed: "aws-region",
  PermanentRedirect: "aws-region",
};

const RIGHT: Readonly<Record<AwsFailureCode, string>> = {
  "aws-throttled": "it passes; where it does not, raise the quota",
  "aws-unavailable": "it passes by itself",
  "aws-no-answer": "it may have taken effect, and the second time is harmless",
  "aws-credentials": "give this process credentials that are valid now",
  "aws-denied": "let its role do this",
  "aws-not-there": "correct its name, or make it in this account and Region",
  "aws-region": "ask in the Region that it lies in",
  "aws-changed": "somebody else wrote in between; read again and decide again",
  "aws-refused": "AWS's own words say what would be right",
};

/** `cause`, which AWS or the way there failed with while doing `what`, under a stable code. What has one already is given back. */
export function typedFailure(what: string, cause: unknown): CalltimeError {
  if (cause instanceof CalltimeError) return cause;
  const code = codeOf(cause);
  return new CalltimeError(code, `${what}: ${saidBy(cause)}; ${RIGHT[code]}`, { cause });
}

/** The stable code of what AWS calls `name` in one entry of a reply. */
export function codeOfEntry(name: string): AwsFailureCode {
  return NAMES[name] ?? "aws-refused";
}

function codeOf(cause: unknown): AwsFailureCode {
  if (!(cause instanceof Error)) return "aws-no-answer";
  const { httpStatusCode: status } = (cause as AwsError).$metadata ?? {};
  const named = NAMES[cause.name];
  if (named !== undefined) return named;
  // No status: the answer never came, or was none of AWS's.
  if (status === undefined) return "aws-no-answer";
  if (status === 403) return "aws-denied";
  if (status === 404) return "aws-not-there";
  if (status === 301) return "aws-region";
  if (status === 429) return "aws-throttled";
  return status >= 500 ? "aws-unavailable" : "aws-refused";
}

/** Does `work`; what it throws comes out under a stable code. */
export async function orTypedFailure<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw typedFailure(what, cause);
  }
}

type AwsError = Error & { readonly $metadata?: { readonly httpStatusCode?: number } };

function saidBy(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}
