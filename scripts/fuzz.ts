/**
 * Reads inputs that nobody would write, guided by what V8 counts of the code they reach: `node scripts/fuzz.ts --seconds 120 --seed 1`. Ends
 * with 1 when something must not be; the inputs are then in the folder of `--findings`. With `--grow` what reaches something new is kept in
 * test/fuzz/corpus. `--targets xmltv,csv` takes only these. docs/reliability.md tells what was found.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Coverage } from "../test/fuzz/coverage.ts";
import { fuzz } from "../test/fuzz/fuzz.ts";
import type { Target } from "../test/fuzz/targets.ts";
import { Watchdog } from "../test/fuzz/watch.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    executions: { type: "string", default: "1e12" },
    seed: { type: "string", default: "1" },
    targets: { type: "string", default: "" },
    findings: { type: "string", default: "" },
    // A small input takes a thousandth of it, on a busy machine too.
    patience: { type: "string", default: "15" },
    // One cause shows in many inputs.
    most: { type: "string", default: "10" },
    grow: { type: "boolean", default: false },
    // Where the targets are; a test plants faults elsewhere.
    from: { type: "string", default: "../test/fuzz/targets.ts" },
  },
});

const findings = values.findings === "" ? mkdtempSync(join(tmpdir(), "calltime-fuzz-")) : values.findings;
mkdirSync(findings, { recursive: true });
const coverage = new Coverage((path) => /\/shared\/feeds\/|\/test\/fuzz\/planted/.test(path));
// Loaded now, so that functions which never run are known too.
const { TARGETS } = (await import(values.from)) as { readonly TARGETS: readonly Target[] };
const names = values.targets === "" ? TARGETS.map(({ name }) => name) : values.targets.split(",");
const targets = names.map((name) => {
  const target = TARGETS.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target ${name}; there are ${TARGETS.map((one) => one.name).join(", ")}`);
  return target;
});

const watchdog = new Watchdog({ folder: findings, patienceMs: Number(values.patience) * 1_000 });
const began = performance.now();
const report = await fuzz({
  targets,
  coverage,
  watchdog,
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  executions: Number(values.executions),
  grow: values.grow,
  mostFindings: Number(values.most),
});
await watchdog.stop();

for (const { path, run, all } of coverage.byFile()) console.log(`${path}: ${((run / all) * 100).toFixed(1)} % of ${all} characters`);
for (const [index, { target, what, bytes }] of report.findings.entries()) {
  const path = join(findings, `${target}-${index}`);
  writeFileSync(path, bytes);
  console.log(
    `\nFOUND in ${target}, ${bytes.length} bytes, kept as ${path}: ${JSON.stringify(Buffer.from(bytes).toString("latin1")).slice(0, 600)}\n${what.slice(0, 1_500)}`,
  );
}
const seconds = (performance.now() - began) / 1_000;
const peakMb = process.resourceUsage().maxRSS / 1_024;
console.log(
  `\nseed ${values.seed}: ${report.executions} executions in ${seconds.toFixed(0)} s, ${report.kept} inputs that reached something new, ${report.findings.length} findings, peak ${peakMb.toFixed(0)} MB`,
);
process.exitCode = report.findings.length === 0 ? 0 : 1;
