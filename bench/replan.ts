/**
 * What planning costs: 300 targets over 14 days of a 72-channel guide, and again after one programme moved, against planning everything anew
 * in the same run; and how that, and what stays in memory, grows with targets, programmes and days. `npm run bench -- replan [--rounds N] [--record]`.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { makePlans, TICK_HORIZON_MS } from "../shared/app/plan.ts";
import { situationAt } from "../shared/app/situation.ts";
import type { Schedule } from "../shared/core/schedule/programme.ts";
import { DAY_MS } from "../shared/core/time.ts";
import { aboutNow, jsonOf } from "./about.ts";
import { median } from "./one-core.ts";
import { replanTable, type ReplanRow } from "./replan/report.ts";
import { begun, deployed, guideOf, moved, NOW, type Deployment, type Size } from "./replan/setting.ts";

const SMALL: Size = { targets: 30, channels: 72, days: 1.4 };

/** A small deployment, each of its sides ten times, and the whole. */
const SIZES: readonly Size[] = [
  SMALL,
  { ...SMALL, targets: 300 },
  { ...SMALL, channels: 720 },
  { ...SMALL, days: 14 },
  { targets: 300, channels: 72, days: 14 },
];

/** CPU time of some work, in milliseconds: others are at work on the machine. */
async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function planned({ context }: Deployment, horizonMs: number): Promise<void> {
  await makePlans(context, await situationAt(context, NOW), horizonMs);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What is in memory, in millions of bytes. */
function heapMbNow(): number {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}

/** What a deployment keeps of each thing that it works out, one after the other. */
async function heapMbOf({ context, publish }: Deployment, guide: Schedule, horizonMs: number): Promise<ReplanRow["heapMb"]> {
  await publish(guide);
  const before = heapMbNow();
  await context.guide(NOW);
  const withGuide = heapMbNow();
  await planned({ context, publish }, TICK_HORIZON_MS);
  const withTick = heapMbNow();
  await planned({ context, publish }, horizonMs);
  return { guide: withGuide - before, tick: withTick - withGuide, days: heapMbNow() - withTick };
}

async function rowOf(size: Size, rounds: number): Promise<ReplanRow> {
  const guide = guideOf(size);
  const start = await begun(size);
  const horizonMs = size.days * DAY_MS;
  // What begins in the next hours: the plans of a tick see it too.
  const soon = guide.programmes.flatMap(({ startsAtMs }, nth) => (startsAtMs > NOW && startsAtMs < NOW + TICK_HORIZON_MS ? [nth] : []));
  const times: Record<keyof ReplanRow["cpuMs"], number[]> = { anew: [], again: [], guide: [], replan: [], tick: [], tickAnew: [] };
  const heapMb = await heapMbOf(deployed(start), guide, horizonMs);
  let occasions = 0;
  for (let round = 0; round < rounds; round += 1) {
    const deployment = deployed(start);
    await deployment.publish(guide);
    times.anew.push(await cpuMsOf(() => planned(deployment, horizonMs)));
    times.again.push(await cpuMsOf(() => planned(deployment, horizonMs)));
    await planned(deployment, TICK_HORIZON_MS);
    await deployment.publish(moved(guide, soon[Math.floor(((round + 0.5) / rounds) * soon.length)] ?? 0));
    times.guide.push(await cpuMsOf(() => deployment.context.guide(NOW)));
    times.tick.push(await cpuMsOf(() => planned(deployment, TICK_HORIZON_MS)));
    times.replan.push(await cpuMsOf(() => planned(deployment, horizonMs)));
    ({ length: occasions } = (await deployment.context.guide(NOW)).occasions);
    const other = deployed(start);
    await other.publish(guide);
    times.tickAnew.push(await cpuMsOf(() => planned(other, TICK_HORIZON_MS)));
  }
  const cpuMs = Object.fromEntries(Object.entries(times).map(([name, each]) => [name, median(each)])) as ReplanRow["cpuMs"];
  return { size, programmes: guide.programmes.length, occasions, cpuMs, heapMb };
}

/** Runs the bench and prints its table; with `--record` the figures are written beside it. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: "string", default: "5" }, record: { type: "boolean", default: false } },
  });
  const rows: ReplanRow[] = [];
  for (const size of SIZES) {
    rows.push(await rowOf(size, Number(values.rounds)));
    process.stderr.write(`${rows.length} of ${SIZES.length} sizes\n`);
  }
  process.stdout.write(`${replanTable(rows)}\n`);
  if (values.record) writeFileSync(resolve(import.meta.dirname, "results/replan.json"), `${jsonOf({ ...aboutNow(), rows })}\n`);
}
