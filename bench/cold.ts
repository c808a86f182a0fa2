import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { bundleFile, compiledAtStart, ROOT } from "../scripts/package/bundle.ts";
import { packageFunctions, type Packaged } from "../scripts/package/package.ts";
import { coldTable, MOST_RATIO, type ColdRow } from "./cold/report.ts";
import { median } from "./one-core.ts";

const RUNS = 31;
const CLIENT = /@aws-sdk\/(client-[a-z0-9-]+)\/[^:]*\/(\w+Client)\.js$/;
const TABLE = /(<!-- cold:[^\n]*-->\n+)(?:\|[^\n]*\n)+/u;
const SETTINGS = {
  targets: join(ROOT, "samples/targets-aws.yaml"),
  expectations: join(ROOT, "samples/expectations.yaml"),
  content: join(ROOT, "samples/content.yaml"),
  databases: join(ROOT, "samples/databases.yaml"),
};
const ENVIRONMENT = {
  AWS_REGION: "eu-west-1",
  CALLTIME_STAGE: "bench",
  CALLTIME_TABLE: "calltime-bench",
  CALLTIME_BUCKET: "calltime-bench",
  CALLTIME_BUS: "calltime-bench",
  CALLTIME_ZONE: "Europe/Copenhagen",
};
// As Lambda imports it, from a module: what is timed is reading, compiling and running it up to its handler.
const IMPORTS = `const before = process.cpuUsage();
const beganMs = performance.now();
const { handler } = await import("./index.mjs");
const tookMs = performance.now() - beganMs;
const { user, system } = process.cpuUsage(before);
process.stdout.write([typeof handler, tookMs, (user + system) / 1_000].join(" "));
`;

/** What went into a bundle. */
type Metafile = Awaited<ReturnType<typeof bundleFile>>;

type Import = { readonly tookMs: number; readonly cpuMs: number };

/**
 * How long each packaged function takes from its import to its handler, beside a bare bundle that makes the same clients of the SDK and does
 * nothing else: in one file, as a bundle is made that nobody thought about, and split as ours are. One after the other, each in a process of its own.
 */
