// Writes docs/schemas/ from the schemas of configuration files. With --check it writes nothing, names each file that differs, and exits 1.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { configSchemas } from "./config-schemas.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, root: { type: "string" } } });
const root = values.root ?? join(import.meta.dirname, "..");

for (const [path, text] of configSchemas()) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (values.check) {
    console.error(
      `${path} differs from the schemas of shared/config, shared/feeds and local; run: node scripts/generate-config-schemas.ts`,
    );
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.error(`wrote ${path}`);
  }
}
