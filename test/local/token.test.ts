import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readToken, tokenFile, writeToken } from "../../local/token.ts";

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "calltime-token-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("the token is made at the first start, for its owner alone, and stays the same", () => {
  const path = directory();
  const token = writeToken(path);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(statSync(tokenFile(path)).mode & 0o777).toBe(0o600);
  expect(writeToken(path)).toBe(token);
  expect(readToken(path)).toBe(token);
  expect(writeToken(directory())).not.toBe(token);
});

test("a token that others can read or write is refused, not repaired, and the message says how to mend it", () => {
  const path = directory();
  writeToken(path);
  for (const mode of [0o644, 0o640, 0o604, 0o620, 0o601]) {
    chmodSync(tokenFile(path), mode);
    for (const read of [writeToken, readToken]) {
      expect(() => read(path)).toThrow(
        expect.objectContaining({ code: "token-exposed", message: expect.stringContaining(`chmod 600 ${tokenFile(path)}`) as string }),
      );
    }
    expect(statSync(tokenFile(path)).mode & 0o777).toBe(mode);
  }
});

test("a missing, empty or cut token is an error, never an empty token", () => {
  const path = directory();
  expect(() => readToken(path)).toThrow(expect.objectContaining({ code: "token-missing" }));
  for (const text of ["", "\n", "abc", `${"a".repeat(43)} ${"a".repeat(43)}`]) {
    writeFileSync(tokenFile(path), text, { mode: 0o600 });
    expect(() => writeToken(path)).toThrow(expect.objectContaining({ code: "token-unreadable" }));
  }
});
