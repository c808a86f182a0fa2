import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { excerpt, repaired } from "./feed-items.ts";
import { valueOf, type Component } from "./ical-components.ts";
import { zoneDefined } from "./ical-zone.ts";
import { zoneNamed, type ZoneTime } from "./zone-time.ts";

/** Zones that one calendar defines; there are six hundred in the world. */
const MOST_ZONES = 2_000;
const UTC: ZoneTime = { name: "UTC", offsetMinutesAt: () => 0 };

/**
 * The zones of one calendar. A name with a place in it (Europe/Paris) means that place, whatever the calendar defines under it; any other
 * name means what the calendar defines, else what is known under it.
 */
export class CalendarZones {
  readonly #defined = new Map<string, ZoneTime | string>();
  readonly #noted = new Set<string>();
  #default: ZoneTime | undefined;

  /** The zone of times that say none. */
  get default(): ZoneTime {
    return this.#default ?? UTC;
  }

  /** Whether the calendar says which zone that is. */
  get isDefaultSaid(): boolean {
    return this.#default !== undefined;
  }

  /** Takes a name for the zone of times that say none; one that is not known leaves them in UTC. */
  setDefault(name: string): void {
    this.#default = zoneNamed(name);
  }

  /** Takes in a VTIMEZONE. Throws CalltimeError `feed-too-large`. */
  define(component: Component): void {
    const name = valueOf(component, "TZID")?.trim() ?? "";
    if (this.#defined.size >= MOST_ZONES) {
      throw new CalltimeError(
        "feed-too-large",
        `line ${component.line}: more than ${MOST_ZONES} zones are defined; no schedule needs that`,
      );
    }
    this.#defined.set(name, zoneDefined(name, component));
  }

  /** The zone of that name; undefined when it is neither defined soundly nor known. */
  named(name: string): ZoneTime | undefined {
    const defined = this.#defined.get(name);
    const known = placeOf(name) ?? (typeof defined === "object" ? defined : undefined);
    return known ?? zoneNamed(name);
  }

  /** What is told, once a zone, of an event in a zone that the calendar defines in another way than the place keeps time, at that instant. */
  *notes({ properties }: Component, atMs: number): Generator<FeedItem, void, undefined> {
    for (const { name: property, parameters, line } of properties) {
      const name = parameters.get("TZID");
      if (property !== "DTSTART" || name === undefined || this.#noted.has(name)) continue;
      const [place, defined] = [placeOf(name), this.#defined.get(name)];
      if (place === undefined || typeof defined !== "object") continue;
      const [kept, said] = [place.offsetMinutesAt(atMs), defined.offsetMinutesAt(atMs)];
      if (kept === said) continue;
      this.#noted.add(name);
      const reason = `the calendar defines ${excerpt(name)} as ${said} min east of UTC where it is ${kept} min at ${new Date(atMs).toISOString()}; the latter was taken`;
      yield repaired(line, "zone-differs", reason);
    }
  }
}

/** `Europe/Paris`, also behind the name of whoever made the definition: `/example.org/2026a/Europe/Paris`. */
function placeOf(name: string): ZoneTime | undefined {
  const steps = name.split("/").filter((step) => step !== "");
  if (steps.length < 2) return undefined;
  const three = steps.length > 2 ? zoneNamed(steps.slice(-3).join("/")) : undefined;
  return three ?? zoneNamed(steps.slice(-2).join("/"));
}
