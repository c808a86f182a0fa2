import { describe, expect, test } from "vitest";
import { CalltimeError } from "../../shared/core/error.ts";
import { readEnv, variable, wordVariable } from "../../shared/lambda/env.ts";

const SHAPE = {
  CALLTIME_TABLE: variable("the name of the DynamoDB table"),
  CALLTIME_ZONE: variable("the time zone of the audience, such as Europe/Copenhagen"),
  CALLTIME_LOUD: wordVariable(["yes", "no"], "whether it is loud"),
};

describe("the environment of a function", () => {
  test("is read typed, without the spaces around a value", () => {
    const env = { CALLTIME_TABLE: " calltime-test ", CALLTIME_ZONE: "UTC", CALLTIME_LOUD: "no", AWS_REGION: "eu-west-1" };
    expect(readEnv(SHAPE, env)).toEqual({ CALLTIME_TABLE: "calltime-test", CALLTIME_ZONE: "UTC", CALLTIME_LOUD: "no" });
  });

  test("says every problem together: what is not set, blank, of another form, and misspelt", () => {
    const problems = problemsOf(() => readEnv(SHAPE, { CALLTIME_ZONE: "  ", CALLTIME_LOUD: "maybe", CALLTIME_TABEL: "calltime-test" }));
    expect(problems).toEqual([
      "CALLTIME_TABLE is not set; right would be the name of the DynamoDB table",
      "CALLTIME_ZONE is blank; right would be the time zone of the audience, such as Europe/Copenhagen",
      'CALLTIME_LOUD is "maybe"; right would be whether it is loud: yes or no',
      "CALLTIME_TABEL is no variable here; there are CALLTIME_TABLE, CALLTIME_ZONE, CALLTIME_LOUD",
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
