import { SHOWINGS, type FeedItem, type FeedProgramme, type Showing } from "../core/schedule/programme.ts";
import { excerpt, rejected, repaired } from "./feed-items.ts";
import { parseIsoInstant } from "./iso-time.ts";
import { fieldsOf, textIn } from "./json-records.ts";

/** The name and version that a feed of our own format begins with. */
export const CALLTIME_FORMAT = "calltime-schedule";
export const CALLTIME_VERSION = 1;

/** What a field of our own format holds. The reader and the published JSON Schema are both made from these. */
export type FieldRule = {
  readonly type: "text" | "instant" | "flag" | "texts" | "showing";
  readonly required: boolean;
  readonly about: string;
};

/** The fields of a channel. */
export const CHANNEL_FIELDS = {
  id: { type: "text", required: true, about: "What programmes name the channel by; not empty." },
  name: { type: "text", required: false, about: "What people call it; the id when left out." },
  parallel: {
    type: "flag",
    required: false,
    about:
      "Whether it is no line-up but a list, as of a league's matches, whose programmes may be on at the same time; false when left out.",
  },
} as const satisfies Record<string, FieldRule>;

/** The fields of a programme. */
export const PROGRAMME_FIELDS = {
  channelId: { type: "text", required: true, about: "The channel it is on; not empty." },
  title: { type: "text", required: true, about: "Its title; not empty." },
  subTitle: { type: "text", required: false, about: "Title of the episode, or a second line." },
  episode: { type: "text", required: false, about: "Number of the episode, in any system; compared as text." },
  description: { type: "text", required: false, about: "What it is about." },
  categories: { type: "texts", required: false, about: "Its genres, the most telling first." },
  live: { type: "flag", required: false, about: "Whether it is broadcast as it happens; false when left out." },
  showing: { type: "showing", required: false, about: "What is said of earlier showings: premiere, new or repeat." },
  clump: { type: "text", required: false, about: "Which part of a slot that several programmes share: 0/2 is the first of two." },
  startsAt: { type: "instant", required: true, about: "When it starts: ISO-8601 with its offset." },
  endsAt: {
    type: "instant",
    required: false,
    about: "When it ends, not included: ISO-8601 with its offset. When left out it ends at the next start on its channel.",
  },
} as const satisfies Record<string, FieldRule>;

const EXAMPLE = "ISO-8601 with its offset, like 2026-06-13T18:00:00Z, would be right";
const MOST_UNKNOWN_NAMES = 20;

/** Reads the channels and programmes of our own format, and notes each name it does not know once. */
export class CalltimeEntries {
  readonly #unknown = new Set<string>();

  /** A channel as items: notes first, then the channel or why it cannot be used. */
  channel(value: unknown, line: number, besides: readonly string[] = []): readonly FeedItem[] {
    const read = this.#read("channel", CHANNEL_FIELDS, value, line, besides);
    if (read.fields === undefined) return read.items;
    const id = textIn(read.fields, "id");
    if (id === "") return [...read.items, rejected(line, "channel-id-missing", 'the channel has no id; "id" would be right')];
    const parallel = read.fields.get("parallel") === true;
    return [
      ...read.items,
      { kind: "channel", channel: { id, name: textIn(read.fields, "name") || id, ...(parallel && { parallel }) }, line },
    ];
  }

  /** A programme as items: notes first, then the programme or why it cannot be used. */
  programme(value: unknown, line: number, besides: readonly string[] = []): readonly FeedItem[] {
    const read = this.#read("programme", PROGRAMME_FIELDS, value, line, besides);
    if (read.fields === undefined) return read.items;
    return [...read.items, programmeOf(read.fields, line)];
  }

