import type { Family } from "./family.ts";
import { EVENING_MINUTES, GUIDE_MARGIN_MS } from "./family.ts";
import { uniform } from "../../shared/core/simulate/seeded.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

/** One entry of the guide of a chaos evening. */
export type GuideSlot = { readonly channelId: string; readonly title: string; readonly startsAtMs: number; readonly endsAtMs: number };

const SERIES = 40;

function seriesTitle(channelId: string, nth: number): string {
  return `Series ${nth} of ${channelId.slice(0, 3)}`;
}

/** The titles of all series that a channel has. */
export function seriesOf(channelId: string): readonly string[] {
  return Array.from({ length: SERIES }, (_, nth) => seriesTitle(channelId, nth));
}

/** What the guide says before anything big is put into it: series of half an hour to two hours on every channel, without gaps. */
export function ordinaryGuide(family: Family, seed: number): readonly GuideSlot[] {
  const fromMs = family.fromMs - GUIDE_MARGIN_MS;
  const toMs = family.fromMs + EVENING_MINUTES * MINUTE_MS + GUIDE_MARGIN_MS;
  return family.channels.flatMap((channelId) => {
    const slots: GuideSlot[] = [];
    for (let startsAtMs = fromMs; startsAtMs < toMs;) {
      const halfHours = 1 + Math.floor(4 * uniform(seed, "length", channelId, startsAtMs));
      const endsAtMs = startsAtMs + halfHours * 30 * MINUTE_MS;
      const series = Math.floor(SERIES * uniform(seed, "series", channelId, startsAtMs));
      slots.push({ channelId, title: seriesTitle(channelId, series), startsAtMs, endsAtMs });
      startsAtMs = endsAtMs;
    }
    return slots;
  });
}

/** The guide with `slot` in it: what it covers is cut back, and left out where nothing is left of it. */
export function withSlot(guide: readonly GuideSlot[], slot: GuideSlot): readonly GuideSlot[] {
  const others = guide.flatMap((other) => {
    if (other.channelId !== slot.channelId || other.endsAtMs <= slot.startsAtMs || other.startsAtMs >= slot.endsAtMs) return [other];
    const before = { ...other, endsAtMs: Math.min(other.endsAtMs, slot.startsAtMs) };
    const after = { ...other, startsAtMs: Math.max(other.startsAtMs, slot.endsAtMs) };
    return [before, after].filter(({ startsAtMs, endsAtMs }) => endsAtMs > startsAtMs);
  });
  return [...others, slot];
}

/** The guide as XMLTV. */
export function xmltvOf(family: Family, guide: readonly GuideSlot[]): string {
  const sorted = guide.toSorted((a, b) => a.startsAtMs - b.startsAtMs || (a.channelId < b.channelId ? -1 : 1));
  const channels = family.channels.map((id) => `<channel id="${id}"><display-name>${id}</display-name></channel>`);
  const programmes = sorted.map(
    ({ channelId, title, startsAtMs, endsAtMs }) =>
      `<programme start="${stamp(startsAtMs)}" stop="${stamp(endsAtMs)}" channel="${channelId}"><title>${title}</title></programme>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<tv>\n${[...channels, ...programmes].join("\n")}\n</tv>\n`;
}

function stamp(atMs: number): string {
  return `${new Date(atMs).toISOString().replace(/[-:T]/g, "").slice(0, 14)} +0000`;
}

/** A guide as it is uploaded. */
export async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
