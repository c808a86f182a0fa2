import { table } from "../season/report.ts";
import type { Size } from "./setting.ts";

/** What planning one size took: medians of CPU milliseconds. */
export type ReplanRow = {
  readonly size: Size;
  readonly programmes: number;
  readonly occasions: number;
  readonly cpuMs: {
    /** Everything from nothing: guide, situation, and the plans of all days. */
    readonly anew: number;
    /** The same again, nothing changed. */
    readonly again: number;
    /** After one programme moved: the guide worked out again. */
    readonly guide: number;
    /** Then the plans of a tick. */
    readonly tick: number;
    /** Then those of all days. */
    readonly replan: number;
    /** A tick from nothing. */
    readonly tickAnew: number;
  };
  /** What stays in memory of a guide, then of a tick's plans, then of those of all days, in millions of bytes. */
  readonly heapMb: { readonly guide: number; readonly tick: number; readonly days: number };
};

/** A size a line. */
export function replanTable(rows: readonly ReplanRow[]): string {
  const lines = rows.map(({ size, programmes, cpuMs, heapMb }) => [
    `${size.targets} targets, ${programmes.toLocaleString("en")} programmes, ${size.days} days`,
    ...[cpuMs.anew, cpuMs.again, cpuMs.guide, cpuMs.replan, cpuMs.tickAnew, cpuMs.tick].map((ms) => ms.toFixed(0)),
    [heapMb.guide, heapMb.tick, heapMb.days].map((mb) => Math.max(0, mb).toFixed(0)).join(" + "),
  ]);
  const head = [
    "CPU ms",
    "all anew",
    "again",
    "guide, one moved",
    "then all days",
    "a tick anew",
    "a tick, one moved",
    "MB: guide + tick + all days",
  ];
  return table(head, lines);
}
