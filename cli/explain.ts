import { Command } from "commander";
import { isoOf } from "../events/index.ts";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { instant } from "./option-values.ts";

type Explanation =
  | {
      readonly kind: "known";
      readonly targetId: string;
      readonly at: string;
      readonly floorUnits: number;
      readonly since: string;
      readonly neededBy: string;
      readonly reasons: readonly { readonly text: string }[];
    }
  | { readonly kind: "unknown"; readonly targetId: string; readonly at: string; readonly why: string };

/** `calltime explain`: why a floor is what it is. */
export function explainCommand(): Command {
  return withClientOptions(
    new Command("explain")
      .description("Why the floor of a target is what it is, was, or will be.")
      .argument("<target>", "the target")
      .option("--at <instant>", "platform time to ask about, such as 2025-12-31T16:45Z; now when left out", instant),
  ).action(async (target: string, options: ClientOptions & { readonly at?: number }) => {
    const at = options.at === undefined ? undefined : isoOf(options.at);
    print(options, await answerOf<Explanation>(options, { path: "/v1/explain", query: { target, at } }), linesOf);
  });
}

function linesOf(explained: Explanation): readonly string[] {
  const { targetId, at } = explained;
  if (explained.kind === "unknown") return [`${targetId} at ${minuteText(at)}: unknown: ${explained.why}`];
  const { floorUnits, since, neededBy, reasons } = explained;
  const head = `${targetId} at ${minuteText(at)}: floor ${floorUnits}, since ${minuteText(since)}, needed by ${minuteText(neededBy)}`;
  return [head, ...reasons.map(({ text }) => `  ${text}`)];
}
