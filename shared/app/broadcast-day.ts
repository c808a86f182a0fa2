import type { MeasuredBroadcast } from "../core/forecast/audience.ts";
import { learnDay } from "../core/forecast/learn.ts";
import { DAY_MS, HOUR_MS, offsetMinutesAt, MINUTE_MS, type ZoneOffsets } from "../core/time.ts";
import type { Context } from "./context.ts";
import { updateDocument } from "./documents.ts";
import { learn } from "./model.ts";
import type { Json } from "./ports.ts";

const PREFIX = "broadcasts/";

/** A broadcast day ends at this local hour, when fewest are watching. */
const DAY_ENDS_HOUR = 5;

/** Keeps what was measured of broadcasts until their day is over. */
export async function keepForTheDay(context: Context, broadcasts: readonly MeasuredBroadcast[], now: number): Promise<void> {
  if (broadcasts.length === 0) return;
  // An hour a document: a day of a large guide is more than one holds.
  const key = keyOf(Math.floor(now / HOUR_MS) * HOUR_MS);
  await updateDocument<readonly MeasuredBroadcast[]>(context.ports.documents, key, (before = []) => [...before, ...broadcasts]);
}

/**
 * Has channels, day parts and genres learn from the broadcast days that are over. What was kept is removed first: should Calltime stop in
 * between, a day is missed, never learned from twice.
 */
export async function learnDaysOver(context: Context, now: number): Promise<void> {
  const { documents } = context.ports;
  const endMs = dayBeganAt(now, context.settings.zone);
  const kept = await documents.list(PREFIX);
  const over = kept.filter(({ key }) => key < keyOf(endMs));
  const day: MeasuredBroadcast[] = [];
  for (const { key, value, version } of over) {
    if ((await documents.remove(key, version)) === "written") day.push(...(value as Json as unknown as readonly MeasuredBroadcast[]));
  }
  if (day.length === 0) return;
  const what = `channels, day parts and genres learned from ${day.length} broadcasts of the day that is over`;
  await learn(context, [{ apply: (before) => learnDay(before, day), cause: "broadcast-day", what }], now);
}

/** When the broadcast day of `now` began: the latest five in the morning, local time. */
export function dayBeganAt(now: number, zone: ZoneOffsets): number {
  const localMs = now + offsetMinutesAt(zone, now) * MINUTE_MS;
  const beganLocalMs = Math.floor((localMs - DAY_ENDS_HOUR * HOUR_MS) / DAY_MS) * DAY_MS + DAY_ENDS_HOUR * HOUR_MS;
  return beganLocalMs - offsetMinutesAt(zone, now) * MINUTE_MS;
}

function keyOf(hourMs: number): string {
  // Padded, so that the order of keys is the order of hours.
  return `${PREFIX}${String(hourMs).padStart(15, "0")}`;
}
