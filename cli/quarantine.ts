import { Command } from "commander";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { authorOption } from "./option-values.ts";
import { whole } from "./text.ts";

/** The answers of the API, as far as these commands read them; docs/openapi.json has them whole. */
type Quarantine = {
  readonly id: string;
  readonly feedId: string;
  readonly receivedAt: string;
  readonly until: string;
  readonly findings: readonly { readonly code: string; readonly what: string }[];
  readonly counts: { readonly programmesKept: number; readonly channelsWithProgrammes: number };
  readonly besideGeneration: number | null;
  readonly generation: number | null;
  readonly acceptable: boolean;
  readonly decision: { readonly kind: string; readonly author: string; readonly why: string; readonly at: string } | null;
};
type Decided = { readonly outcome: string; readonly changesCount: number; readonly quarantine: Quarantine };
type DecideOptions = ClientOptions & { readonly author: string; readonly why: string; readonly upload?: string };

/** `calltime feed quarantine`: what the gate set aside. */
export function quarantineCommand(): Command {
  return withClientOptions(
    new Command("quarantine")
      .description("See the newest upload of a feed that was set aside, and why.")
      .argument("<feed>", "the feed's id"),
  ).action(async (feed: string, options: ClientOptions) => {
    const answer = await answerOf<{ readonly quarantine: Quarantine | null }>(options, { path: pathOf(feed) });
    print(options, answer, ({ quarantine }) => (quarantine === null ? [`${feed}: nothing is set aside`] : linesOf(quarantine)));
  });
}

/** `calltime feed accept`: puts it in force all the same. */
export function acceptCommand(): Command {
  return deciding(
    new Command("accept").description("Put the upload that was set aside in force: you looked at it, and it is right."),
  ).action(async (feed: string, { upload: id, ...options }: DecideOptions) => {
    const { author, why } = options;
    const asked = { method: "POST", path: `${pathOf(feed)}/accept`, body: { id, author, why } } as const;
    print(options, await answerOf<Decided>(options, asked), linesOfDecided);
  });
}

/** `calltime feed reject`: leaves what is in force. */
export function rejectCommand(): Command {
  return deciding(new Command("reject").description("Reject the upload that was set aside: what is in force stays.")).action(
    async (feed: string, { upload: id, ...options }: DecideOptions) => {
      const { author, why } = options;
      const asked = { method: "DELETE", path: pathOf(feed), query: { id, author, why } } as const;
      print(options, await answerOf<Decided>(options, asked), linesOfDecided);
    },
  );
}

function deciding(command: Command): Command {
  return withClientOptions(
    command
      .argument("<feed>", "the feed's id")
      .requiredOption("--why <text>", "why; whoever asks why this guide is in force reads this")
      .option("--upload <id>", "the upload that you looked at, as quarantine names it: refused when another came since")
      .addOption(authorOption("who decides")),
  );
}

function linesOf(quarantine: Quarantine): readonly string[] {
  const { id, feedId, receivedAt, until, findings, counts, besideGeneration, generation, acceptable, decision } = quarantine;
  const beside = besideGeneration === null ? "with no schedule in force" : `beside generation ${besideGeneration}`;
  return [
    `${feedId}: upload ${id} of ${minuteText(receivedAt)} is set aside, judged ${beside}; kept until ${minuteText(until)}`,
    ...findings.map(({ code, what }) => `  ${what} (${code})`),
    `  it lists ${whole(counts.programmesKept)} programmes on ${whole(counts.channelsWithProgrammes)} channels`,
    decision === null
      ? acceptable
        ? `  decide: calltime feed accept ${feedId} --upload ${id} --why …, or calltime feed reject ${feedId} --upload ${id} --why …`
        : `  it cannot be accepted any more: ${generation === besideGeneration ? "it lists nothing, or was too large to be kept" : `generation ${generation} is in force since`}`
      : `  ${decision.kind} by ${decision.author} at ${minuteText(decision.at)}: ${decision.why}`,
  ];
}

function linesOfDecided({ outcome, changesCount, quarantine: { id, feedId, generation, decision } }: Decided): readonly string[] {
  const by = decision === null ? "" : `, ${decision.kind} by ${decision.author}: ${decision.why}`;
  const force = generation === null ? "no schedule is in force" : `generation ${generation} is in force`;
  const changes = outcome === "accepted" ? `, with ${whole(changesCount)} ${changesCount === 1 ? "change" : "changes"}` : "";
  return [`${feedId}: ${outcome === "unchanged" ? "unchanged: " : ""}upload ${id}${by}; ${force}${changes}`];
}

function pathOf(feed: string): string {
  return `/v1/feeds/${encodeURIComponent(feed)}/quarantine`;
}
