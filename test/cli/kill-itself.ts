// Loaded into a process of kill.test.ts before Calltime is: kills it with SIGKILL at a chosen point of its work. Points are statements to
// the store, counted and not timed, so that a busy machine kills at the same one; or the first write to standard output after that many.
import { writeSync } from "node:fs";
import { DatabaseSync, StatementSync } from "node:sqlite";

const killAt = Number(process.env["KILL_AT"] ?? Number.POSITIVE_INFINITY);
const inWrite = process.env["KILL_IN"] === "write";
let points = 0;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal is there when the call returns; nothing of this process runs after it.
  throw new Error("still alive");
}

type Call = (this: unknown, ...args: unknown[]) => unknown;

/** Every other kill comes before the statement, the others after it. */
function counted(prototype: object, name: string): void {
  const call = Reflect.get(prototype, name) as Call;
  const counting: Call = function (...args) {
    points += 1;
    const dies = points === killAt && !inWrite;
    if (dies && killAt % 2 === 0) die();
    const result = call.apply(this, args);
    if (dies) die();
    return result;
  };
  Reflect.set(prototype, name, counting);
}

for (const name of ["run", "get", "all"]) counted(StatementSync.prototype, name);
counted(DatabaseSync.prototype, "exec");

const write = process.stdout.write.bind(process.stdout) as (...args: readonly unknown[]) => boolean;
Reflect.set(process.stdout, "write", (text: string, ...rest: readonly unknown[]): boolean => {
  if (!inWrite || points < killAt) return write(text, ...rest);
  // In the middle of what it says: half of that is out.
  writeSync(1, text.slice(0, Math.ceil(text.length / 2)));
  return die();
});

process.on("exit", () => writeSync(2, `points: ${points}\n`));
