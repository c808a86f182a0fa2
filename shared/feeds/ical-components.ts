import { CalltimeError } from "../core/error.ts";
import type { FeedItem } from "../core/schedule/programme.ts";
import { excerpt, repaired } from "./feed-items.ts";
import { propertyOf, type Property, type UnfoldedLine } from "./ical-lines.ts";

/** A calendar nests three deep. */
const MAX_DEPTH = 16;
/** Characters of what is kept of one component. */
const MAX_COMPONENT_CHARACTERS = 1_048_576;

/** An event or a zone, with those of its properties that mean something here. */
export type Component = {
  readonly name: string;
  readonly line: number;
  readonly properties: readonly Property[];
  /** The components within it; of an event none are kept, since alarms say nothing. */
  readonly parts: readonly Component[];
};

/** What a calendar is made of, in its order. `repaired` items tell of lines that are no properties. */
export type CalendarPart =
  | { readonly kind: "begin"; readonly line: number }
  | { readonly kind: "property"; readonly property: Property }
  | { readonly kind: "component"; readonly component: Component }
  | { readonly kind: "note"; readonly item: FeedItem }
  | { readonly kind: "end"; readonly line: number };

/** Components with the properties that are kept of them; everything else is passed over. */
const KEPT: Readonly<Record<string, ReadonlySet<string>>> = {
  VEVENT: new Set([
    "UID",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "CATEGORIES",
    "STATUS",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
  ]),
  VTIMEZONE: new Set(["TZID"]),
  STANDARD: new Set(["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"]),
  DAYLIGHT: new Set(["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"]),
};
const OF_CALENDAR = new Set(["X-WR-CALNAME", "NAME", "X-WR-TIMEZONE", "METHOD"]);
const ROOT = "VCALENDAR";

type Open = { readonly name: string; readonly line: number; readonly properties: Property[]; readonly parts: Component[] };

/**
 * Lines of an iCalendar go in, its parts come out, each as soon as it is whole. Throws CalltimeError `feed-malformed`, `feed-truncated` or
 * `feed-too-large`, with the line.
 */
export class CalendarParts {
  readonly #open: Open[] = [];
  #characters = 0;
  #noted = false;
  #last = 1;

  *write(unfolded: UnfoldedLine): Generator<CalendarPart, void, undefined> {
    const { text, line } = unfolded;
    this.#last = line;
    if (text.trim() === "") return;
    const property = propertyOf(unfolded);
    if (property === undefined) {
      if (this.#open.length === 0) throw malformed(line, `${excerpt(text)} stands outside of a calendar`);
      yield* this.#note(line, text);
    } else if (property.name === "BEGIN") yield* this.#begin(property.value.trim().toUpperCase(), line);
    else if (property.name === "END") yield* this.#end(property.value.trim().toUpperCase(), unfolded);
    else yield* this.#property(property);
  }

  /** Throws CalltimeError `feed-truncated` when a calendar was begun and not ended. */
  end(): void {
    const open = this.#open.at(-1);
    if (open === undefined) return;
    const what = open.name === ROOT ? "the feed ends too soon" : `the feed ends within the ${open.name} that begins in line ${open.line}`;
    throw new CalltimeError("feed-truncated", `line ${this.#last}: ${what}; a calendar that ends in END:VCALENDAR would be right`);
  }

  *#begin(name: string, line: number): Generator<CalendarPart, void, undefined> {
    if (this.#open.length === 0) {
      if (name !== ROOT) throw malformed(line, `BEGIN:${excerpt(name)} stands outside of a calendar`);
      yield { kind: "begin", line };
    }
    if (this.#open.length >= MAX_DEPTH) {
      throw new CalltimeError("feed-too-large", `line ${line}: components are nested deeper than ${MAX_DEPTH}; no calendar needs that`);
    }
    this.#open.push({ name, line, properties: [], parts: [] });
  }

  *#end(name: string, { line, ended: isWhole }: UnfoldedLine): Generator<CalendarPart, void, undefined> {
    const ended = this.#open.pop();
    if (ended?.name !== name) {
      if (!isWhole && ended !== undefined) {
        const message = `line ${line}: the feed ends within a line; a calendar that ends in END:VCALENDAR would be right`;
        throw new CalltimeError("feed-truncated", message);
      }
      const right = ended === undefined ? "nothing is open here" : `END:${ended.name} would end what begins in line ${ended.line}`;
      throw malformed(line, `END:${excerpt(name)} ends nothing; ${right}`);
    }
    const around = this.#open.at(-1);
    if (around === undefined) yield { kind: "end", line };
    else if (around.name !== ROOT) {
      if (around.name === "VTIMEZONE" && name in KEPT) around.parts.push(ended);
    } else {
      this.#characters = 0;
      this.#noted = false;
      if (name in KEPT) yield { kind: "component", component: ended };
    }
  }

  *#property(property: Property): Generator<CalendarPart, void, undefined> {
    const within = this.#open.at(-1);
    if (within === undefined) throw malformed(property.line, `${excerpt(property.name)} stands outside of a calendar`);
    if (within.name === ROOT) {
      if (OF_CALENDAR.has(property.name)) yield { kind: "property", property };
      return;
    }
    if (KEPT[within.name]?.has(property.name) !== true) return;
    this.#characters += property.value.length + property.name.length;
    if (this.#characters > MAX_COMPONENT_CHARACTERS) {
      const what = `the ${within.name} that begins in line ${within.line} is longer than ${MAX_COMPONENT_CHARACTERS} characters`;
      throw new CalltimeError("feed-too-large", `line ${property.line}: ${what}; no calendar needs that`);
    }
    within.properties.push(property);
  }

  /** A line break within a text that was not folded is common; one note a component is enough to find it. */
  *#note(line: number, text: string): Generator<CalendarPart, void, undefined> {
    if (this.#noted) return;
    this.#noted = true;
    const reason = `${excerpt(text)} is no property and is not read; a text that goes on in a new line begins it with a space`;
    yield { kind: "note", item: repaired(line, "line-unreadable", reason) };
  }
}

/** The value of the first property of that name. */
export function valueOf({ properties }: Component, name: string): string | undefined {
  return properties.find((property) => property.name === name)?.value;
}

function malformed(line: number, what: string): CalltimeError {
  return new CalltimeError("feed-malformed", `line ${line}: ${what}; components between BEGIN:VCALENDAR and END:VCALENDAR would be right`);
}
