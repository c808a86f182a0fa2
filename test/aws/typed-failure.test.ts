import { expect, test } from "vitest";
import { orTypedFailure, typedFailure } from "../../shared/aws/typed-failure.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { awsError } from "./scripted-client.ts";

test.each([
  ["ThrottlingException", 400, "aws-throttled"],
  ["ProvisionedThroughputExceededException", 400, "aws-throttled"],
  ["SomethingNew", 429, "aws-throttled"],
  ["InternalServerError", 500, "aws-unavailable"],
  ["SomethingNew", 503, "aws-unavailable"],
  ["ExpiredTokenException", 400, "aws-credentials"],
  ["ExpiredToken", 400, "aws-credentials"],
  ["UnrecognizedClientException", 400, "aws-credentials"],
  ["CredentialsProviderError", undefined, "aws-credentials"],
  ["AccessDenied", 403, "aws-denied"],
  ["SomethingNew", 403, "aws-denied"],
  ["ResourceNotFoundException", 400, "aws-not-there"],
  ["SomethingNew", 404, "aws-not-there"],
  ["PermanentRedirect", 301, "aws-region"],
  ["SomethingNew", 301, "aws-region"],
  ["ValidationException", 400, "aws-refused"],
  ["TimeoutError", undefined, "aws-no-answer"],
])("%s with status %s is %s", (name, status, code) => {
  const cause = awsError(name, status);
  const failure = typedFailure("document plan/web", cause);
  expect(failure).toMatchObject({ code, cause });
  expect(failure.message).toMatch(new RegExp(`^document plan/web: ${name}: as AWS says it; \\S`));
});

test("what is no error at all is no answer", () => {
  expect(typedFailure("bus", "gone")).toMatchObject({ code: "aws-no-answer", message: expect.stringContaining("gone") as string });
});

test("what has a stable code already keeps it", async () => {
  const ours = new CalltimeError("value-too-large", "split it");
  await expect(orTypedFailure("document a", Promise.reject(ours))).rejects.toBe(ours);
  await expect(orTypedFailure("document a", Promise.resolve(1))).resolves.toBe(1);
});
