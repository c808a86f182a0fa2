import { Command } from "commander";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";

type DeadLetter = {
  readonly id: string;
  readonly subscriber: string;
  readonly tries: number | null;
  readonly diedAt: string;
  readonly reason: string;
  readonly event: { readonly id: string; readonly type: string; readonly at: string } | null;
};

const PATH = "/v1/dead-letters";

/** `calltime dead-letters`: what the bus gave up, to look at and to send again. */
export function deadLettersCommand(): Command {
  return new Command("dead-letters")
    .description("See the events that a subscriber could not take, and have one tried again.")
    .exitOverride()
    .addCommand(listCommand())
    .addCommand(redriveCommand());
}

function listCommand(): Command {
  return withClientOptions(new Command("list").description("The dead letters, oldest first.")).action(async (options: ClientOptions) => {
    const answer = await answerOf<{ readonly deadLetters: readonly DeadLetter[] }>(options, { path: PATH });
    print(options, answer, ({ deadLetters }) => (deadLetters.length === 0 ? ["there are no dead letters"] : deadLetters.map(lineOf)));
  });
}

function redriveCommand(): Command {
  return withClientOptions(
    new Command("redrive")
      .description("Have a dead letter tried again at once, for its own subscriber alone.")
      .argument("<id>", "as the list has it"),
  ).action(async (id: string, options: ClientOptions) => {
    const path = `${PATH}/${encodeURIComponent(id)}/redrive`;
    const answer = await answerOf<{ readonly redriven: DeadLetter }>(options, { method: "POST", path });
    print(options, answer, ({ redriven }) => [`tried again: ${lineOf(redriven)}`]);
  });
}

function lineOf({ id, subscriber, tries, diedAt, reason, event }: DeadLetter): string {
  const what = event === null ? "something" : `${event.type} of ${minuteText(event.at)}`;
  const after = tries === null ? "" : ` after ${tries} ${tries === 1 ? "try" : "tries"}`;
  return `${id}: ${what} to ${subscriber}, given up at ${minuteText(diedAt)}${after}: ${reason}`;
}