export async function main(args: readonly string[]): Promise<void> {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const directory = mkdtempSync(join(ROOT, "dist/cold-"));
  try {
    const rows: ColdRow[] = [];
    for (const packaged of await packageFunctions(directory, SETTINGS)) rows.push(await measured(packaged, directory));
    const json = {
      date: new Date().toISOString(),
      node: process.version,
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      loadAverage: loadavg().map((each) => Math.round(each * 10) / 10),
      runs: RUNS,
      mostRatio: MOST_RATIO,
      rows,
    };
    process.stdout.write(args.includes("--json") ? `${JSON.stringify(json, undefined, 2)}\n` : `${coldTable(rows)}\n`);
    if (args.includes("--record")) record(json);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Keeps the figures, and writes their table into the pages that show it. What the pages say of it is for whoever records to read again. */
function record(json: { readonly rows: readonly ColdRow[] }): void {
  writeFileSync(join(ROOT, "bench/results/cold.json"), `${JSON.stringify(json, undefined, 2)}\n`);
  for (const page of ["bench/results/cold.md", "docs/benchmarks.md"]) {
    const text = readFileSync(join(ROOT, page), "utf8");
    writeFileSync(join(ROOT, page), text.replace(TABLE, `$1${coldTable(json.rows)}\n`));
  }
}

async function measured(packaged: Packaged, directory: string): Promise<ColdRow> {
  const { name, bundle, metafile } = packaged;
  const made = JSON.parse(readFileSync(metafile, "utf8")) as Metafile;
  const clients = clientsIn(made);
  const [bare, alike] = [join(directory, "bare", name), join(directory, "alike", name)];
  for (const folder of [bare, alike]) mkdirSync(folder, { recursive: true });
  const entry = join(bare, "handler.ts");
  writeFileSync(entry, bareOf(clients));
  const bareMade = await bundleFile(entry, bare, { splitting: false });
  await bundleFile(entry, alike);
  const env = { ...ENVIRONMENT, ...(await ownVariables(name)) };
  const rounds = Array.from({ length: RUNS }, (_, nth) => {
    // Which comes first changes, so that what one leaves to the others in caches is shared.
    const folders = [dirname(bundle), bare, alike];
    const imported = new Map([0, 1, 2].map((turn) => (turn + nth) % 3).map((which) => [which, importOf(folders[which] ?? "", env)]));
    const [whole, beside, split] = [0, 1, 2].map((which) => imported.get(which));
    if (whole === undefined || beside === undefined || split === undefined) throw new Error(`${name} was not imported`);
    return { whole, beside, split };
  });
  const ratios = rounds.map(({ whole, beside }) => whole.tookMs / beside.tookMs).toSorted((a, b) => a - b);
  const at = (share: number): number => ratios[Math.floor(share * (ratios.length - 1))] ?? Number.NaN;
  return {
    name,
    clients: clients.map(({ client }) => client),
    bundleBytes: importedBytes(made),
    bareBytes: importedBytes(bareMade),
    functionMs: median(rounds.map(({ whole }) => whole.tookMs)),
    bareMs: median(rounds.map(({ beside }) => beside.tookMs)),
    ratio: median(ratios),
    quartiles: [at(0.25), at(0.75)],
    cpuRatio: median(rounds.map(({ whole, beside }) => whole.cpuMs / beside.cpuMs)),
    functionCpuMs: median(rounds.map(({ whole }) => whole.cpuMs)),
    alikeRatio: median(rounds.map(({ whole, split }) => whole.tookMs / split.tookMs)),
  };
}

/** Bytes that are compiled before there is a handler. */
function importedBytes(made: Metafile): number {
  return compiledAtStart(made).reduce((sum, { bytes }) => sum + bytes, 0);
}

type Client = { readonly of: string; readonly client: string };

/** The clients of the SDK that a bundle holds. */
function clientsIn({ outputs }: Metafile): readonly Client[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, of, client] = CLIENT.exec(path) ?? [];
    return of === undefined || client === undefined || bytesInOutput === 0 ? [] : [{ of, client }];
  });
}

function bareOf(clients: readonly Client[]): string {
  const imports = clients.map(({ of, client }) => `import { ${client} } from "@aws-sdk/${of}";\n`);
  return `${imports.join("")}const clients = [${clients.map(({ client }) => `new ${client}({})`).join(", ")}];\nexport const handler = () => clients;\n`;
}

/** What the template tells one function alone. */
async function ownVariables(name: string): Promise<Readonly<Record<string, string>>> {
  const functionsOf = createRequire(import.meta.url)("../deploy/functions.cjs") as (serverless: {
    readonly resolveVariable: (variable: string) => Promise<string>;
  }) => Promise<Readonly<Record<string, { readonly environment?: Readonly<Record<string, unknown>> }>>>;
  const { environment = {} } = (await functionsOf({ resolveVariable: async () => "" }))[name] ?? {};
  const ours = Object.keys(environment).filter((key) => key.startsWith("CALLTIME_"));
  return Object.fromEntries(ours.map((key) => [key, "calltime-bench"]));
}

/** How long an import takes. Throws when it gives no handler. */
function importOf(folder: string, env: Readonly<Record<string, string>>): Import {
  const entry = join(folder, "import.mjs");
  writeFileSync(entry, IMPORTS);
  const { stdout, stderr } = spawnSync(process.execPath, [entry], { env, encoding: "utf8" });
  const [type, took, cpu] = stdout.split(" ");
  if (type !== "function") throw new Error(`${folder} has no handler: ${stdout}${stderr}`);
  return { tookMs: Number(took), cpuMs: Number(cpu) };
}
