import { Command } from "commander";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { lackingText } from "./late-change.ts";

type Step = {
  readonly stage: string;
  readonly targetId: string;
  readonly mode: string;
  readonly neededUnits: number;
  readonly neededBy: string;
  readonly servingUnits: number | null;
  readonly leadMinutes: number;
  readonly askBy: string | null;
  readonly after: string | null;
  readonly inTimeUnits: number | null;
  readonly shortUnits: number | null;
  readonly shortFrom: string | null;
  readonly shortUntil: string | null;
  readonly unservedRequests: number | null;
};
type Order = {
  readonly now: string;
  readonly occasions: readonly { readonly name: string; readonly startsAt: string; readonly steps: readonly Step[] }[];
};

/** `calltime order`: what each occasion needs, by when it has to be asked for, and what of it is late. */
export function orderCommand(): Command {
  return withClientOptions(
    new Command("order")
      .description("What each occasion ahead needs, in the order in which it is warmed, and what comes too late.")
      .argument("[occasion]", "its id; all when left out"),
  ).action(async (occasion: string | undefined, options: ClientOptions) => {
    const answer = await answerOf<Order>(options, { path: "/v1/order", query: { occasion } });
    print(options, answer, ({ now, occasions }) =>
      occasions.length === 0 ? ["nothing above the threshold is ahead"] : occasions.flatMap((each) => linesOfOrder(each, now)),
    );
  });
}

/** The plan of one occasion in lines. */
export function linesOfOrder({ name, startsAt, steps }: Order["occasions"][number], now: string): readonly string[] {
  return [`${minuteText(startsAt)} ${name}`, ...steps.map((step) => `  ${step.stage}: ${step.targetId}: ${stepText(step, now)}`)];
}

function stepText(step: Step, now: string): string {
  const { neededUnits, neededBy, servingUnits, leadMinutes, askBy, after, shortFrom, mode } = step;
  const idle = mode === "active" ? "" : `; its mode is ${mode}: nothing is written`;
  const need = `${neededUnits} by ${minuteText(neededBy)}, ${servingUnits ?? "nobody knows how many"} serving`;
  if (askBy === null) return `${need}, all asked for${idle}`;
  if (shortFrom !== null) return `${need}; ${lackingText(step)}`;
  const asked = askBy < now ? `asked for since ${minuteText(askBy)}` : `asked for from ${minuteText(askBy)} on`;
  return `${need}; ${asked}, its lead is ${leadMinutes} min${after === null ? "" : `, as ${after} has room`}${idle}`;
}
