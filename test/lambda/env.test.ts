import { describe, expect, test } from "vitest";
import { CalltimeError } from "../../shared/core/error.ts";
import { readEnv } from "../../shared/lambda/env.ts";

const VARIABLES = {
  CALLTIME_TABLE: "the name of the DynamoDB table",
  CALLTIME_ZONE: "the time zone of the audience, such as Europe/Copenhagen",
};

describe("the environment of a function", () => {
  test("is read without the spaces around a value", () => {
    const env = { CALLTIME_TABLE: " calltime-test ", CALLTIME_ZONE: "UTC", AWS_REGION: "eu-west-1" };
    expect(readEnv(VARIABLES, env)).toEqual({ CALLTIME_TABLE: "calltime-test", CALLTIME_ZONE: "UTC" });
  });

  test("says every problem together: what is not set, blank, and misspelt", () => {
    const problems = problemsOf(() => readEnv(VARIABLES, { CALLTIME_ZONE: "  ", CALLTIME_TABEL: "calltime-test" }));
    expect(problems).toEqual([
      "CALLTIME_TABLE is not set; right would be the name of the DynamoDB table",
      "CALLTIME_ZONE is blank; right would be the time zone of the audience, such as Europe/Copenhagen",
      "CALLTIME_TABEL is no variable here; there are CALLTIME_TABLE, CALLTIME_ZONE",
    ]);
  });
});

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof CalltimeError && error.code === "env-invalid") return error.message.split("\n");
    throw error;
  }
  return [];
}
