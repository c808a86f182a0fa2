import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CalltimeError } from "../shared/core/error.ts";

/** Where the token of a data directory lies. */
export const tokenFile = (directory: string): string => join(directory, "token");

/** 32 random bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The token that lets a caller write through the API: read from the data directory, or made at the first start. Throws as `readToken`. */
export function writeToken(directory: string): string {
  const file = tokenFile(directory);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    // Written whole beside it first: a kill in between must not leave half a token.
    const fresh = `${file}.new`;
    writeFileSync(fresh, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
    renameSync(fresh, file);
  }
  return readToken(directory);
}

/** The token of a data directory. Throws `token-missing`, `token-exposed` when others may read the file, and `token-unreadable`. */
export function readToken(directory: string): string {
  const file = tokenFile(directory);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CalltimeError("token-missing", `${file}: there is no token; start Calltime on this directory once`);
  // Windows keeps no such bits: there the directory's own rights guard the file.
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    throw new CalltimeError(
      "token-exposed",
      `${file}: mode ${mode} lets others use the token; if nobody has read it run chmod 600 ${file}, else remove it and start again`,
    );
  }
  const token = textOf(file);
  if (!TOKEN.test(token)) {
    throw new CalltimeError(
      "token-unreadable",
      `${file}: expected 43 characters of base64url; remove the file and start again for a new token`,
    );
  }
  return token;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CalltimeError("token-unreadable", `${file}: cannot be read; give its owner the right, or remove it and start again`, {
      cause: error,
    });
  }
}
