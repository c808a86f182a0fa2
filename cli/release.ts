import { Command } from "commander";
import { CalltimeError } from "../shared/core/error.ts";
import { answerOf, print, withClientOptions, type ClientOptions } from "./client.ts";
import { authorOption } from "./option-values.ts";

type Released = { readonly targetId: string } & (
  | { readonly outcome: "released"; readonly fromUnits: number; readonly units: number; readonly bookings: number }
  | { readonly outcome: "nothing-of-ours" }
  | { readonly outcome: "failed"; readonly code: string; readonly reason: string }
);
type Answer = { readonly targets: readonly Released[] };
type Options = ClientOptions & { readonly all: true; readonly why: string; readonly author: string };

/** `calltime release --all`: gives every target back to its owner, before Calltime is taken away. Fails when one could not be. */
export function releaseCommand(): Command {
  return withClientOptions(
    new Command("release")
      .description("Give the targets back: all observe, our bookings are removed, and minimums of ours go back to their owners'.")
      .requiredOption("--all", "every target")
      .requiredOption("--why <text>", "why")
      .addOption(authorOption("who gives them back")),
  ).action(async (options: Options) => {
    const { author, why } = options;
    const answer = await answerOf<Answer>(options, { method: "POST", path: "/v1/release", body: { author, why } });
    print(options, answer, ({ targets }) => targets.map(lineOf));
    const kept = answer.targets.filter(({ outcome }) => outcome === "failed").map(({ targetId }) => targetId);
    if (kept.length > 0) throw new CalltimeError("release-incomplete", `${kept.join(", ")}: could not be released; run it again`);
  });
}

function lineOf(one: Released): string {
  if (one.outcome === "nothing-of-ours") return `${one.targetId}: nothing there is ours`;
  if (one.outcome === "failed") return `${one.targetId}: not released: ${one.reason} (${one.code})`;
  const { targetId, fromUnits, units, bookings } = one;
  const minimum = fromUnits === units ? `minimum left at ${units}` : `minimum from ${fromUnits} to ${units}`;
  return `${targetId}: ${minimum}, ${bookings} bookings removed`;
}
