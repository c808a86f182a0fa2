import { Command, Option } from "commander";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { withIsoTimes } from "./json.ts";
import { httpUrl, wholeNumber } from "./option-values.ts";
import { planAgainst } from "./plan-against.ts";
import { markdownOfComparison, textOfComparison } from "./plan-text.ts";
import { settingsOf } from "./run-options.ts";

type PlannedTarget = {
  readonly targetId: string;
  readonly mode: string;
  readonly until: string;
  readonly steps: readonly { readonly at: string; readonly floorUnits: number; readonly reasons: readonly { readonly text: string }[] }[];
  readonly shorts: readonly { readonly from: string; readonly to: string; readonly units: number; readonly limit: string }[];
};
type Plan = { readonly now: string; readonly targets: readonly PlannedTarget[] };

type Options = ClientOptions & {
  readonly hours?: number;
  readonly against?: string;
  readonly targets?: string;
  readonly expect?: string;
  readonly markdown: boolean;
};

/** `calltime plan`: the floors of the hours ahead, or what a change of targets or of code does to those of a deployment. */
export function planCommand(): Command {
  return withClientOptions(
    new Command("plan")
      .description("The floors of the hours ahead, with their reasons; with --against, what a change does to those of a deployment.")
      .argument("[target]", "one target; all of them when left out")
      .option("--hours <number>", "how far ahead, from 1 to 48; 3 when left out", wholeNumber)
      .addOption(
        new Option("--against <url>", "the API of a deployment: compare its plan with what this code would plan there for --targets")
          .argParser(httpUrl)
          .conflicts(["url", "hours"]),
      )
      .option("--targets <file>", "with --against: the targets as they would be (YAML)")
      .option("--expect <file>", "with --against: the expectations as they would be (YAML); none when left out")
      .option("--markdown", "with --against: print Markdown, for a comment on a pull request", false),
  ).action(async (target: string | undefined, options: Options, command: Command) => {
    const { against, targets, expect, markdown } = options;
    if (against !== undefined) {
      if (target !== undefined) command.error("error: --against compares all targets; without a target would be right");
      if (targets === undefined)
        command.error("error: --against compares with the file of targets as it would be; --targets would be right");
      return compare({ ...options, url: against }, targets, options);
    }
    if (targets !== undefined || expect !== undefined || markdown)
      command.error("error: --targets, --expect and --markdown say how to compare; with --against they would be right");
    const query = { target, hours: options.hours?.toString() };
    print(options, await answerOf<Plan>(options, { path: "/v1/plan", query }), ({ targets }) => targets.flatMap(linesOf));
  });
}

async function compare(client: ClientOptions, targets: string, { expect, markdown, json }: Options): Promise<void> {
  const compared = await planAgainst(client, await settingsOf({ targets, ...(expect !== undefined && { expect }) }));
  const lines = markdown ? markdownOfComparison(compared, client.url) : textOfComparison(compared, client.url);
  process.stdout.write(`${json ? JSON.stringify(withIsoTimes(compared), null, 2) : lines.join("\n")}\n`);
}

function linesOf({ targetId, mode, until, steps, shorts }: PlannedTarget): readonly string[] {
  return [
    `${targetId} (${mode}) until ${minuteText(until)}`,
    ...steps.map(({ at, floorUnits, reasons }) => `  ${minuteText(at)}  ${floorUnits}  ${reasons.map(({ text }) => text).join("; ")}`),
    ...shorts.map(({ from, to, units, limit }) => `  short by ${units} (${limit}) from ${minuteText(from)} until ${minuteText(to)}`),
  ];
}
