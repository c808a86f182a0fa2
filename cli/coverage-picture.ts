import type { Stretch } from "../shared/core/schedule/coverage.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../shared/core/time.ts";

/** One channel to draw: what is on, what of it is a filler alone, and where two programmes overlapped before that was mended. */
export type PicturedChannel = {
  readonly channelId: string;
  readonly covered: readonly Stretch[];
  readonly real: readonly Stretch[];
  readonly overlaps: readonly Stretch[];
};

/** What the characters mean, for the line under the picture. */
export const PICTURE_LEGEND =
  "█ on air   ▄ on air for a part of it   · nothing on   ░ filler alone   × overlap, mended   blank: before or after all it lists";

const SLOTS_MS = [30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 7 * DAY_MS];
const NAME_WIDTH = 24;
// Guides that round to seconds overlap by one at every programme: that is nothing to see.
const LEAST_OVERLAP_MS = MINUTE_MS;

/** What time one character stands for, so that `window` fits into `columns` beside the names. */
export function slotFor({ fromMs, toMs }: Stretch, columns: number): number {
  const room = Math.max(20, columns - NAME_WIDTH - 3);
  return SLOTS_MS.find((slotMs) => (toMs - fromMs) / slotMs + 1 <= room) ?? Math.ceil((toMs - fromMs) / room / DAY_MS) * DAY_MS;
}

/** The rows of the picture, a line of dates (UTC) above them. A slot shows the worst that is in it. */
export function coveragePicture(channels: readonly PicturedChannel[], window: Stretch, slotMs: number): readonly string[] {
  const fromMs = Math.floor(window.fromMs / slotMs) * slotMs;
  const slots = Math.max(1, Math.ceil((window.toMs - fromMs) / slotMs));
  const rows = channels.map((channel) => {
    const marks = Array.from({ length: slots }, (_, i) =>
      markOf(channel, { fromMs: fromMs + i * slotMs, toMs: fromMs + (i + 1) * slotMs }),
    );
    return `${nameOf(channel.channelId)}  ${marks.join("")}`.trimEnd();
  });
  return [`${" ".repeat(NAME_WIDTH)}  ${datesOver(fromMs, slots, slotMs)}`.trimEnd(), ...rows];
}

function markOf({ covered, real, overlaps }: PicturedChannel, slot: Stretch): string {
  const last = covered.at(-1)?.toMs ?? -Infinity;
  const first = covered[0]?.fromMs ?? Infinity;
  if (slot.toMs <= first || slot.fromMs >= last) return " ";
  if (within(overlaps, slot) >= LEAST_OVERLAP_MS) return "×";
  const onMs = within(covered, slot);
  if (onMs === 0) return "·";
  // Before the first start and after the last end nothing is missing.
  const listedMs = Math.min(slot.toMs, last) - Math.max(slot.fromMs, first);
  if (onMs < listedMs) return "▄";
  return within(real, slot) === 0 ? "░" : "█";
}

function within(stretches: readonly Stretch[], { fromMs, toMs }: Stretch): number {
  return stretches.reduce((sum, stretch) => sum + Math.max(0, Math.min(stretch.toMs, toMs) - Math.max(stretch.fromMs, fromMs)), 0);
}

/** Each day's date where it begins, as far as there is room. */
function datesOver(fromMs: number, slots: number, slotMs: number): string {
  let line = "";
  for (let i = 0; i < slots; i++) {
    const atMs = fromMs + i * slotMs;
    const begins = i === 0 || Math.floor(atMs / DAY_MS) !== Math.floor((atMs - slotMs) / DAY_MS);
    if (!begins || line.length > i) continue;
    const label = `|${new Date(atMs).toISOString().slice(5, 10)} `;
    // The rest of a day that the window begins in gives way to the first whole one.
    const nextDay = Math.ceil((Math.floor(atMs / DAY_MS + 1) * DAY_MS - fromMs) / slotMs);
    if (i === 0 && nextDay < label.length && nextDay < slots) continue;
    line = line.padEnd(i) + label;
  }
  return line;
}

function nameOf(channelId: string): string {
  const name = channelId.length > NAME_WIDTH ? `${channelId.slice(0, NAME_WIDTH - 1)}…` : channelId;
  return name.padEnd(NAME_WIDTH);
}
