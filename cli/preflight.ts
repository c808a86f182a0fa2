import { Command } from "commander";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";

type Preflight = {
  readonly lookedAt: string | null;
  readonly until: string | null;
  readonly findings: readonly {
    readonly code: string;
    readonly targetIds: readonly string[];
    readonly at: string | null;
    readonly what: string;
    readonly right: string;
  }[];
};

/** `calltime preflight`: what will be in the way of the next days' plans. */
export function preflightCommand(): Command {
  return withClientOptions(
    new Command("preflight").description(
      "What quotas, subnets and other limits will be in the way of the next days' plans, as found last.",
    ),
  )
    .addHelpText("after", "\nExit code: 0 nothing is in the way, 1 something is or nobody has looked yet, 2 a wrong call.")
    .action(async (options: ClientOptions) => {
      const preflight = await answerOf<Preflight>(options, { path: "/v1/preflight" });
      print(options, preflight, linesOf);
      if (preflight.lookedAt === null || preflight.findings.length > 0) process.exitCode = 1;
    });
}

function linesOf({ lookedAt, until, findings }: Preflight): readonly string[] {
  if (lookedAt === null || until === null) return ["nobody has looked yet: on AWS limits are looked at twice a day"];
  const head = `looked at ${minuteText(lookedAt)}, plans until ${minuteText(until)}: ${findings.length === 0 ? "nothing is in the way" : ""}`;
  const lines = findings.map(({ code, targetIds, at, what, right }) => {
    const when = at === null ? "" : `from ${minuteText(at)} on, `;
    return `  ${targetIds.join(", ")}: ${when}${what}; ${right} (${code})`;
  });
  return [head.trimEnd(), ...lines];
}
