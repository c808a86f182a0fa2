import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import { CalltimeError } from "../core/error.ts";
import type { AccountRole } from "../core/target-in-aws.ts";
import { codeOf, isAnswer } from "./target-failure.ts";

/** Credentials with the instant at which they end; the SDK keeps them until shortly before it, and asks again then. */
export type RoleCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};

// A role that is assumed by another role lasts for an hour at the most.
const SESSION_SECONDS = 3_600;

/**
 * Lets us into another account. Throws with STS's own code when the role does not let us in, `role-not-reached` when STS did not answer, and
 * `no-credentials` for half an answer.
 */
export function assumedRole(sts: STSClient, { roleArn, externalId }: AccountRole): () => Promise<RoleCredentials> {
  return async () => {
    const { Credentials: given } = await sts
      .send(
        new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: "calltime",
          DurationSeconds: SESSION_SECONDS,
          ...(externalId !== undefined && { ExternalId: externalId }),
        }),
      )
      .catch((cause: unknown): never => {
        const code = isAnswer(cause) ? codeOf(cause) : "role-not-reached";
        throw new CalltimeError(code, `the role ${roleArn} could not be assumed: ${messageOf(cause)}`, { cause });
      });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined || Expiration === undefined)
      throw new CalltimeError("no-credentials", `the role ${roleArn} was assumed, and no credentials came with it`);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration };
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
