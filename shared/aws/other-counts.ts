import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { GetProvisionedConcurrencyConfigCommand } from "@aws-sdk/client-lambda";
import type { Counts } from "./counts.ts";
import { codeOf } from "./target-failure.ts";
import type { TargetClients } from "./target-clients.ts";

/** Counts the provisioned concurrency of `function:<name>:<alias>`: what was requested, and what is initialised. Throws what Lambda throws. */
export async function countConcurrency({ lambda }: Pick<TargetClients, "lambda">, resourceId: string): Promise<Counts> {
  const [, FunctionName = "", Qualifier = ""] = resourceId.split(":");
  try {
    const config = await lambda().send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
    return {
      desiredUnits: config.RequestedProvisionedConcurrentExecutions,
      servingUnits: config.AvailableProvisionedConcurrentExecutions,
      remarks: config.Status === "FAILED" ? [`its provisioned concurrency failed: ${config.StatusReason ?? "no reason given"}`] : [],
    };
  } catch (error) {
    if (codeOf(error) !== "ProvisionedConcurrencyConfigNotFoundException") throw error;
    return { desiredUnits: 0, servingUnits: 0, remarks: [] };
  }
}

/**
 * Counts the provisioned reads or writes of `table/<name>` or `table/<name>/index/<index>`. While a table is updating it serves what it had,
 * and does not say what it was asked for. Throws what DynamoDB throws.
 */
export async function countThroughput({ dynamo }: Pick<TargetClients, "dynamo">, resourceId: string, dimension: string): Promise<Counts> {
  const [, TableName = "", , IndexName] = resourceId.split("/");
  const { Table } = await dynamo().send(new DescribeTableCommand({ TableName }));
  const index = Table?.GlobalSecondaryIndexes?.find((each) => each.IndexName === IndexName);
  const part = IndexName === undefined ? Table : index;
  const throughput = part?.ProvisionedThroughput;
  const servingUnits = dimension.endsWith(":ReadCapacityUnits") ? throughput?.ReadCapacityUnits : throughput?.WriteCapacityUnits;
  const status = IndexName === undefined ? Table?.TableStatus : index?.IndexStatus;
  const isSettled = status === "ACTIVE";
  return {
    desiredUnits: isSettled ? servingUnits : undefined,
    servingUnits,
    remarks: isSettled ? [] : [`the ${IndexName === undefined ? "table" : "index"} is ${status ?? "not there"}`],
  };
}
