import { cruise, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { inPlantedTree, ROOT } from "./planted.ts";

const FOLDERS = ["functions", "events", "shared", "local", "console", "cli", "bench", "test", "scripts", "bin"];

/** Files that everybody below may import, so that a planted import resolves and only its direction is wrong. */
const BYSTANDERS = [
  "shared/core/error.ts",
  "shared/core/score.ts",
  "shared/core/schedule/programme.ts",
  "shared/core/forecast/usual.ts",
  "shared/core/simulate/cloud.ts",
  "shared/config/settings.ts",
  "shared/feeds/xmltv.ts",
  "shared/app/cue.ts",
  "shared/app/ports.ts",
  "shared/app/ports/clock.ts",
  "shared/api/routes.ts",
  "shared/aws/bus.ts",
  "shared/lambda/env.ts",
  "functions/cue/handler.ts",
  "functions/plan/handler.ts",
  "events/plan.ts",
  "local/platform.ts",
  "console/page.ts",
  "cli/main.ts",
  "bench/policies.ts",
  "test/fixture.ts",
  "scripts/release.ts",
  "bin/launch.js",
];

/** What breaks which rule: [rule, importing file, what it imports]. A path without "./" in front is a package or a built-in. */
const VIOLATIONS: [rule: string, from: string, to: string][] = [
  ["core-ours", "shared/core/plan/floor.ts", "./events/plan.ts"],
  ["core-ours", "shared/core/score.ts", "./shared/config/settings.ts"],
  ["core-packages", "shared/core/plan/floor.ts", "zod"],
  ["core-builtins", "shared/core/plan/floor.ts", "node:process"],
  ["simulate-knows-no-forecast", "shared/core/simulate/cloud.ts", "./shared/core/forecast/usual.ts"],
  ["simulate-is-for-proof", "shared/core/plan/floor.ts", "./shared/core/simulate/cloud.ts"],
  ["simulate-is-for-proof", "shared/app/cue.ts", "./shared/core/simulate/cloud.ts"],
  ["simulate-is-for-proof", "cli/main.ts", "./shared/core/simulate/cloud.ts"],
  ["simulate-is-for-proof", "functions/cue/handler.ts", "./shared/core/simulate/cloud.ts"],
  ["events-ours", "events/plan.ts", "./shared/core/score.ts"],
  ["events-packages", "events/plan.ts", "yaml"],
  ["events-builtins", "events/plan.ts", "node:crypto"],
  ["config-ours", "shared/config/settings.ts", "./shared/feeds/xmltv.ts"],
  ["config-packages", "shared/config/settings.ts", "saxes"],
  ["config-builtins", "shared/config/settings.ts", "node:fs"],
  ["feeds-ours", "shared/feeds/xmltv.ts", "./shared/core/score.ts"],
  ["feeds-packages", "shared/feeds/xmltv.ts", "zod"],
  ["feeds-builtins", "shared/feeds/xmltv.ts", "node:fs"],
  ["manifests-ours", "shared/manifests/hls.ts", "./shared/core/score.ts"],
  ["manifests-packages", "shared/manifests/hls.ts", "zod"],
  ["manifests-builtins", "shared/manifests/hls.ts", "node:fs"],
  ["app-ours", "shared/app/cue.ts", "./shared/config/settings.ts"],
  ["app-packages", "shared/app/cue.ts", "zod"],
  ["app-builtins", "shared/app/cue.ts", "node:crypto"],
  ["api-ours", "shared/api/routes.ts", "./shared/feeds/xmltv.ts"],
  ["api-packages", "shared/api/routes.ts", "@hono/node-server"],
  ["api-builtins", "shared/api/routes.ts", "node:http"],
  ["aws-ours", "shared/aws/bus.ts", "./shared/app/cue.ts"],
  ["aws-packages", "shared/aws/bus.ts", "zod"],
  ["edges-ours", "shared/edges/http-edges.ts", "./shared/app/cue.ts"],
  ["edges-packages", "shared/edges/http-edges.ts", "zod"],
  ["edges-builtins", "shared/edges/http-edges.ts", "node:fs"],
  ["database-ours", "shared/database/postgres-cache.ts", "./shared/app/cue.ts"],
  ["database-packages", "shared/database/postgres-cache.ts", "zod"],
  ["database-builtins", "shared/database/postgres-cache.ts", "node:fs"],
  ["lambda-ours", "shared/lambda/env.ts", "./shared/core/score.ts"],
  ["lambda-packages", "shared/lambda/env.ts", "hono"],
  ["lambda-types-stay-there", "shared/app/cue.ts", "aws-lambda"],
  ["lambda-builtins", "shared/lambda/env.ts", "node:fs"],
  ["deployed-ours", "shared/deployed/platform.ts", "./shared/api/routes.ts"],
  ["deployed-packages", "shared/deployed/platform.ts", "zod"],
  ["deployed-builtins", "shared/deployed/platform.ts", "node:http"],
  ["functions-ours", "functions/cue/handler.ts", "./functions/plan/handler.ts"],
  ["functions-ours", "functions/cue/handler.ts", "./local/platform.ts"],
  ["functions-packages", "functions/cue/handler.ts", "hono"],
  ["functions-packages", "functions/cue/handler.ts", "zod"],
  ["functions-builtins", "functions/cue/handler.ts", "node:process"],
  ["local-ours", "local/platform.ts", "./shared/aws/bus.ts"],
  ["local-ours", "local/platform.ts", "./cli/main.ts"],
  ["local-packages", "local/platform.ts", "commander"],
  ["console-ours", "console/page.ts", "./shared/core/score.ts"],
  ["console-packages", "console/page.ts", "zod"],
  ["console-builtins", "console/page.ts", "node:fs"],
  ["cli-ours", "cli/main.ts", "./shared/api/routes.ts"],
  ["cli-ours", "cli/main.ts", "./shared/aws/bus.ts"],
  ["cli-packages", "cli/main.ts", "hono"],
  ["bench-ours", "bench/policies.ts", "./shared/api/routes.ts"],
  ["bench-packages", "bench/policies.ts", "zod"],
  ["bin-ours", "bin/launch.js", "./shared/core/score.ts"],
  ["bin-packages", "bin/launch.js", "commander"],
  ["every-import-resolves", "events/plan.ts", "./events/nowhere.ts"],
];

/** What the table allows, one or more of each kind, planted the same way: a rule that catches everything proves nothing. */
const ALLOWED: [from: string, to: string][] = [
  ["shared/core/plan/floor.ts", "./shared/core/forecast/usual.ts"],
  ["shared/core/simulate/cloud.ts", "./shared/core/schedule/programme.ts"],
  ["events/plan.ts", "zod"],
  ["shared/config/settings.ts", "yaml"],
  ["shared/config/settings.ts", "./shared/core/score.ts"],
  ["bench/xmltv.ts", "saxes"],
  ["shared/feeds/json-records.ts", "@streamparser/json"],
  ["shared/feeds/csv-records.ts", "csv-parse"],
  ["shared/feeds/xmltv.ts", "node:zlib"],
  ["shared/feeds/xmltv.ts", "node:stream/promises"],
  ["shared/feeds/xmltv.ts", "crypto"],
  ["shared/feeds/xmltv.ts", "./shared/core/schedule/programme.ts"],
  ["shared/manifests/hls.ts", "hls-parser"],
  ["shared/manifests/dash.ts", "@xmldom/xmldom"],
  ["shared/manifests/dash.ts", "./shared/core/error.ts"],
  ["shared/app/cue.ts", "./shared/feeds/xmltv.ts"],
  ["shared/app/cue.ts", "./events/plan.ts"],
  ["shared/api/routes.ts", "hono"],
  ["shared/api/routes.ts", "./shared/config/settings.ts"],
  ["shared/aws/bus.ts", "./shared/app/ports.ts"],
  ["shared/aws/bus.ts", "./shared/app/ports/clock.ts"],
  ["shared/aws/bus.ts", "node:https"],
  ["shared/edges/http-edges.ts", "ipaddr.js"],
  ["shared/edges/http-edges.ts", "node:https"],
  ["shared/edges/http-edges.ts", "./shared/app/ports.ts"],
  ["shared/database/postgres-cache.ts", "pg"],
  ["shared/lambda/env.ts", "node:process"],
  ["shared/lambda/env.ts", "aws-lambda"],
  ["functions/cue/handler.ts", "aws-lambda"],
  ["functions/cue/handler.ts", "hono/aws-lambda"],
  ["functions/cue/handler.ts", "./shared/lambda/env.ts"],
  ["local/platform.ts", "@hono/node-server"],
  ["local/platform.ts", "zod"],
  ["local/platform.ts", "node:sqlite"],
  ["local/platform.ts", "./shared/core/simulate/cloud.ts"],
  ["cli/main.ts", "commander"],
  ["cli/main.ts", "./local/platform.ts"],
  ["bench/policies.ts", "./shared/core/simulate/cloud.ts"],
  ["bin/launch.js", "node:os"],
  ["test/fixture.ts", "./shared/core/simulate/cloud.ts"],
  ["test/fixture.ts", "./functions/cue/handler.ts"],
  ["scripts/release.ts", "./shared/aws/bus.ts"],
];

/** The forms in which an import can be written; direction counts in each of them. */
const FORMS: Record<string, (to: string) => string> = {
  "a plain import": (to) => `import * as planted from "${to}";\nexport const use = planted;\n`,
  "an import of types": (to) => `import type * as planted from "${to}";\nexport type Use = typeof planted;\n`,
  "a re-export": (to) => `export * from "${to}";\n`,
  "a dynamic import": (to) => `export const use = () => import("${to}");\n`,
};

let forbidden: IFlattenedRuleSet;
let treeAsItIs: ICruiseResult;

beforeAll(async () => {
  const options = await extractDepcruiseOptions(join(ROOT, ".dependency-cruiser.cjs"));
  forbidden = options.ruleSet as IFlattenedRuleSet;
  treeAsItIs = await cruiseIn(ROOT);
});

async function cruiseIn(folder: string): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(join(ROOT, ".dependency-cruiser.cjs"));
  const present = FOLDERS.filter((name) => existsSync(join(folder, name)));
  const { output } = await cruise(present, { ...options, baseDir: folder, validate: true, outputType: undefined } as never);
  if (typeof output === "string") throw new Error("dependency-cruiser was expected to answer with an object");
  return output;
}

