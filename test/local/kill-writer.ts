// Child process of kill.test.ts: writes in a loop until it is killed, and says on standard output what it was told is kept.
import { writeSync } from "node:fs";
import { openDatabase } from "../../local/database.ts";
import { sqliteDocumentStore } from "../../local/document-store.ts";

const database = openDatabase({ kind: "directory", path: process.argv[2] ?? "" });
const documents = sqliteDocumentStore(database);
for (;;) {
  const read = await documents.read("ticks/left");
  const version = read?.version ?? 0;
  await database.transaction(async () => {
    await documents.write("ticks/left", { tick: version + 1, filler: "x".repeat(2_000) }, version);
    await documents.write("ticks/right", { tick: version + 1, filler: "y".repeat(2_000) }, version);
  });
  // Written through: what stands in the pipe was said before the kill.
  writeSync(1, `${version + 1}\n`);
}
