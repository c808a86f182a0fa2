import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoTable, PARTITION, SORT, type Table } from "../../shared/aws/table.ts";
import type { Moto } from "./moto.ts";
import { quickPace } from "./pace.ts";

let made = 0;

/** A fresh, empty table of our shape in the emulated AWS, on demand as it is deployed. */
export async function emulatedTable(moto: Moto): Promise<Table & { readonly tableName: string }> {
  const client = new DynamoDBClient(moto.client());
  const tableName = `calltime-${(made += 1)}`;
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [PARTITION, SORT].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const })),
      KeySchema: [
        { AttributeName: PARTITION, KeyType: "HASH" },
        { AttributeName: SORT, KeyType: "RANGE" },
      ],
    }),
  );
  return { ...dynamoTable({ client, tableName, pace: quickPace() }), tableName };
}
