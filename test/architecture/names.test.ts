import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

import { ROOT } from "./planted.ts";

/** Names that say nothing, so that anything ends up behind them. */
const NOTHING_SAYING = ["util", "utils", "helper", "helpers", "manager", "common", "misc"];

/** The paths with a folder or a file (whatever its ending) of such a name. */
function nothingSaying(paths: readonly string[]): string[] {
  return paths.filter((path) => path.split("/").some((name) => NOTHING_SAYING.includes((name.split(".")[0] ?? "").toLowerCase())));
}

test("no file or folder is named after nothing in particular", () => {
  const paths = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  const ours = paths.split("\n").filter((path) => path !== "");
  expect(ours.length).toBeGreaterThan(10);
  expect(nothingSaying(ours)).toEqual([]);
});

test("the check on names catches a folder, a file and a test file, and leaves longer names alone", () => {
  const caught = ["shared/utils/time.ts", "local/helpers.ts", "test/core/misc.test.ts", "shared/Common/x.ts"];
  expect(nothingSaying([...caught, "shared/aws/secrets-manager.ts", "shared/core/plan/floor.ts"])).toEqual(caught);
});
