import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SheetStore } from "../shared/app/ports.ts";

/** Sheets as files of a folder, which is made when it is not there. Whoever reads one sees it whole. */
export function fileSheets(folder: string): SheetStore {
  return {
    keep: async (name, text) => {
      await mkdir(folder, { recursive: true });
      const half = join(folder, `.${name}.part`);
      await writeFile(half, text);
      await rename(half, join(folder, name));
    },
  };
}
