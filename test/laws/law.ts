import { describe, expect, test } from "vitest";

/** Laws that one implementation is excused from, by title, each with the reason. */
export type Exceptions = { readonly excused?: Readonly<Record<string, string>> };

/** States one law of the suite. */
export type Law = (title: string, body: () => Promise<void>) => void;

/** One suite of laws over one implementation. An exception fails if it names no law, or one that holds: none outlives its reason. */
export function laws(suite: string, { excused = {} }: Exceptions, state: (law: Law) => void): void {
  describe(suite, () => {
    const titles = new Set<string>();
    state((title, body) => {
      titles.add(title);
      const reason = excused[title];
      if (reason === undefined) test(title, body);
      else test.fails(`does not hold (${reason}): ${title}`, body);
    });
    test("excuses itself only from laws that exist", () => {
      expect(Object.keys(excused).filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}
