import { Command } from "commander";
import { isoOf, msOf } from "../events/index.ts";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { authorOption, duration, oneMore, wholeNumber } from "./option-values.ts";

/** The answers of the API, as far as these commands read them; docs/openapi.json has them whole. */
type Override = {
  readonly id: string;
  readonly targetIds: readonly string[];
  readonly floorUnits: number;
  readonly from: string;
  readonly until: string;
  readonly author: string;
  readonly why: string;
};
type Overrides = { readonly now: string; readonly overrides: readonly Override[] };
type OverrideSet = {
  readonly override: Override;
  readonly preview: readonly {
    readonly targetId: string;
    readonly mode: string;
    readonly nowUnits: number | null;
    readonly willBeUnits: number | null;
    readonly addedUnits: number | null;
    readonly addedUsdPerHour: number | null;
  }[];
};

type SetOptions = ClientOptions & {
  readonly target: readonly string[];
  readonly floor: number;
  readonly for: number;
  readonly why: string;
  readonly author: string;
  readonly id?: string;
};
type WithdrawOptions = ClientOptions & { readonly why?: string; readonly author: string };

/** `calltime override`: floors that people ask for. */
export function overrideCommand(): Command {
  return new Command("override")
    .description("Raise a floor by hand for a while, see what is raised, withdraw it.")
    .exitOverride()
    .addCommand(setCommand())
    .addCommand(listCommand())
    .addCommand(withdrawCommand());
}

function setCommand(): Command {
  return withClientOptions(
    new Command("set")
      .description("Raise the floor of a target for a while. Of several floors the largest holds; it ends by itself.")
      .requiredOption("--target <id>", "the target; give it again for several", oneMore)
      .requiredOption("--floor <units>", "units to have at least", wholeNumber)
      .requiredOption("--for <duration>", "platform time from now, such as 90m, 2h or 3d; at most 7d", duration)
      .requiredOption("--why <text>", "why; whoever asks why the floor is what it is reads this")
      .addOption(authorOption("who asks for it"))
      .option("--id <id>", "a name of your own; sent again with the same content it changes nothing"),
  ).action(async (options: SetOptions) => {
    // What "from now" means is for the platform's clock to say.
    const { now } = await answerOf<Overrides>(options, { path: "/v1/overrides" });
    const { id, author, why } = options;
    const body = { id, targetIds: options.target, floorUnits: options.floor, until: isoOf(msOf(now) + options.for), author, why };
    print(options, await answerOf<OverrideSet>(options, { method: "POST", path: "/v1/overrides", body }), linesOfSet);
  });
}

function listCommand(): Command {
  return withClientOptions(new Command("list").description("The floors that hold now, and those to come.")).action(
    async (options: ClientOptions) => {
      print(options, await answerOf<Overrides>(options, { path: "/v1/overrides" }), ({ overrides }) =>
        overrides.length === 0 ? ["no override holds"] : overrides.map(lineOf),
      );
    },
  );
}

function withdrawCommand(): Command {
  return withClientOptions(
    new Command("withdraw")
      .description("End an override before its time. What it held is released in stages.")
      .argument("<id>", "the override, as list names it")
      .option("--why <text>", "why")
      .addOption(authorOption("who withdraws it")),
  ).action(async (id: string, options: WithdrawOptions) => {
    const path = `/v1/overrides/${encodeURIComponent(id)}`;
    const { author, why } = options;
    const answer = await answerOf<{ readonly withdrawn: Override }>(options, { method: "DELETE", path, query: { author, why } });
    print(options, answer, ({ withdrawn }) => [`withdrawn: ${lineOf(withdrawn)}`]);
  });
}

function linesOfSet({ override, preview }: OverrideSet): readonly string[] {
  return [
    lineOf(override),
    ...preview.map(({ targetId, mode, nowUnits, willBeUnits, addedUnits, addedUsdPerHour }) => {
      const cost = addedUsdPerHour === null ? "" : `, $${addedUsdPerHour.toFixed(2)} an hour`;
      const added = addedUnits === null ? "" : `: ${addedUnits} more than without it${cost}`;
      const unwritten = mode === "active" ? "" : ` (${mode}: nothing is written)`;
      return `  ${targetId}: floor ${nowUnits ?? "unknown"} now, ${willBeUnits ?? "unknown"} with it${added}${unwritten}`;
    }),
  ];
}

function lineOf({ id, targetIds, floorUnits, from, until, author, why }: Override): string {
  return `${id}: ${targetIds.join(", ")} at least ${floorUnits} from ${minuteText(from)} until ${minuteText(until)}, ${author}: ${why}`;
}
