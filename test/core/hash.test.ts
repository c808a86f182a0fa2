import { expect, test } from "vitest";
import { stableHash } from "../../shared/core/hash.ts";

/** FNV-1a with integers of any size over the platform's own UTF-8: slow, and another way round. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) % 2n ** 64n;
  return inBase36(hash);
}

function inBase36(hash: bigint): string {
  return [hash >> 32n, hash % 2n ** 32n].map((half) => half.toString(36).padStart(7, "0")).join("");
}

test("the hash is FNV-1a of 64 bits, by its published vectors", () => {
  expect(stableHash("")).toBe(inBase36(0xcbf29ce484222325n));
  expect(stableHash("a")).toBe(inBase36(0xaf63dc4c8601ec8cn));
  expect(stableHash("foobar")).toBe(inBase36(0x85944171f73967e8n));
});

test("the hash of any script equals the one computed over the platform's UTF-8", () => {
  for (const text of ["Kongens nytårstale", "极限挑战", "⚽ 2–1 🏆", "\u0000\n", "x".repeat(5_000)])
    expect(stableHash(text)).toBe(fnv1a(text));
});

test("a lone surrogate has a hash of its own", () => {
  expect(stableHash("\ud800")).not.toBe(stableHash("\ud801"));
  expect(stableHash("\ud800")).not.toBe(stableHash("\ufffd"));
});
