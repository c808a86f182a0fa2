import { join } from "node:path";
import { CalltimeError } from "../shared/core/error.ts";
import { ROOT } from "./package/bundle.ts";
import { packageFunctions, packageTemplate } from "./package/package.ts";

// `npm run package`: the functions, one zip each, in dist/functions, and the CloudFormation template in dist/template. CALLTIME_TARGETS,
// CALLTIME_EXPECTATIONS, CALLTIME_CONTENT and CALLTIME_DATABASES name the files of a deployment; further arguments (--stage prod, --param …) go to serverless.
const DIRECTORY = join(ROOT, "dist");
const targets = process.env["CALLTIME_TARGETS"] ?? join(ROOT, "samples/targets-aws.yaml");
try {
  const { CALLTIME_EXPECTATIONS: expectations, CALLTIME_CONTENT: content, CALLTIME_DATABASES: databases } = process.env;
  const packaged = await packageFunctions(DIRECTORY, { targets, expectations, content, databases });
  for (const { name, zipBytes } of packaged)
    process.stdout.write(`${name.padEnd(16)}${String(Math.ceil(zipBytes / 1_000)).padStart(5)} KB\n`);
  const { said } = packageTemplate(DIRECTORY, { targets, databases, args: process.argv.slice(2) });
  process.stderr.write(said);
} catch (error) {
  if (!(error instanceof CalltimeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
