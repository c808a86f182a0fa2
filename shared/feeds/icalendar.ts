import { CalltimeError } from "../core/error.ts";
import type { Channel, FeedItem } from "../core/schedule/programme.ts";
import { encodingOfMark, headText } from "./feed-encoding.ts";
import { collapsed, excerpt, inBatches, rejected, repaired } from "./feed-items.ts";
import type { FeedReader, RepeatWindow } from "./feed-reader.ts";
import { textOf } from "./feed-text.ts";
import { CalendarParts, valueOf, type Component } from "./ical-components.ts";
import { eventOf, listedDates, showingOf, type CalendarEvent } from "./ical-event.ts";
import { UnfoldedLines, type Property } from "./ical-lines.ts";
import { SeriesBudget, showingsOf, type Replaced } from "./ical-series.ts";
import { plainText } from "./ical-values.ts";
import { CalendarZones } from "./ical-zones.ts";
import { PeekableBytes } from "./peekable-bytes.ts";
import { clockNote, type WallInstant, type ZoneTime } from "./zone-time.ts";

/** Events that wait for the end of their calendar, since they repeat or their zone is not defined yet, and their characters. */
const MOST_WAITING = 10_000;
const MOST_WAITING_CHARACTERS = 8_388_608;
/** Single showings that stand for one of a series. */
const MOST_REPLACED = 100_000;
/** What a calendar without a name is called. */
const UNNAMED = "calendar";

/**
 * iCalendar (RFC 5545). A calendar is one channel, which is a list: its events may be on at the same time. Events that repeat are told as
 * far as is asked; those of whole days are left out, since no time of day is in them. Times without a zone are in the calendar's, else UTC.
 */
export const icalendarReader: FeedReader = {
  format: "icalendar",
  looksLike: "iCalendar (a first line BEGIN:VCALENDAR)",
  recognises: (head) => /^\s*BEGIN:VCALENDAR\s/i.test(`${headText(head)}\n`),
  read: inBatches(readIcalendar),
};

async function* readIcalendar(bytes: AsyncIterable<Uint8Array>, repeats: RepeatWindow): AsyncGenerator<FeedItem, void, undefined> {
  const lines = new UnfoldedLines();
  const feed = new Calendars(repeats);
  for await (const chunk of utf8Of(bytes)) for (const line of lines.write(chunk)) yield* feed.line(line);
  for (const line of lines.end()) yield* feed.line(line);
  feed.end();
}

/** A calendar in UTF-16 is one that Windows saved as text; the standard knows UTF-8 only. */
async function* utf8Of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const source = new PeekableBytes(bytes);
  try {
    const mark = encodingOfMark(await source.peek(3));
    if (mark === undefined) yield* source;
    else {
      const encoder = new TextEncoder();
      for await (const text of textOf(source)) yield encoder.encode(text);
    }
  } finally {
    await source.return();
  }
}

/** The calendars of a feed, one after the other. */
class Calendars {
  readonly #parts = new CalendarParts();
  readonly #repeats: RepeatWindow;
  readonly #budget = new SeriesBudget();
  #calendar: Calendar | undefined;

  constructor(repeats: RepeatWindow) {
    this.#repeats = repeats;
  }

  *line(line: Parameters<CalendarParts["write"]>[0]): Generator<FeedItem, void, undefined> {
    for (const part of this.#parts.write(line)) {
      switch (part.kind) {
        case "begin":
          this.#calendar = new Calendar(part.line, this.#repeats, this.#budget);
          break;
        case "property":
          this.#calendar?.property(part.property);
          break;
        case "component":
          yield* this.#calendar?.component(part.component) ?? [];
          break;
        case "note":
          yield part.item;
          break;
        case "end":
          yield* this.#calendar?.end() ?? [];
          break;
        default:
          part satisfies never;
      }
    }
  }

  end(): void {
    this.#parts.end();
  }
}

/** One calendar while it is read: what stands alone is handed on at once, what repeats when its end is reached. */
class Calendar {
  readonly #line: number;
  readonly #repeats: RepeatWindow;
  readonly #budget: SeriesBudget;
  readonly #zones = new CalendarZones();
  readonly #waiting: Component[] = [];
  #waitingCharacters = 0;
  readonly #replaced = new Map<string, { readonly instantsMs: Set<number>; readonly daysMs: Set<number>; fromMs: number }>();
  #replacedCount = 0;
  #name = "";
  #isCancelled = false;
  #channel: Channel | undefined;
  #assumed = false;

  constructor(line: number, repeats: RepeatWindow, budget: SeriesBudget) {
    this.#line = line;
    this.#repeats = repeats;
    this.#budget = budget;
  }

  property({ name, value }: Property): void {
    if (name === "METHOD") this.#isCancelled = value.trim().toUpperCase() === "CANCEL";
    else if (name === "X-WR-TIMEZONE") this.#zones.setDefault(value.trim());
    else this.#name ||= collapsed(plainText(value));
  }

