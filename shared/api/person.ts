import * as z from "zod/mini";

/** Text of a person that is shown to others: one line, so that it cannot pretend to be anything else. */
const line = (what: string, most: number) =>
  z
    .string({ error: `expected ${what}` })
    .check(z.maxLength(most, `expected ${what} of at most ${most} characters`), z.regex(/^\P{Cc}*$/u, `expected ${what} on one line`));

/** Who asks. */
export const author = line("who asks for it", 100);

/** Why they ask. */
export const why = line("why", 500);
