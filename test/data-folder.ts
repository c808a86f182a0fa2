import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "vitest";

/** The data folder: `CALLTIME_DATA`, by default `../shared/data` beside the repository. Real feeds and traces that may not be copied in here. */
const FOLDER = resolve(import.meta.dirname, "..", process.env["CALLTIME_DATA"] ?? "../shared/data");

/** Where a file of the data folder is, by its path inside the folder. */
export function dataFile(path: string): string {
  return join(FOLDER, path);
}

/**
 * Tests that need the data folder. Without it they are skipped by name; with `CI` set that is a failure, so that a gate is never green
 * for want of its evidence.
 */
export function describeWithData(title: string, body: () => void): void {
  if (existsSync(FOLDER)) {
    describe(title, body);
  } else if (process.env["CI"]) {
    test(title, () => {
      throw new Error(`the data folder ${FOLDER} is not present; set CALLTIME_DATA to it`);
    });
  } else {
    test.skip(`${title} (skipped: ${FOLDER} not present)`, () => undefined);
  }
}