const found = (result: ICruiseResult) => result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);

describe("the import table", () => {
  test("is kept by every file there is", () => {
    expect(found(treeAsItIs)).toEqual([]);
  });

  test("is checked on real modules and sees packages and built-ins", () => {
    const kinds = treeAsItIs.modules.flatMap(({ dependencies }) => dependencies.flatMap(({ dependencyTypes }) => dependencyTypes));
    expect(treeAsItIs.summary.totalCruised).toBeGreaterThan(5);
    expect(kinds).toContain("npm-dev");
    expect(kinds).toContain("core");
    expect(treeAsItIs.modules.some(({ source }) => source.startsWith("node_modules/vitest/"))).toBe(true);
  });

  test("has a row for every folder with code", () => {
    const ours = treeAsItIs.modules
      .filter(({ source, couldNotResolve }) => !couldNotResolve && /\.[cm]?[jt]s$/.test(source) && !source.includes("node_modules/"))
      .map(({ source }) => source);
    const rows = forbidden.forbidden?.flatMap(({ from }) => (typeof from.path === "string" ? [new RegExp(from.path)] : [])) ?? [];
    const rowless = ours.filter((source) => !/^(test|scripts)\//.test(source) && !rows.some((row) => row.test(source)));
    expect(ours.length).toBeGreaterThan(5);
    expect(rowless).toEqual([]);
  });

  test("has a planted violation for every rule", () => {
    const rules = forbidden.forbidden?.map(({ name }) => name ?? "").sort();
    expect([...new Set(VIOLATIONS.map(([rule]) => rule))].sort()).toEqual(rules);
  });

  describe.each(Object.keys(FORMS))("catches %s", (form) => {
    let caught: string[];
    let expected: { rule: string; from: string; to: string }[];
    const plantedAt = (from: string, index: number) => from.replace(/(\.[jt]s)$/, `-${index}$1`);

    beforeAll(async () => {
      const write = FORMS[form];
      if (write === undefined) throw new Error(`no form ${form}`);
      const files = Object.fromEntries(BYSTANDERS.map((path) => [path, "export const here = 1;\n"]));
      const plant = (from: string, to: string, index: number) => {
        const path = plantedAt(from, index);
        const up = "../".repeat(path.split("/").length - 1);
        // Types are erased, so a file of plain JavaScript cannot have this form.
        if (path.endsWith(".js") && form === "an import of types") return;
        files[path] = write(to.startsWith("./") ? up + to.slice(2) : to);
      };
      VIOLATIONS.forEach(([, from, to], index) => plant(from, to, index));
      ALLOWED.forEach(([from, to], index) => plant(from, to, VIOLATIONS.length + index));
      expected = VIOLATIONS.map(([rule, from, to], index) => ({ rule, from: plantedAt(from, index), to })).filter(
        ({ from }) => from in files,
      );
      caught = found(await inPlantedTree(files, cruiseIn));
    });

    test("in every row, and nothing the table allows", () => {
      const pairs = caught.map((line) => line.split(" → ")[0] ?? "");
      expect(pairs.toSorted()).toEqual(expected.map(({ rule, from }) => `${rule}: ${from}`).toSorted());
    });
  });
});
