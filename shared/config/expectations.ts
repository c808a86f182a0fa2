import type { Expectation } from "../core/schedule/expectation.ts";
import { interval, keys, listOf, numberFromZero, type Written } from "./fields.ts";
import { occasionFindings, occasionKeys, occasionSlots } from "./occasion-entry.ts";
import { parseYaml, type Rule } from "./parse-yaml.ts";

const expectation = keys(
  {
    ...occasionKeys,
    viewers: numberFromZero("viewers expected at the plateau, over all its channels"),
    interval: interval("your own 90 % interval around viewers").optional(),
  },
  "one expectation",
);

/** The file of expectations. */
export const expectationsSchema = keys(
  { expectations: listOf(expectation, "what Calltime is told to expect") },
  "expectations: and a list",
);

type WrittenExpectations = Written<typeof expectationsSchema>;

/**
 * The expectations of a file. Throws CalltimeError `config-invalid` with every problem: unknown keys, instants without a zone, an
 * occasion given twice, a window that ends before it starts, an interval that leaves its viewers out.
 */
export function parseExpectations(text: string, file: string): Expectation[] {
  const rules: Rule<WrittenExpectations>[] = [({ expectations }) => occasionFindings("expectations", expectations), intervalAroundViewers];
  return parseYaml(text, file, expectationsSchema, rules).expectations.map((entry) => ({
    ...occasionSlots(entry),
    viewers: entry.viewers,
    ...(entry.interval !== undefined && { interval: { lower: entry.interval[0], upper: entry.interval[1] } }),
  }));
}

const intervalAroundViewers: Rule<WrittenExpectations> = ({ expectations = [] }) =>
  expectations.flatMap((entry, index) => {
    const [lower, upper] = entry?.interval ?? [];
    const viewers = entry?.viewers;
    if (lower === undefined || upper === undefined || viewers === undefined || (lower <= viewers && viewers <= upper)) return [];
    const what = `the interval [${lower}, ${upper}] is not around viewers ${viewers}`;
    return [{ path: ["expectations", index, "interval"], what, right: "right would be [lower, upper] with viewers between them" }];
  });
