import { BeginTransactionCommand, ExecuteStatementCommand, RollbackTransactionCommand, type RDSDataClient } from "@aws-sdk/client-rds-data";
import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { POSTGRES, startPostgres } from "../../bench/database/postgres.ts";
import { freePort } from "../../bench/edges/cache-servers.ts";
import { newEvent, programmeStarting } from "../../events/index.ts";
import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoSchedules } from "../../shared/aws/schedule-store.ts";
import { dynamoTable } from "../../shared/aws/table.ts";
import { occasionsOf } from "../../shared/core/schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithMoto } from "../aws/moto.ts";
import { quickPace } from "../aws/pace.ts";
import { makeCluster } from "../aws/seeded.ts";
import { dataApiBefore } from "../database/data-api.ts";
import { packagedWhole, type Whole } from "../deploy/packaged.ts";
import { environmentOf, ofType } from "../deploy/template.ts";
import { delivery } from "../lambda/deliveries.ts";
import { describeWithPrograms } from "../programs.ts";
import { publishSchedule } from "../schedules.ts";
import { lambdaEnvironment, startFunction } from "./lambda.ts";

const LONG_MS = 240_000;
const STARTS_MS = Date.parse("2026-06-13T19:00:00Z");
const NOW_MS = STARTS_MS - 28 * MINUTE_MS;

let whole: Whole;
beforeAll(async () => {
  whole = await packagedWhole();
}, LONG_MS);
afterAll(() => whole?.remove());

/** The calls of the Data API, of which the emulator has no transactions. */
const DATA_API: Readonly<Record<string, (input: never) => object>> = {
  "/BeginTransaction": (input) => new BeginTransactionCommand(input),
  "/Execute": (input) => new ExecuteStatementCommand(input),
  "/RollbackTransaction": (input) => new RollbackTransactionCommand(input),
};

/** The emulated AWS with a Data API that asks a PostgreSQL. */
async function withDataApi(emulator: string, dataApi: RDSDataClient): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const commandOf = DATA_API[request.url ?? ""];
    if (commandOf !== undefined) {
      const command = commandOf(JSON.parse(body.toString("utf8")) as never);
      response.end(JSON.stringify(await dataApi.send(command as BeginTransactionCommand)));
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === "string" && !["connection", "content-length", "expect"].includes(name) ? [[name, value]] : [],
      ),
    );
    const forwarded = await fetch(`${emulator}${request.url}`, { method: request.method ?? "POST", headers, body });
    response.writeHead(forwarded.status, { "content-type": forwarded.headers.get("content-type") ?? "" });
    response.end(Buffer.from(await forwarded.arrayBuffer()));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describeWithPrograms("before a PostgreSQL", POSTGRES, () => {
  describeWithMoto("the bundled function that warms databases, on an emulated AWS", (moto) => {
    test(
      "told that a programme starts it reads into the writer's memory through the Data API; a reader that is out of reach is unknown, and said so",
      async () => {
        const postgres = await startPostgres(await freePort(), "64MB");
        onTestFinished(postgres.stop);
        await postgres.run("CREATE EXTENSION pg_prewarm; CREATE EXTENSION pg_buffercache");
        await postgres.run("CREATE TABLE programme AS SELECT g AS id, md5(g::text) AS title FROM generate_series(1, 20000) AS g");
        await postgres.coldStart();
        await makeCluster(moto, "catalogue", { readers: 1 });
        const endpoint = await withDataApi(moto.endpoint(), dataApiBefore(postgres.connectionString));

        const dynamo = new DynamoDBClient(moto.client());
        const [[, made] = []] = ofType(whole.template, "AWS::DynamoDB::Table");
        const { TableName = "", BillingMode, AttributeDefinitions, KeySchema } = made as unknown as CreateTableCommandInput;
        await dynamo.send(new CreateTableCommand({ TableName, BillingMode, AttributeDefinitions, KeySchema }));
        const table = dynamoTable({ client: dynamo, tableName: TableName, pace: quickPace() });
        const times = { startsAtMs: STARTS_MS, endsAtMs: STARTS_MS + HOUR_MS };
        const schedule = {
          channels: [{ id: "one", name: "One" }],
          programmes: [{ id: "final", channelId: "one", title: "Cup Final", categories: [], live: false, ...times }],
        };
        await publishSchedule(dynamoSchedules(table), { feedId: "guide", generation: 1, publishedAtMs: NOW_MS - HOUR_MS }, schedule);
        const [occasion] = occasionsOf(schedule, []);

        const packaged = whole.functions.find(({ name }) => name === "warm-aurora");
        if (packaged === undefined) throw new Error("there is no function warm-aurora");
        const { NODE_EXTRA_CA_CERTS: _, ...told } = environmentOf(whole.template, "warm-aurora", (id) => (id === "Table" ? TableName : id));
        const running = await startFunction(packaged, { ...lambdaEnvironment(moto), ...told, AWS_ENDPOINT_URL: endpoint }, NOW_MS);
        onTestFinished(running.stop);
        const { data } = programmeStarting.example;
        const starting = { ...data, occasionId: occasion?.id ?? "" };
        await running.invoke(delivery(newEvent(programmeStarting, { id: "programme.starting/1", atMs: NOW_MS, data: starting })), NOW_MS);

        const [{ cached } = {}] = await postgres.run(
          "SELECT count(*)::int AS cached FROM pg_buffercache WHERE relfilenode = pg_relation_filenode('programme') AND relforknumber = 0",
        );
        expect(cached).toBeGreaterThan(150);
        const seen = (await dynamoDocumentStore(table).read("warm-ups/databases"))?.value;
        const whole100 = "100 % of the hot blocks cached";
        expect(seen).toEqual({
          catalogue: {
            seen: {
              atMs: NOW_MS,
              instances: [
                {
                  instanceId: "catalogue-0",
                  shares: { held: 1, refused: 0, unproven: 0 },
                  why: expect.stringContaining(whole100) as string,
                },
                { instanceId: "catalogue-1", why: expect.stringContaining("(database-unreachable)") as string },
              ],
            },
          },
        });
      },
      LONG_MS,
    );
  });
});
