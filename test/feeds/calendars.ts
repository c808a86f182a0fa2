import { expect } from "vitest";
import type { FeedItem } from "../../shared/core/schedule/programme.ts";
import type { ReadFeedOptions } from "../../shared/feeds/read-feed.ts";
import { itemsOf } from "./feed-bytes.ts";

/** A calendar with a name around some lines. */
export function calendarOf(...lines: readonly string[]): string {
  return ["BEGIN:VCALENDAR", "VERSION:2.0", "X-WR-CALNAME:Matches", ...lines, "END:VCALENDAR", ""].join("\r\n");
}

/** An event with a title and the given lines. */
export function eventWith(...lines: readonly string[]): readonly string[] {
  return ["BEGIN:VEVENT", "UID:1@example.org", "SUMMARY:Cup Final", ...lines, "END:VEVENT"];
}

/** What a reader would see of a feed: `title from–to` of each programme, `code` of everything else; the channel is left out. */
export async function seenIn(feed: string | Uint8Array, options?: ReadFeedOptions): Promise<readonly string[]> {
  return seen(await itemsOf(feed, undefined, options));
}

export function seen(items: readonly FeedItem[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === "channel") return [];
    if (item.kind !== "programme") return [`${item.kind} ${item.code}`];
    const { startsAtMs, endsAtMs } = item.programme;
    expect(item.programme.line).toBeGreaterThan(0);
    return [`${minuteOf(startsAtMs)}–${endsAtMs === undefined ? "" : minuteOf(endsAtMs)}`];
  });
}

function minuteOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(":00.000Z", "Z");
}

/** Definitions of zones as calendars carry them. */
export const DEFINITIONS: Readonly<Record<string, readonly string[]>> = {
  "Europe/Copenhagen": definition(
    ["DAYLIGHT", "19810329T020000", "+0100", "+0200", "3;BYDAY=-1SU"],
    ["STANDARD", "19961027T030000", "+0200", "+0100", "10;BYDAY=-1SU"],
  ),
  "America/New_York": definition(
    ["DAYLIGHT", "20070311T020000", "-0500", "-0400", "3;BYDAY=2SU"],
    ["STANDARD", "20071104T020000", "-0400", "-0500", "11;BYDAY=1SU"],
  ),
  "Australia/Sydney": definition(
    ["STANDARD", "20080406T030000", "+1100", "+1000", "4;BYDAY=1SU"],
    ["DAYLIGHT", "20081005T020000", "+1000", "+1100", "10;BYDAY=1SU"],
  ),
  "Australia/Lord_Howe": definition(
    ["STANDARD", "20080406T020000", "+1100", "+1030", "4;BYDAY=1SU"],
    ["DAYLIGHT", "20081005T020000", "+1030", "+1100", "10;BYDAY=1SU"],
  ),
};

/** The lines of a VTIMEZONE, without its name. */
function definition(...observances: readonly (readonly [string, string, string, string, string])[]): readonly string[] {
  return observances.flatMap(([name, start, from, to, rule]) => [
    `BEGIN:${name}`,
    `DTSTART:${start}`,
    `TZOFFSETFROM:${from}`,
    `TZOFFSETTO:${to}`,
    `RRULE:FREQ=YEARLY;BYMONTH=${rule}`,
    `END:${name}`,
  ]);
}

/** A definition of the zone of that place under another name. */
export function zoneCalled(name: string, place: string): readonly string[] {
  return ["BEGIN:VTIMEZONE", `TZID:${name}`, ...(DEFINITIONS[place] ?? []), "END:VTIMEZONE"];
}
