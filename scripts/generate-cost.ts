// Counts what a month on AWS costs and writes it into docs/cost.md. With --check it writes nothing, says when the page differs, and exits 1.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countMinutes } from "./cost/counted-minutes.ts";
import { readDeployed } from "./cost/deployed.ts";
import { ASSUMED } from "./cost/month.ts";
import { costPage } from "./cost/tables.ts";

const PAGE = "docs/cost.md";
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const file = join(import.meta.dirname, "..", PAGE);
const page = readFileSync(file, "utf8");
const text = costPage(page, await countMinutes(ASSUMED.targets), await readDeployed());

if (page !== text) {
  if (values.check) {
    console.error(`${PAGE} differs from what is counted; run: node scripts/generate-cost.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.error(`wrote ${PAGE}`);
  }
}