  #read(
    what: string,
    rules: Readonly<Record<string, FieldRule>>,
    value: unknown,
    line: number,
    besides: readonly string[],
  ): { readonly items: readonly FeedItem[]; readonly fields?: ReadonlyMap<string, unknown> } {
    const fields = fieldsOf(value);
    if (fields === undefined) return { items: [rejected(line, "entry-not-object", `the ${what} is no object; {…} would be right`)] };
    const items: FeedItem[] = [];
    for (const [name, held] of fields) {
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      if (rule === undefined) {
        if (!besides.includes(name)) items.push(...this.#noteUnknown(`${what}.${name}`, Object.keys(rules), line));
      } else if (held !== null && !isOfType(held, rule.type)) {
        return { items: [...items, rejected(line, "field-invalid", `${name} is ${excerpt(held)}; ${rightFor(rule)}`)] };
      }
    }
    return { items, fields };
  }

  #noteUnknown(name: string, known: readonly string[], line: number): readonly FeedItem[] {
    if (this.#unknown.has(name) || this.#unknown.size >= MOST_UNKNOWN_NAMES) return [];
    this.#unknown.add(name);
    const reason = `${excerpt(name)} is no field of the format and is not read; ${known.join(", ")} are`;
    return [repaired(line, "field-unknown", reason)];
  }
}

function programmeOf(fields: ReadonlyMap<string, unknown>, line: number): FeedItem {
  const channelId = textIn(fields, "channelId");
  if (channelId === "") return rejected(line, "channel-missing", 'the programme names no channel; "channelId" would be right');
  const title = textIn(fields, "title");
  const start = textIn(fields, "startsAt");
  const on = excerpt(channelId);
  if (start === "") return rejected(line, "start-missing", `the programme on ${on} has no start; "startsAt", ${EXAMPLE}`);
  const startsAtMs = parseIsoInstant(start);
  if (startsAtMs === undefined) return rejected(line, "start-unreadable", `startsAt ${excerpt(start)} on ${on} is no instant; ${EXAMPLE}`);
  const end = textIn(fields, "endsAt");
  const endsAtMs = end === "" ? undefined : parseIsoInstant(end);
  if (end !== "" && endsAtMs === undefined) {
    return rejected(line, "stop-unreadable", `endsAt ${excerpt(end)} on ${on} is no instant; ${EXAMPLE}`);
  }
  if (title.trim() === "")
    return rejected(line, "title-missing", `the programme on ${on} at ${start} has no title; "title" would be right`);
  const categories = fields.get("categories");
  const programme: FeedProgramme = {
    channelId,
    title,
    ...textField(fields, "subTitle"),
    ...textField(fields, "episode"),
    ...textField(fields, "description"),
    categories: Array.isArray(categories) ? categories.filter((item) => typeof item === "string") : [],
    live: fields.get("live") === true,
    ...showingField(fields),
    ...textField(fields, "clump"),
    startsAtMs,
    ...(endsAtMs !== undefined && { endsAtMs }),
    line,
  };
  return { kind: "programme", programme };
}

function textField<Name extends string>(fields: ReadonlyMap<string, unknown>, name: Name): { readonly [K in Name]?: string } {
  const value = fields.get(name);
  return typeof value === "string" ? ({ [name]: value } as { readonly [K in Name]: string }) : {};
}

function showingField(fields: ReadonlyMap<string, unknown>): { readonly showing?: Showing } {
  const showing = SHOWINGS.find((one) => one === fields.get("showing"));
  return showing === undefined ? {} : { showing };
}

function isOfType(value: unknown, type: FieldRule["type"]): boolean {
  switch (type) {
    case "text":
    case "instant":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "showing":
      return SHOWINGS.some((one) => one === value);
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    default:
      return type satisfies never;
  }
}

function rightFor({ type }: FieldRule): string {
  switch (type) {
    case "text":
      return 'a text in "…" would be right';
    case "instant":
      return EXAMPLE;
    case "flag":
      return "true or false would be right";
    case "showing":
      return `${SHOWINGS.join(", ")} would be right`;
    case "texts":
      return 'a list of texts, ["…"], would be right';
    default:
      return type satisfies never;
  }
}
