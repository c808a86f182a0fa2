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

const unpackedOnce = new WeakMap<StoredNear, Near>();

/** The same from its document, which is readable; of the same document the same object. */
export function nearFrom(stored: StoredNear): Near {
  let near = unpackedOnce.get(stored);
  if (near === undefined) {
    const { minutesAhead, numbers, made, margins, asked } = stored;
    near = {
      growth: { minutesAhead, numbers: unpacked(numbers), made: made.map((each) => madeFrom(each, minutesAhead)) },
      margins: { ...margins, meanRps: margins.meanRps ?? undefined },
      asked,
    };
    unpackedOnce.set(stored, near);
  }
  return near;
}

function madeFrom({ fromMs, numbers }: StoredNear["made"][number], minutesAhead: number): Made {
  const all = [...unpacked(numbers)];
  const slopesEnd = all.length - 2 * minutesAhead;
  return {
    fromMs,
    moving: { level: all[0] ?? 0, slopes: all.slice(1, slopesEnd) },
    usualGrowth: all.slice(slopesEnd, slopesEnd + minutesAhead),
    medianRps: all.slice(slopesEnd + minutesAhead),
  };
}

function packed(numbers: ArrayLike<number>): string {
  const floats = new Float32Array(numbers);
  return Buffer.from(floats.buffer).toString("base64");
}

function unpacked(text: string): Float64Array {
  const bytes = Buffer.from(text, "base64");
  const floats = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = new Float64Array(Math.floor(bytes.length / FLOAT_BYTES));
  for (let index = 0; index < numbers.length; index += 1) numbers[index] = floats.getFloat32(FLOAT_BYTES * index, true);
  return numbers;
}
