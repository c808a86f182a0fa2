import { CalltimeError } from "../core/error.ts";

/** Whether two texts are equal, in a time that depends on the length of `given` alone: what is wrong cannot be found by trying. */
function sameText(given: string, expected: string): boolean {
  const encoder = new TextEncoder();
  const left = encoder.encode(given);
  const right = encoder.encode(expected);
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i += 1) difference |= (left[i] ?? 0) ^ (right[i % Math.max(1, right.length)] ?? 0);
  return difference === 0;
}

/** Lets a write pass that carries the token. Throws `token-missing` and `token-wrong`. */
export function checkToken(authorization: string | null, expected: string): void {
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) {
    throw new CalltimeError("token-missing", 'writing needs the write token: send the header "Authorization: Bearer TOKEN"');
  }
  if (!sameText(given, expected)) {
    throw new CalltimeError("token-wrong", "this is not the write token; on a laptop it is in the file token of the data directory");
  }
}
