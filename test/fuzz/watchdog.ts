/** The thread of `Watchdog`. */
import { writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { watchedIn, type WatchdogData } from "./watch.ts";

const { memory, folder, patienceMs } = workerData as WatchdogData;
const { counted, target, input } = watchedIn(memory);
let last = -1;
let since = performance.now();

setInterval(() => {
  const now = Atomics.load(counted, 0);
  if (now !== last) {
    last = now;
    since = performance.now();
  } else if (performance.now() - since > patienceMs) {
    const name = Buffer.from(target.slice(0, Atomics.load(counted, 2))).toString();
    const path = join(folder, `${name}-hangs`);
    writeFileSync(path, input.slice(0, Atomics.load(counted, 1)));
    writeSync(2, `${name}: input ${now} is read for more than ${patienceMs / 1_000} s; it is kept as ${path}\n`);
    process.kill(process.pid, "SIGKILL");
  }
}, 1_000);
