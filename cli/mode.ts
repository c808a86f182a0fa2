import { Command } from "commander";
import { answerOf, print, withClientOptions, type ClientOptions } from "./client.ts";
import { authorOption } from "./option-values.ts";

type SetByPerson = { readonly mode: string; readonly author: string; readonly why: string } | null;
type Modes = {
  readonly all: SetByPerson;
  readonly targets: readonly { readonly targetId: string; readonly mode: string; readonly set: SetByPerson }[];
};
type Options = ClientOptions & { readonly target?: string; readonly why?: string; readonly author: string };

const MODES = ["observe", "active", "frozen"] as const;

/** `calltime mode`: what Calltime may do, one switch for all targets and one for each. */
export function modeCommand(): Command {
  return withClientOptions(
    new Command("mode")
      .description("See what Calltime may do with each target, or set it: observe, active or frozen.")
      .argument("[mode]", `${MODES.join(", ")}; shows the modes when left out`)
      .option("--target <id>", "one target; all of them when left out")
      .option("--why <text>", "why; needed to set a mode")
      .addOption(authorOption("who sets it")),
  ).action(async (mode: string | undefined, options: Options) => {
    const path = "/v1/mode";
    if (mode === undefined) return print(options, await answerOf<Modes>(options, { path }), linesOf);
    const { target: targetId, author, why = "" } = options;
    return print(options, await answerOf<Modes>(options, { method: "PUT", path, body: { mode, targetId, author, why } }), linesOf);
  });
}

function linesOf({ all, targets }: Modes): readonly string[] {
  const said = (set: SetByPerson): string => (set === null ? "" : `, set by ${set.author}: ${set.why}`);
  const head = all === null ? [] : [`all: ${all.mode}${said(all)}`];
  return [...head, ...targets.map(({ targetId, mode, set }) => `${targetId}: ${mode}${said(set)}`)];
}
