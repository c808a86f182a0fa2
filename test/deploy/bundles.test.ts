import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compiledAtStart, functionNames, ROOT } from "../../scripts/package/bundle.ts";
import { MOST_ZIP_BYTES, ownersSettings, packageFunctions, type Packaged } from "../../scripts/package/package.ts";
import { SETTINGS_FILE } from "../../shared/deployed/settings.ts";
import { EVERY_DATABASE, EVERY_KIND, packagedWhole, type Whole } from "./packaged.ts";
import { environmentOf } from "./template.ts";

const PACKAGING_MS = 180_000;
let whole: Whole;
beforeAll(async () => {
  whole = await packagedWhole();
}, PACKAGING_MS);
afterAll(() => whole?.remove());

/** What a function is told by the template, and by Lambda. */
function environment({ name }: Packaged): Readonly<Record<string, string>> {
  // A file that only Lambda's own machines have.
  const { NODE_EXTRA_CA_CERTS: _, ...told } = environmentOf(whole.template, name, (id) => `the ${id}`);
  return { AWS_REGION: "eu-west-1", ...told };
}

// Node shows the line of an error, and a bundle is one line.
const IMPORTS = `try {
  process.stdout.write(typeof (await import("./index.mjs")).handler);
} catch ({ code, message }) {
  process.stdout.write([code, message].join(": "));
}`;

/** What a function's own files say when Lambda's Node imports them, from a module: `node -e` has a require that no bundle has. */
function importing({ bundle }: Packaged, env: Readonly<Record<string, string>>) {
  const entry = join(dirname(bundle), "import.mjs");
  writeFileSync(entry, IMPORTS);
  return spawnSync(process.execPath, [entry], { env, encoding: "utf8" });
}

describe("every function", () => {
  test("has a bundle that is imported as Lambda imports it, and a zip that is small", () => {
    expect(whole.functions.map(({ name }) => name)).toEqual(functionNames());
    for (const packaged of whole.functions) {
      const { stdout, stderr } = importing(packaged, environment(packaged));
      expect([packaged.name, stdout, stderr]).toEqual([packaged.name, "function", ""]);
      expect(statSync(packaged.zip).size).toBeLessThanOrEqual(MOST_ZIP_BYTES);
    }
  });

  test("has what its owner's files say beside its code, and nothing of it is lost on the way", () => {
    const said = ownersSettings({ targets: EVERY_KIND, databases: EVERY_DATABASE });
    for (const { bundle } of whole.functions) {
      expect(JSON.parse(readFileSync(join(dirname(bundle), SETTINGS_FILE), "utf8"))).toEqual(said);
    }
    expect(said.targets.length).toBeGreaterThan(5);
    expect(said.databases?.length).toBeGreaterThan(0);
  });

  test("says everything that its environment lacks, when it starts", () => {
    for (const packaged of whole.functions) {
      const { CALLTIME_TABLE: _, ...env } = environment(packaged);
      const { stdout } = importing(packaged, { ...env, CALLTIME_ZONE: " ", CALLTIME_TABEL: "calltime-test" });
      const lines = stdout.split("\n").map((line) => line.replace(/;.*/, ""));
      expect(lines.slice(0, 2)).toEqual(["env-invalid: CALLTIME_TABLE is not set", "CALLTIME_ZONE is blank"]);
      expect(lines[2]).toContain("CALLTIME_TABEL is no variable here");
    }
  });

  test("compiles nothing at its start that only some of its invocations use, and the readers of feeds where all do", () => {
    const onDemand = /\/(credential-provider-(sso|ini|process)|hls-parser|mpd-parser|pg)\//u;
    const compiled = whole.functions.map(({ name, metafile }) => {
      const files = compiledAtStart(JSON.parse(readFileSync(metafile, "utf8")) as Metafile);
      return [name, files.flatMap(({ inputs }) => Object.keys(inputs))] as const;
    });
    for (const [name, paths] of compiled) expect([name, paths.filter((path) => onDemand.test(path))]).toEqual([name, []]);
    const readsFeeds = compiled.filter(([, paths]) => paths.includes("shared/feeds/xmltv.ts")).map(([name]) => name);
    expect(readsFeeds).toEqual(["ingest"]);
  });

  test("is wiring: a handler has 25 lines at the most", () => {
    for (const name of functionNames()) {
      const lines = readFileSync(join(ROOT, "functions", name, "handler.ts"), "utf8")
        .trimEnd()
        .split("\n");
      expect([name, lines.length <= 25]).toEqual([name, true]);
    }
  });
});

test(
  "packaged again, every zip is the same bytes",
  async () => {
    const first = whole.functions.map(({ zip }) => readFileSync(zip));
    const directory = join(dirname(dirname(whole.functions[0]?.zip ?? "")), "again");
    const again = await packageFunctions(directory, { targets: EVERY_KIND, databases: EVERY_DATABASE });
    expect(again.map(({ zip }, index) => readFileSync(zip).equals(first[index] ?? Buffer.alloc(0)))).toEqual(again.map(() => true));
  },
  PACKAGING_MS,
);

test("a file of targets with mistakes is not packaged, and every mistake is said", async () => {
  const targets = join(dirname(whole.functions[0]?.bundle ?? ""), "wrong.yaml");
  writeFileSync(targets, "targets:\n  - id: api\n    kind: ecs-servce\n    baseline: -1\n");
  await expect(packageFunctions(dirname(targets), { targets })).rejects.toMatchObject({ code: "config-invalid" });
  await expect(packageFunctions(dirname(targets), { targets })).rejects.toThrow(/ecs-servce[\s\S]*baseline/);
});
