import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The folder of this checkout. */
export const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Writes files into a tree of their own outside the checkout, with our node_modules linked in, and gives the tree's folder to `use`. Planted
 * violations must not lie inside the checkout: the gates would find them there, or skip them because they are ignored.
 */
export async function inPlantedTree<T>(files: Record<string, string>, use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "calltime-planted-"));
  try {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      if (existsSync(join(folder, path))) throw new Error(`${path} is planted twice`);
      writeFileSync(join(folder, path), text);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
