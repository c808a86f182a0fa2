import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileSheets } from "../../local/sheets.ts";

test("a sheet is a file that is whole, in the place of the one before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "calltime-sheets-"));
  const sheets = fileSheets(join(folder, "sheets"));
  await sheets.keep("evening-sheet.txt", "a longer first one");
  await sheets.keep("evening-sheet.txt", "second");
  expect(readdirSync(join(folder, "sheets"))).toEqual(["evening-sheet.txt"]);
  expect(readFileSync(join(folder, "sheets", "evening-sheet.txt"), "utf8")).toBe("second");
  rmSync(folder, { recursive: true });
});
