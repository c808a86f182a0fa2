import { dynamoSchedules } from "../../shared/aws/schedule-store.ts";
import { scheduleStoreLaws } from "../laws/schedule-store.laws.ts";
import { emulatedTable } from "./emulated-table.ts";
import { describeWithMoto } from "./moto.ts";

describeWithMoto("schedules on an emulated DynamoDB", (moto) => {
  scheduleStoreLaws("DynamoDB", async () => dynamoSchedules(await emulatedTable(moto)));
});
