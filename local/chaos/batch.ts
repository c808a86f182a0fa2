import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { CalltimeError } from "../../shared/core/error.ts";
import { FAMILIES } from "./family.ts";
import type { EveningOutcome } from "./outcome.ts";

/** Which evenings to play, and where what they came to is kept. */
export type BatchSetting = {
  readonly firstSeed: number;
  readonly evenings: number;
  /** Threads that play side by side. */
  readonly workers: number;
  /** A planted bug that every evening is played with, by name; undefined: none. */
  readonly plant: string | undefined;
  /** Directory in which each evening's outcome is kept as soon as it is there, so that a stopped batch goes on; undefined: nowhere. */
  readonly directory: string | undefined;
  /** Told of each evening as it is done. */
  readonly onEvening?: (outcome: EveningOutcome, done: number) => void;
};

/** What one batch is called in its directory: outcomes of another program or plant must not be counted as its own. */
type BatchName = { readonly plant: string | undefined; readonly commit: string | undefined };

const OUTCOMES = "evenings.ndjson";
const NAME = "batch.json";

/**
 * Plays evenings on several threads; the outcomes are in the order of their seeds. Throws `chaos-batch-other` when the directory holds
 * another batch, and `chaos-worker-failed` when an evening could not be played to its end.
 */
export async function playBatch(setting: BatchSetting, commit: string | undefined): Promise<readonly EveningOutcome[]> {
  const known = setting.directory === undefined ? [] : keptIn(setting.directory, { plant: setting.plant, commit });
  const wanted = Array.from({ length: setting.evenings }, (_, nth) => setting.firstSeed + nth);
  const outcomes = new Map(known.filter(({ seed }) => wanted.includes(seed)).map((outcome) => [outcome.seed, outcome]));
  const left = wanted.filter((seed) => !outcomes.has(seed));
  let done = outcomes.size;
  const keep = (outcome: EveningOutcome): void => {
    outcomes.set(outcome.seed, outcome);
    done += 1;
    if (setting.directory !== undefined) appendFileSync(join(setting.directory, OUTCOMES), `${JSON.stringify(outcome)}\n`);
    setting.onEvening?.(outcome, done);
  };
  // A thread takes a whole family at a time: its history is learned once.
  const queue = byFamily(left);
  await Promise.all(Array.from({ length: Math.max(1, setting.workers) }, () => work(queue, setting.plant, keep)));
  return wanted.flatMap((seed) => outcomes.get(seed) ?? []);
}

/** Seeds in groups that share a family, small enough that two threads end at about the same time. */
function byFamily(seeds: readonly number[]): (readonly number[])[] {
  const families = new Map<number, number[]>();
  for (const seed of seeds) {
    const family = seed % FAMILIES;
    families.set(family, [...(families.get(family) ?? []), seed]);
  }
  return [...families.values()].flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / GROUP) }, (_, nth) => all.slice(nth * GROUP, (nth + 1) * GROUP)),
  );
}

const GROUP = 25;

async function work(queue: (readonly number[])[], plant: string | undefined, keep: (outcome: EveningOutcome) => void): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url));
  try {
    for (let seeds = queue.shift(); seeds !== undefined; seeds = queue.shift()) {
      for (const seed of seeds) keep(await played(worker, seed, plant));
    }
  } finally {
    await worker.terminate();
  }
}

function played(worker: Worker, seed: number, plant: string | undefined): Promise<EveningOutcome> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void =>
      reject(
        new CalltimeError("chaos-worker-failed", `evening ${seed}: it could not be played to its end; play it alone to see why`, {
          cause: error,
        }),
      );
    worker.once("error", failed);
    worker.once("message", (message: { readonly outcome?: EveningOutcome; readonly error?: string }) => {
      worker.off("error", failed);
      if (message.outcome === undefined) failed(new Error(message.error));
      else resolve(message.outcome);
    });
    worker.postMessage({ seed, plant });
  });
}

/** The outcomes kept in a directory; a line that was cut off by a kill is left out, and its evening played again. */
function keptIn(directory: string, name: BatchName): readonly EveningOutcome[] {
  mkdirSync(directory, { recursive: true });
  const named = join(directory, NAME);
  const said = JSON.stringify(name);
  if (!existsSync(named)) writeFileSync(named, said);
  else if (readFileSync(named, "utf8") !== said) {
    throw new CalltimeError(
      "chaos-batch-other",
      `${directory}: holds the batch ${readFileSync(named, "utf8")}, not ${said}; name another directory, or check out that commit`,
    );
  }
  const file = join(directory, OUTCOMES);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  const whole = lines.slice(0, -1);
  if (lines.at(-1) !== "") writeFileSync(file, whole.map((line) => `${line}\n`).join(""));
  return whole.map((line) => JSON.parse(line) as EveningOutcome);
}
