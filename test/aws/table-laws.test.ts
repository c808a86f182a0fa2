import { dynamoDocumentStore } from "../../shared/aws/document-store.ts";
import { dynamoJournal } from "../../shared/aws/journal.ts";
import { documentStoreLaws } from "../laws/document-store.laws.ts";
import { journalLaws } from "../laws/journal.laws.ts";
import { emulatedTable } from "./emulated-table.ts";
import { describeWithMoto } from "./moto.ts";

describeWithMoto("stores on an emulated DynamoDB", (moto) => {
  documentStoreLaws("DynamoDB", async () => dynamoDocumentStore(await emulatedTable(moto)));
  journalLaws("DynamoDB", async () => dynamoJournal(await emulatedTable(moto)));
});
