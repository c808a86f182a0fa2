import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type Field,
  type RDSDataClient,
} from "@aws-sdk/client-rds-data";
import pg from "pg";

/**
 * A client of the RDS Data API before a PostgreSQL of our own, for the emulator has no transactions: named parameters, one transaction a
 * connection, fields by their type, and failures as the Data API words them.
 */
export function dataApiBefore(connectionString: string): RDSDataClient {
  const open = new Map<string, pg.Client>();
  let begun = 0;
  const send = async (command: unknown): Promise<object> => {
    if (command instanceof BeginTransactionCommand) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      await client.query("BEGIN");
      begun += 1;
      open.set(`t${begun}`, client);
      return { transactionId: `t${begun}` };
    }
    if (command instanceof RollbackTransactionCommand) {
      const { transactionId = "" } = command.input;
      const client = open.get(transactionId);
      open.delete(transactionId);
      await client?.query("ROLLBACK");
      await client?.end();
      return { transactionStatus: "Rollback Complete" };
    }
    if (!(command instanceof ExecuteStatementCommand)) throw new Error("the Data API was asked for something else");
    const { sql = "", parameters = [], transactionId = "" } = command.input;
    const client = open.get(transactionId);
    if (client === undefined) throw failure("BadRequestException", `Transaction ${transactionId} is not found`);
    const values: unknown[] = [];
    const text = sql.replace(/(?<!:):([a-z]+)/g, (_, name: string) => {
      const { value } = parameters.find((each) => each.name === name) ?? {};
      values.push(value?.stringValue ?? value?.longValue);
      return `$${values.length}`;
    });
    try {
      const { rows } = await client.query<unknown[]>({ text, values, rowMode: "array" });
      return { records: rows.map((row) => row.map(fieldOf)) };
    } catch (error) {
      const { code, message } = error as pg.DatabaseError;
      throw failure("DatabaseErrorException", `ERROR: ${message}; SQLState: ${code}`);
    }
  };
  return { send } as unknown as RDSDataClient;
}

/** The driver gives a whole number of eight bytes as text, the Data API as a number. */
function fieldOf(value: unknown): Field {
  if (value === null) return { isNull: true };
  return typeof value === "string" && !/^\d+$/.test(value) ? { stringValue: value } : { longValue: Number(value) };
}

function failure(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}
