import { readFileSync } from "node:fs";
import { Session, type Profiler } from "node:inspector";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** How much of what a file's functions hold has run, in characters of source. */
export type FileCoverage = { readonly path: string; readonly run: number; readonly all: number };

/** How much is new of what has run: `characters` of source that had not run before, and `ways` through the code that were not gone. */
export type News = { readonly characters: number; readonly ways: number };

/** By character of a file's source: whether it belongs to a function, and whether it has run. */
type Painted = { readonly inFunction: Uint8Array; readonly run: Uint8Array };

/**
 * What V8 itself counts of the code that runs in this thread: how often each function and each block of it is entered. One at a time,
 * since the counters are the thread's. A file that is loaded before it counts shows no function that is never called.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #isWatched: (path: string) => boolean;
  readonly #ways = new Set<string>();
  /** By script and function: the blocks that were ever told apart in it. */
  readonly #blocks = new Map<string, Set<string>>();
  readonly #painted = new Map<string, Painted>();

  /** Counts from now on; `isWatched` says of which files, by their path. */
  constructor(isWatched: (path: string) => boolean) {
    this.#isWatched = isWatched;
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What is new of what has run since it was last asked. */
  news(): News {
    const before = this.#ways.size;
    let characters = 0;
    for (const script of this.#scripts()) {
      const waysBefore = this.#ways.size;
      for (const called of script.functions) this.#goThrough(script.scriptId, called);
      if (this.#ways.size > waysBefore) characters += this.#paint(script);
    }
    return { characters, ways: this.#ways.size - before };
  }

  /** By file, how much has run since the beginning. */
  byFile(): readonly FileCoverage[] {
    const sum = (marks: Uint8Array): number => marks.reduce((total, mark) => total + mark, 0);
    return [...this.#painted]
      .filter(([, { inFunction }]) => inFunction.includes(1))
      .map(([url, { inFunction, run }]) => ({ path: relative(process.cwd(), fileURLToPath(url)), run: sum(run), all: sum(inFunction) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  /**
   * Takes in about how often each block of a function ran. V8 leaves out those that ran as often as what is around them; that they did is
   * another way through the function than that they did not.
   */
  #goThrough(scriptId: string, { ranges }: Profiler.FunctionCoverage): void {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return;
    const name = `${scriptId}:${whole.startOffset}`;
    let known = this.#blocks.get(name);
    if (known === undefined) this.#blocks.set(name, (known = new Set()));
    const told = new Map(ranges.map(({ startOffset, endOffset, count }) => [`${startOffset}-${endOffset}`, aboutHowOften(count)]));
    for (const block of told.keys()) known.add(block);
    for (const block of known) this.#ways.add(`${name} ${block} ${told.get(block) ?? "with the rest"}`);
  }

  /** Marks what has run; returns how many characters had not before. */
  #paint({ url, functions }: Profiler.ScriptCoverage): number {
    let painted = this.#painted.get(url);
    if (painted === undefined) {
      const { length } = readFileSync(fileURLToPath(url), "utf8");
      painted = { inFunction: new Uint8Array(length), run: new Uint8Array(length) };
      this.#painted.set(url, painted);
    }
    const now = new Uint8Array(painted.run.length);
    // The first is the file itself when it was just loaded. An outer one comes before those inside of it, which have the last word.
    for (const { functionName, ranges } of functions) {
      const [whole] = ranges;
      if (whole === undefined || (functionName === "" && whole.startOffset === 0)) continue;
      painted.inFunction.fill(1, whole.startOffset, whole.endOffset);
      for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
    let news = 0;
    for (let at = now.indexOf(1); at >= 0; at = now.indexOf(1, at + 1)) {
      news += 1 - (painted.run[at] ?? 0);
      painted.run[at] = 1;
    }
    return news;
  }

  *#scripts(): Generator<Profiler.ScriptCoverage, void, undefined> {
    const { result } = this.#post("Profiler.takePreciseCoverage") as Profiler.TakePreciseCoverageReturnType;
    for (const script of result) if (script.url.startsWith("file:") && this.#isWatched(fileURLToPath(script.url))) yield script;
  }

  /** The session answers before it returns. */
  #post(method: string, params?: object): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(error.message);
      answer = result;
    });
    return answer;
  }
}

/** Once, twice, three times, then powers of two: that a loop turns more often is worth knowing, each number of times is not. */
function aboutHowOften(count: number): number {
  return count < 4 ? count : 1 << (31 - Math.clz32(Math.min(count, 1_024)));
}
