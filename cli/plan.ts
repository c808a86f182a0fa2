import { Command } from "commander";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { wholeNumber } from "./option-values.ts";

type PlannedTarget = {
  readonly targetId: string;
  readonly mode: string;
  readonly until: string;
  readonly steps: readonly { readonly at: string; readonly floorUnits: number; readonly reasons: readonly { readonly text: string }[] }[];
  readonly shorts: readonly { readonly from: string; readonly to: string; readonly units: number; readonly limit: string }[];
};
type Plan = { readonly now: string; readonly targets: readonly PlannedTarget[] };

/** `calltime plan`: the floors of the hours ahead. */
export function planCommand(): Command {
  return withClientOptions(
    new Command("plan")
      .description("The floors of the hours ahead, with their reasons.")
      .argument("[target]", "one target; all of them when left out")
      .option("--hours <number>", "how far ahead, from 1 to 24; 3 when left out", wholeNumber),
  ).action(async (target: string | undefined, options: ClientOptions & { readonly hours?: number }) => {
    const query = { target, hours: options.hours?.toString() };
    print(options, await answerOf<Plan>(options, { path: "/v1/plan", query }), ({ targets }) => targets.flatMap(linesOf));
  });
}

function linesOf({ targetId, mode, until, steps, shorts }: PlannedTarget): readonly string[] {
  return [
    `${targetId} (${mode}) until ${minuteText(until)}`,
    ...steps.map(({ at, floorUnits, reasons }) => `  ${minuteText(at)}  ${floorUnits}  ${reasons.map(({ text }) => text).join("; ")}`),
    ...shorts.map(({ from, to, units, limit }) => `  short by ${units} (${limit}) from ${minuteText(from)} until ${minuteText(to)}`),
  ];
}
