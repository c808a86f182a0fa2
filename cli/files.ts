import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { CalltimeError } from "../shared/core/error.ts";

/** The text of a file that an option names. Throws `file-unreadable`. */
export async function textOf(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CalltimeError("file-unreadable", `${option} ${file}: ${whyNot(error)}; name a file that can be read`, { cause: error });
  }
}

/** The bytes of a feed, in pieces; `name` is what the caller called it by. Throws `file-unreadable`. */
export async function* bytesOf(file: string, name = `--schedule ${file}`): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(file) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!existsSync(file) || isFileError(error)) {
      throw new CalltimeError("file-unreadable", `${name}: ${whyNot(error)}; name a feed that can be read`, { cause: error });
    }
    throw error;
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "this is a folder";
  if (code === "EACCES") return "no right to read it";
  return error instanceof Error ? error.message : "it cannot be read";
}
