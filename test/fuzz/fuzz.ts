import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Coverage, News } from "./coverage.ts";
import { diceOf, seedOf, type Dice } from "./dice.ts";
import { mutated } from "./mutate.ts";
import type { Target } from "./targets.ts";
import type { Watchdog } from "./watch.ts";

/** An input that shows what must not be, made as small as it could be in little time. */
export type Finding = { readonly target: string; readonly what: string; readonly bytes: Uint8Array };

/** How it went. `kept`: inputs that were mutated further, since they reached what none before had. */
export type FuzzReport = { readonly executions: number; readonly kept: number; readonly findings: readonly Finding[] };

/** It ends at whichever of `seconds`, `executions` and `mostFindings` comes first. `grow`: whether inputs that reach new places are put into the corpus. */
export type FuzzOptions = {
  readonly targets: readonly Target[];
  readonly coverage: Coverage;
  readonly watchdog: Watchdog;
  readonly seed: number;
  readonly seconds: number;
  readonly executions: number;
  readonly grow: boolean;
  readonly mostFindings: number;
};

/** Time of this thread, in milliseconds, that one small input may take. */
const MOST_CPU_MS = 2_000;
/** Executions of one target before the next has its turn. */
const TURN = 50;
const MOST_SHRINKING = 300;

type Hunt = { readonly target: Target; readonly inputs: Uint8Array[]; readonly dice: Dice };

/**
 * Runs the corpus of each target and then mutations of it, in turns; what goes ways through the code that were not gone
 * before is mutated further. The same seed, executions and corpus give the same inputs.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { coverage, seed, grow } = options;
  const until = performance.now() + options.seconds * 1_000;
  const found = new Map<string, Finding>();
  let executions = 0;
  let kept = 0;

  const run = async (target: Target, bytes: Uint8Array): Promise<News> => {
    executions++;
    const failure = await failureOf(target, bytes, options.watchdog);
    const news = coverage.news();
    if (failure === undefined) return news;
    const what = firstLine(failure);
    if (!found.has(what)) {
      const smaller = await shrunk(target, bytes, what, options.watchdog);
      found.set(what, { target: target.name, what: (await failureOf(target, smaller, options.watchdog)) ?? failure, bytes: smaller });
      coverage.news();
    }
    return { characters: 0, ways: 0 };
  };

  const hunts: Hunt[] = [];
  for (const [index, target] of options.targets.entries()) {
    const inputs = corpusOf(target.name);
    for (const bytes of inputs) await run(target, bytes);
    hunts.push({ target, inputs: inputs.length > 0 ? inputs : [new Uint8Array()], dice: diceOf(seed * 31 + index) });
  }
  while (executions < options.executions && performance.now() < until && found.size < options.mostFindings) {
    for (const { target, inputs, dice } of hunts) {
      for (let turn = 0; turn < TURN; turn++) {
        const bytes = mutated(picked(inputs, dice), picked(inputs, dice), target.words, dice);
        const { characters, ways } = await run(target, bytes);
        if (ways === 0) continue;
        inputs.push(bytes);
        kept++;
        if (characters > 0 && grow) writeFileSync(join(corpusFolder(target.name), nameOf(bytes)), bytes);
      }
    }
  }
  return { executions, kept, findings: [...found.values()] };
}

/** The inputs that are kept for a target, by name. */
function corpusOf(target: string): Uint8Array[] {
  const folder = corpusFolder(target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((name) => readFileSync(join(folder, name)));
}

function corpusFolder(target: string): string {
  return join(import.meta.dirname, "corpus", target);
}

function nameOf(bytes: Uint8Array): string {
  return (seedOf(bytes) >>> 0).toString(16).padStart(8, "0");
}

/** Any of them, twice as often one of the newest. */
function picked(inputs: readonly Uint8Array[], dice: Dice): Uint8Array {
  const among = dice(2) === 0 ? Math.min(inputs.length, 20) : inputs.length;
  return inputs[inputs.length - 1 - dice(among)] ?? new Uint8Array();
}

/** What does not hold of a target and these bytes, or undefined. */
async function failureOf(target: Target, bytes: Uint8Array, watchdog: Watchdog): Promise<string | undefined> {
  watchdog.begin(target.name, bytes);
  const before = process.threadCpuUsage();
  try {
    await target.check(bytes);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.threadCpuUsage(before);
  const cpuMs = (user + system) / 1_000;
  return cpuMs > MOST_CPU_MS ? `it takes more than ${MOST_CPU_MS} ms` : undefined;
}

/** The bytes with as much left out as fails in the same way. */
async function shrunk(target: Target, bytes: Uint8Array, what: string, watchdog: Watchdog): Promise<Uint8Array> {
  let smallest = bytes;
  let tries = 0;
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < smallest.length && tries < MOST_SHRINKING;) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      tries++;
      const failure = await failureOf(target, without, watchdog);
      if (failure !== undefined && firstLine(failure) === what) smallest = without;
      else at += size;
    }
  }
  return smallest;
}

/** What tells one kind of failure from another: its first line, without numbers. */
function firstLine(failure: string): string {
  return failure.split("\n", 1)[0]?.replaceAll(/\d+/g, "0") ?? "";
}
