// Writes the table of outcomes in docs/feed-gate.md from the rows that the tests go by. With --check it writes nothing, says when the page differs, and exits 1.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { outcomeTable } from "../test/feeds/stated-outcomes.ts";

const PAGE = "docs/feed-gate.md";
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const file = join(import.meta.dirname, "..", PAGE);
const page = readFileSync(file, "utf8");
const text = page.replace(
  /(<!-- outcomes -->\n)[^]*?(\n<!-- end of outcomes -->)/,
  (_, begin: string, end: string) => `${begin}${outcomeTable()}${end}`,
);

if (page !== text || !page.includes("<!-- outcomes -->")) {
  if (values.check) {
    console.error(`${PAGE} differs from test/feeds/stated-outcomes.ts; run: node scripts/generate-feed-outcomes.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.error(`wrote ${PAGE}`);
  }
}
