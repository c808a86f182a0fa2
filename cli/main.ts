import { Command, CommanderError } from "commander";
import { CalltimeError } from "../shared/core/error.ts";
import { backtestCommand } from "./backtest.ts";
import { chaosCommand } from "./chaos.ts";
import { contentCommand } from "./content.ts";
import { databaseCommand } from "./database.ts";
import { deadLettersCommand } from "./dead-letters.ts";
import { explainCommand } from "./explain.ts";
import { orderCommand } from "./order.ts";
import { feedCommand } from "./feed.ts";
import { modeCommand } from "./mode.ts";
import { occasionCommand } from "./occasion.ts";
import { overrideCommand } from "./override.ts";
import { preflightCommand } from "./preflight.ts";
import { planCommand } from "./plan.ts";
import { programmeCommand } from "./programme.ts";
import { rehearseCommand } from "./rehearse.ts";
import { releaseCommand } from "./release.ts";
import { startCommand } from "./start.ts";
import { worldCommand } from "./world.ts";

const program = new Command("calltime")
  .description("Capacity in place before the programme starts.")
  .showHelpAfterError("Run with --help to see what is there.")
  .exitOverride()
  .addCommand(startCommand())
  .addCommand(overrideCommand())
  .addCommand(programmeCommand())
  .addCommand(occasionCommand())
  .addCommand(feedCommand())
  .addCommand(contentCommand())
  .addCommand(databaseCommand())
  .addCommand(modeCommand())
  .addCommand(releaseCommand())
  .addCommand(explainCommand())
  .addCommand(orderCommand())
  .addCommand(planCommand())
  .addCommand(preflightCommand())
  .addCommand(deadLettersCommand())
  .addCommand(backtestCommand())
  .addCommand(rehearseCommand())
  .addCommand(chaosCommand())
  .addCommand(worldCommand());

// A wrong call is 2, as for other commands of this kind; a run that failed is 1.
const WRONG_CALL = 2;
const FAILED = 1;

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : WRONG_CALL;
  else if (error instanceof CalltimeError) {
    process.stderr.write(`calltime: ${error.message} (${error.code})\n`);
    process.exitCode = FAILED;
  } else throw error;
}
