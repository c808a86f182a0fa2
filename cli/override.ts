import { Command } from "commander";
import { isoOf, msOf } from "../events/index.ts";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { authorOption, duration, oneMore, positive, positiveWhole, wholeNumber } from "./option-values.ts";

/** The answers of the API, as far as these commands read them; docs/openapi.json has them whole. */
type Override = {
  readonly id: string;
  readonly kind: string;
  readonly targetIds?: readonly string[];
  readonly floorUnits?: number;
  readonly factor?: number;
  readonly occasionId?: string;
  readonly byMinutes?: number;
  readonly viewers?: number;
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
  readonly target?: readonly string[];
  readonly tag?: readonly string[];
  readonly occasion?: string;
  readonly floor?: number;
  readonly factor?: number;
  readonly hold?: true;
  readonly overrun?: number;
  readonly delay?: number;
  readonly cancel?: true;
  readonly viewers?: number;
  readonly for: number;
  readonly why: string;
  readonly author: string;
  readonly id?: string;
};
type WithdrawOptions = ClientOptions & { readonly why?: string; readonly author: string };

/** `calltime override`: floors that people ask for. */
export function overrideCommand(): Command {
  return new Command("override")
    .description("Override the plan by hand for a while, see what holds, withdraw it.")
    .exitOverride()
    .addCommand(setCommand())
    .addCommand(listCommand())
    .addCommand(withdrawCommand());
}

function setCommand(): Command {
  return withClientOptions(
    new Command("set")
      .description("Override the plan for a while: exactly one of --floor, --factor, --hold, --overrun, --delay, --cancel, --viewers.")
      .option("--target <id>", "a target; give it again for several", oneMore)
      .option("--tag <tag>", "targets that carry a tag; give it again for several", oneMore)
      .option("--occasion <id>", "the occasion, or one of its programmes")
      .option("--floor <units>", "of targets: units to have at least; the largest floor holds", wholeNumber)
      .option("--factor <factor>", "of targets: times what the load takes", positive)
      .option("--hold", "of targets: nothing is lowered")
      .option("--overrun <minutes>", "of an occasion: it ends so much later than the guide says", positiveWhole)
      .option("--delay <minutes>", "of an occasion: it is so much later than the guide says", positiveWhole)
      .option("--cancel", "of an occasion: it does not take place")
      .option("--viewers <number>", "of an occasion: how many are expected at its plateau", wholeNumber)
      .requiredOption("--for <duration>", "platform time from now, such as 90m, 2h or 3d; at most 7d", duration)
      .requiredOption("--why <text>", "why; whoever asks why the floor is what it is reads this")
      .addOption(authorOption("who asks for it"))
      .option("--id <id>", "a name of your own; sent again with the same content it changes nothing"),
  ).action(async (options: SetOptions, command: Command) => {
    if (options.target === undefined && options.tag === undefined && options.occasion === undefined) {
      command.error("error: whom it is about is missing; at least one --target, --tag or --occasion would be right");
    }
    // What "from now" means is for the platform's clock to say.
    const { now } = await answerOf<Overrides>(options, { path: "/v1/overrides" });
    const { id, author, why, target: targetIds, tag: tags, occasion: occasionId } = options;
    const body = { id, ...effectIn(options, command), targetIds, tags, occasionId, until: isoOf(msOf(now) + options.for), author, why };
    print(options, await answerOf<OverrideSet>(options, { method: "POST", path: "/v1/overrides", body }), linesOfSet);
  });
}

/** What is asked for; exactly one thing, or the call is wrong. */
function effectIn(
  { floor, factor, hold, overrun, delay, cancel, viewers }: SetOptions,
  command: Command,
): Readonly<Record<string, unknown>> {
  const asked = [
    floor !== undefined && { kind: "floor", floorUnits: floor },
    factor !== undefined && { kind: "factor", factor },
    hold === true && { kind: "hold" },
    overrun !== undefined && { kind: "overrun", byMinutes: overrun },
    delay !== undefined && { kind: "delay", byMinutes: delay },
    cancel === true && { kind: "cancel" },
    viewers !== undefined && { kind: "expected-audience", viewers },
  ].filter((effect) => effect !== false);
  const [effect] = asked;
  if (effect !== undefined && asked.length === 1) return effect;
  const given = asked.length === 0 ? "nothing is asked for" : `${asked.length} things are asked for at once`;
  return command.error(
    `error: ${given}; exactly one of --floor, --factor, --hold, --overrun, --delay, --cancel and --viewers would be right`,
  );
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

function lineOf(override: Override): string {
  const { id, from, until, author, why } = override;
  return `${id}: ${effectOf(override)} from ${minuteText(from)} until ${minuteText(until)}, ${author}: ${why}`;
}

function effectOf({ kind, targetIds = [], floorUnits, factor, occasionId = "", byMinutes, viewers }: Override): string {
  const targets = targetIds.join(", ");
  switch (kind) {
    case "factor":
      return `${factor} times what the load of ${targets} takes`;
    case "hold":
      return `nothing of ${targets} lowered`;
    case "overrun":
      return `${occasionId} ${byMinutes} min longer`;
    case "delay":
      return `${occasionId} ${byMinutes} min later`;
    case "cancel":
      return `${occasionId} cancelled`;
    case "expected-audience":
      return `${viewers} viewers of ${occasionId}`;
    default:
      return `${targets} at least ${floorUnits}`;
  }
}
