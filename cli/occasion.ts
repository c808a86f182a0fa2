import { Argument, Command } from "commander";
import { PROPOSAL_ANSWERS } from "../shared/app/proposals.ts";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { authorOption } from "./option-values.ts";

/** The answers of the API, as far as these commands read them; docs/openapi.json has them whole. */
type Proposal = {
  readonly id: string;
  readonly name: string;
  readonly slots: readonly { readonly channelId: string; readonly title: string; readonly startsAt: string; readonly endsAt: string }[];
  readonly reasons: readonly string[];
  readonly decision: { readonly answer: string; readonly author: string; readonly why: string; readonly at: string } | null;
};
type Answered = { readonly outcome: string; readonly proposal: Proposal };
type AnswerOptions = ClientOptions & { readonly author: string; readonly why: string };

/** `calltime occasion`: what may be one occasion, and what people say of it. */
export function occasionCommand(): Command {
  return new Command("occasion")
    .description("See which slots of the guide may be one occasion, and say whether they are.")
    .exitOverride()
    .addCommand(proposalsCommand())
    .addCommand(answerCommand());
}

function proposalsCommand(): Command {
  return withClientOptions(
    new Command("proposals").description("Slots that may draw one audience, why, and what was said of them."),
  ).action(async (options: ClientOptions) => {
    const answer = await answerOf<{ readonly proposals: readonly Proposal[] }>(options, { path: "/v1/occasions/proposals" });
    print(options, answer, ({ proposals }) => (proposals.length === 0 ? ["nothing is proposed"] : proposals.flatMap(linesOf)));
  });
}

function answerCommand(): Command {
  return withClientOptions(
    new Command("answer")
      .description("Say of a proposal that it is one occasion, that its slots are apart, or that it is open again.")
      .argument("<proposal>", "its id, as proposals names it")
      .addArgument(new Argument("<answer>", "what it is").choices(PROPOSAL_ANSWERS))
      .requiredOption("--why <text>", "why")
      .addOption(authorOption("who says so")),
  ).action(async (proposal: string, answer: string, options: AnswerOptions) => {
    const { author, why } = options;
    const path = `/v1/occasions/proposals/${encodeURIComponent(proposal)}`;
    const answered = await answerOf<Answered>(options, { method: "PUT", path, body: { answer, author, why } });
    print(options, answered, ({ outcome, proposal: after }) => [outcome, ...linesOf(after)]);
  });
}

function linesOf({ id, name, slots, reasons, decision }: Proposal): readonly string[] {
  return [
    `${id}: “${name}”`,
    ...slots.map(({ channelId, title, startsAt, endsAt }) => `  ${minuteText(startsAt)} to ${minuteText(endsAt)} ${channelId}: ${title}`),
    ...reasons.map((reason) => `  ${reason}`),
    decision === null
      ? `  say whether it is: calltime occasion answer ${id} one --why …, or apart`
      : `  ${decision.answer}, said ${decision.author} at ${minuteText(decision.at)}: ${decision.why}`,
  ];
}