  *component(component: Component): Generator<FeedItem, void, undefined> {
    if (component.name === "VTIMEZONE") {
      this.#zones.define(component);
      return;
    }
    const repeats = component.properties.some(({ name }) => name === "RRULE" || name === "RDATE");
    const early = component.properties.some((property) => this.#zoneOf(property) === undefined);
    if ((repeats && !isReplacement(component)) || early) this.#wait(component);
    else yield* this.#event(component);
  }

  *end(): Generator<FeedItem, void, undefined> {
    const waiting = this.#waiting.splice(0);
    // Showings that stand for one of a series first, since the series has to know them.
    for (const component of waiting.filter(isReplacement)) yield* this.#event(component);
    for (const component of waiting.filter((one) => !isReplacement(one))) yield* this.#event(component);
    yield* this.#declared();
  }

  *#event(component: Component): Generator<FeedItem, void, undefined> {
    yield* this.#declared();
    const zoneOf = (property: Property) => this.#zoneOf(property);
    const event = eventOf(component, zoneOf);
    if (isReplacement(component)) yield* this.#replace(component);
    if (this.#isCancelled || valueOf(component, "STATUS")?.trim().toUpperCase() === "CANCELLED") {
      const title = excerpt(collapsed(plainText(valueOf(component, "SUMMARY") ?? "")));
      yield repaired(component.line, "cancelled", `the event ${title} is cancelled, as it says itself; left out`);
      return;
    }
    if ("kind" in event) {
      yield event;
      return;
    }
    yield* this.#zones.notes(component, event.startAt.atMs);
    yield* this.#assumption(component);
    const repeats = !isReplacement(component) && component.properties.some(({ name }) => name === "RRULE" || name === "RDATE");
    if (!repeats) {
      yield* this.#showing(event, event.startAt, event.endAt);
      return;
    }
    const replaced: Replaced | undefined = event.uid === "" ? undefined : this.#replaced.get(event.uid);
    const { showings, items } = showingsOf(event, component, zoneOf, { window: this.#repeats, replaced, budget: this.#budget });
    yield* items;
    for (const { at, endAt } of showings) yield* this.#showing(event, at, endAt);
  }

  *#showing(event: CalendarEvent, startAt: WallInstant, endAt: WallInstant | undefined): Generator<FeedItem, void, undefined> {
    for (const at of [startAt, endAt]) if (at !== undefined && at.how !== "plain") yield clockNote(at, event.start.zone, event.line);
    yield showingOf(event, this.#channel?.id ?? UNNAMED, startAt, endAt);
  }

  /** Remembers which showing of its series an event stands for. */
  *#replace(component: Component): Generator<FeedItem, void, undefined> {
    const uid = valueOf(component, "UID") ?? "";
    const { dates, items } = listedDates(component, "RECURRENCE-ID", (property) => this.#zoneOf(property));
    yield* items;
    this.#replacedCount += dates.length;
    if (this.#replacedCount > MOST_REPLACED) {
      const what = `more than ${MOST_REPLACED} events have a RECURRENCE-ID`;
      throw new CalltimeError("feed-too-large", `line ${component.line}: ${what}; no schedule needs that`);
    }
    const replaced = this.#replaced.get(uid) ?? { instantsMs: new Set<number>(), daysMs: new Set<number>(), fromMs: Infinity };
    this.#replaced.set(uid, replaced);
    for (const date of dates) {
      const property = component.properties.find(({ name }) => name === "RECURRENCE-ID");
      if (date.kind === "day") replaced.daysMs.add(date.midnightMs);
      else replaced.instantsMs.add(date.at.atMs);
      if (property?.parameters.get("RANGE")?.toUpperCase() !== "THISANDFUTURE") continue;
      replaced.fromMs = Math.min(replaced.fromMs, date.kind === "day" ? date.midnightMs : date.at.atMs);
      const what = excerpt(collapsed(plainText(valueOf(component, "SUMMARY") ?? "")));
      const right = "the series ended there and another begun would be right";
      yield rejected(
        component.line,
        "range-unreadable",
        `the event ${what} changes all later ones with it (RANGE=THISANDFUTURE), which are left out; ${right}`,
      );
    }
  }

  *#declared(): Generator<FeedItem, void, undefined> {
    if (this.#channel !== undefined) return;
    const name = this.#name || UNNAMED;
    this.#channel = { id: name, name, parallel: true };
    if (this.#name === "") {
      const reason = `the calendar has no name, and its channel is called "${UNNAMED}"; X-WR-CALNAME or NAME before its events would be right`;
      yield repaired(this.#line, "calendar-unnamed", reason);
    }
    yield { kind: "channel", channel: this.#channel, line: this.#line };
  }

  *#assumption({ properties }: Component): Generator<FeedItem, void, undefined> {
    const floating = properties.find(
      ({ name, parameters, value }) => name === "DTSTART" && !parameters.has("TZID") && !/z\s*$/i.test(value),
    );
    if (floating === undefined || this.#assumed) return;
    this.#assumed = true;
    const zone = this.#zones.default.name;
    const reason = `times without a zone are read as ${zone}${this.#zones.isDefaultSaid ? ", which the calendar names (X-WR-TIMEZONE)" : ", since nothing says otherwise"}; TZID on each would be right`;
    yield repaired(floating.line, "zone-assumed", reason);
  }

  #zoneOf({ parameters }: Property): ZoneTime | undefined {
    const name = parameters.get("TZID");
    return name === undefined ? this.#zones.default : this.#zones.named(name);
  }

  #wait(component: Component): void {
    this.#waitingCharacters += component.properties.reduce((sum, { value }) => sum + value.length, 0);
    this.#waiting.push(component);
    if (this.#waiting.length <= MOST_WAITING && this.#waitingCharacters <= MOST_WAITING_CHARACTERS) return;
    const what = `more than ${MOST_WAITING} events, or ${MOST_WAITING_CHARACTERS} characters of them, repeat or are in zones not defined yet`;
    throw new CalltimeError("feed-too-large", `line ${component.line}: ${what}; no schedule needs that`);
  }
}

/** Whether an event stands for one showing of a series. */
function isReplacement({ properties }: Component): boolean {
  return properties.some(({ name }) => name === "RECURRENCE-ID");
}
