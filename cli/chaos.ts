import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { Command } from "commander";
import { playBatch } from "../local/chaos/batch.ts";
import { isKept, summarise, textOfSummary } from "../local/chaos/outcome.ts";
import { PLANTS, planted } from "../local/chaos/plants.ts";
import { positiveWhole } from "./option-values.ts";

type Options = {
  readonly evenings: number;
  readonly seed: number;
  readonly workers: number;
  readonly data?: string;
  readonly plant?: string;
  readonly json: boolean;
};

// A promise that was broken is a failed run, not a wrong call.
const BROKEN = 1;

/** `calltime chaos`: seeded evenings full of trouble, each judged against what was needed. */
export function chaosCommand(): Command {
  return new Command("chaos")
    .description("Play seeded evenings full of trouble, and judge each by what was needed.")
    .option("--evenings <number>", "how many evenings", positiveWhole, 20)
    .option("--seed <number>", "seed of the first; the others follow", positiveWhole, 1)
    .option("--workers <number>", "threads that play side by side", positiveWhole, Math.max(1, availableParallelism()))
    .option("--data <dir>", "keep each evening's outcome there, and go on from there after a stop")
    .option("--plant <bug>", `plant a bug, to see it caught: ${PLANTS.map(({ name }) => name).join(", ")}`)
    .option("--json", "print the summary as JSON", false)
    .exitOverride()
    .action(async (options: Options) => chaos(options));
}

async function chaos({ evenings, seed, workers: most, data, plant, json }: Options): Promise<void> {
  const workers = Math.min(most, evenings);
  planted(plant);
  const startedAtMs = performance.now();
  const show = process.stderr.isTTY;
  const commit = commitOf();
  const outcomes = await playBatch(
    {
      firstSeed: seed,
      evenings,
      workers,
      plant,
      directory: data,
      onEvening: (_, done) => void (show && process.stderr.write(`\rcalltime: ${done} of ${evenings} evenings`)),
    },
    commit,
  );
  if (show) process.stderr.write("\n");
  const summary = summarise(outcomes);
  const replay = (of: number): string => `npx calltime chaos --evenings 1 --seed ${of}${plant === undefined ? "" : ` --plant ${plant}`}`;
  process.stdout.write(
    json ? `${JSON.stringify({ commit, firstSeed: seed, ...summary }, null, 2)}\n` : `${textOfSummary(summary, replay).join("\n")}\n`,
  );
  process.stderr.write(
    `calltime: ${evenings} evenings in ${Math.round((performance.now() - startedAtMs) / 1_000)} s on ${workers} threads\n`,
  );
  if (!isKept(summary)) process.exitCode = BROKEN;
}

/** The commit that is played, where the checkout says so: outcomes of another one are not added to it. */
function commitOf(): string | undefined {
  try {
    return execFileSync("git", ["-C", import.meta.dirname, "rev-parse", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}
