import { growthNumbers, type Made } from "../core/forecast/growth.ts";
import type { Near } from "../core/forecast/near.ts";

const FLOAT_BYTES = 4;

/** What a target's newest minutes are read with, as it is stored. Numbers are packed: base64 of 32-bit floats, lowest byte first. */
export type StoredNear = {
  /** What was measured before this was learned from. */
  readonly throughMs: number;
  readonly minutesAhead: number;
  readonly numbers: string;
  readonly made: readonly { readonly fromMs: number; readonly numbers: string }[];
  readonly margins: { readonly inside: number; readonly outside: number; readonly meanRps: number | null };
  readonly asked: Near["asked"];
};

/** How a target's newest minutes are read, as a document: 20 to 60 KB, where decimals would take three times as much. */
export function storedNear({ growth, margins, asked }: Near, throughMs: number): StoredNear {
  return {
    throughMs,
    minutesAhead: growth.minutesAhead,
    numbers: packed(growth.numbers),
    made: growth.made.map(({ fromMs, moving, usualGrowth, medianRps }) => ({
      fromMs,
      numbers: packed([moving.level, ...moving.slopes, ...usualGrowth, ...medianRps]),
    })),
    margins: { ...margins, meanRps: margins.meanRps ?? null },
    asked,
  };
}

/** Whether a document is one for looking so many minutes ahead, and as this version writes it; one that is not is learned anew. */
export function isReadable({ minutesAhead, numbers }: StoredNear, minutes: number): boolean {
  return minutesAhead === minutes && Buffer.byteLength(numbers, "base64") === FLOAT_BYTES * growthNumbers(minutesAhead);
}

/** The same from its document, which is readable. */
export function nearFrom({ minutesAhead, numbers, made, margins, asked }: StoredNear): Near {
  return {
    growth: { minutesAhead, numbers: unpacked(numbers), made: made.map((each) => madeFrom(each, minutesAhead)) },
    margins: { ...margins, meanRps: margins.meanRps ?? undefined },
    asked,
  };
}

function madeFrom({ fromMs, numbers }: StoredNear["made"][number], minutesAhead: number): Made {
  const all = unpacked(numbers);
  const slopesEnd = all.length - 2 * minutesAhead;
  return {
    fromMs,
    moving: { level: all[0] ?? 0, slopes: [...all.subarray(1, slopesEnd)] },
    usualGrowth: [...all.subarray(slopesEnd, slopesEnd + minutesAhead)],
    medianRps: [...all.subarray(slopesEnd + minutesAhead)],
  };
}

function packed(numbers: Iterable<number>): string {
  const floats = Float32Array.from(numbers);
  return Buffer.from(floats.buffer).toString("base64");
}

function unpacked(text: string): Float64Array {
  const bytes = Buffer.from(text, "base64");
  return Float64Array.from({ length: Math.floor(bytes.length / FLOAT_BYTES) }, (_, index) => bytes.readFloatLE(FLOAT_BYTES * index));
}
