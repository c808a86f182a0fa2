// Writes docs/events.md and docs/schemas/events/ from events/. With --check it writes nothing, names each file that differs, and exits 1.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { contractDocuments } from "./contract-documents.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, root: { type: "string" } } });
const root = values.root ?? join(import.meta.dirname, "..");
const documents = contractDocuments();
const changed = [...documents].filter(([path, text]) => textAt(path) !== text).map(([path]) => path);
const orphans = filesIn("docs/schemas/events").filter((path) => !documents.has(path));

if (values.check) {
  for (const path of changed) console.error(`${path} differs from the contracts in events/; run: node scripts/generate-contracts.ts`);
  for (const path of orphans) console.error(`${path} belongs to no contract in events/; run: node scripts/generate-contracts.ts`);
  process.exitCode = changed.length + orphans.length > 0 ? 1 : 0;
} else {
  for (const path of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), documents.get(path) ?? "");
    console.error(`wrote ${path}`);
  }
  for (const path of orphans) {
    rmSync(join(root, path));
    console.error(`removed ${path}`);
  }
}

/** Text of a file, or undefined when there is none. */
function textAt(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
