import { Command } from "commander";
import { feedCheckCommand } from "./feed-check.ts";
import { feedDiffCommand } from "./feed-diff.ts";
import { acceptCommand, quarantineCommand, rejectCommand } from "./quarantine.ts";

/** `calltime feed`: feeds as files, and what the gate held back. */
export function feedCommand(): Command {
  return new Command("feed")
    .description("Check a feed before it is sent, compare two editions, and decide about one that was held back.")
    .exitOverride()
    .addCommand(feedCheckCommand())
    .addCommand(feedDiffCommand())
    .addCommand(quarantineCommand())
    .addCommand(acceptCommand())
    .addCommand(rejectCommand());
}
