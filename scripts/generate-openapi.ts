// Writes docs/openapi.json from the routes of shared/api. With --check it writes nothing, says when the file differs, and exits 1.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { OPENAPI_PATH, openApiDocument } from "./openapi.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const file = join(import.meta.dirname, "..", OPENAPI_PATH);
const text = openApiDocument();

if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
  if (values.check) {
    console.error(`${OPENAPI_PATH} differs from the routes of shared/api; run: node scripts/generate-openapi.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.error(`wrote ${OPENAPI_PATH}`);
  }
}
