import { SaxesParser } from "saxes";
import type { FeedItem, Showing } from "../../shared/core/schedule/programme.ts";
import { channelItem, programmeItem, programmeRejection } from "../../shared/feeds/xmltv-programme.ts";
import { parseXmltvTime } from "../../shared/feeds/xmltv-time.ts";

type Draft = {
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  title: string;
  subTitle: string;
  episode: string;
  description: string;
  readonly categories: string[];
  live: boolean;
  showing: Showing | undefined;
};

/**
 * XMLTV read with saxes, the fastest streaming parser there is for Node: what the scanner is measured against and compared with. It gives
 * the same items by way of a parser that knows nothing of XMLTV, and throws what saxes throws. `encoding`: what the bytes are in.
 */
export class SaxesXmltv {
  readonly #decoder: InstanceType<typeof TextDecoder>;
  readonly #parser = new SaxesParser();
  #items: FeedItem[] = [];
  #depth = 0;
  #tagLine = 1;
  #programme: Draft | undefined;
  #channel: { readonly line: number; readonly id: string; name: string } | undefined;
  /** The child of it that is being read, when its text is wanted. */
  #field = "";
  #text = "";

  constructor(encoding = "utf-8") {
    this.#decoder = new TextDecoder(encoding, { fatal: true });
    const parser = this.#parser;
    parser.on("opentagstart", () => {
      // The parser has read one character past the name; a line break there belongs to the next line.
      this.#tagLine = parser.columnIndex === 0 ? parser.line - 1 : parser.line;
    });
    parser.on("opentag", ({ name, attributes }) => this.#opened(name, attributes));
    parser.on("closetag", ({ name }) => this.#closed(name));
    parser.on("text", (text) => this.#said(text));
    parser.on("cdata", (text) => this.#said(text));
    parser.on("error", (error) => {
      throw error;
    });
  }

  write(chunk: Uint8Array): readonly FeedItem[] {
    this.#items = [];
    this.#parser.write(this.#decoder.decode(chunk, { stream: true }));
    return this.#items;
  }

  end(): readonly FeedItem[] {
    this.#items = [];
    this.#parser.write(this.#decoder.decode());
    this.#parser.close();
    return this.#items;
  }

  #opened(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#depth++;
    if (this.#depth === 2) {
      const line = this.#tagLine;
      if (name === "programme") {
        this.#programme = {
          line,
          attributes,
          title: "",
          subTitle: "",
          episode: "",
          description: "",
          categories: [],
          live: false,
          showing: undefined,
        };
      } else if (name === "channel") this.#channel = { line, id: (attributes["id"] ?? "").trim(), name: "" };
    } else if (this.#depth === 3 && (this.#programme !== undefined || this.#channel !== undefined)) {
      this.#field = name;
      this.#text = "";
    }
  }

  #said(text: string): void {
    if (this.#field !== "") this.#text += text;
  }

  #closed(name: string): void {
    if (this.#depth === 3 && this.#field !== "") {
      if (this.#programme !== undefined) this.#take(this.#programme, name);
      else if (this.#channel !== undefined && name === "display-name") this.#channel.name ||= plain(this.#text);
      this.#field = "";
    } else if (this.#depth === 2) {
      if (this.#programme !== undefined) this.#items.push(itemOf(this.#programme));
      else if (this.#channel !== undefined) this.#items.push(channelItem(this.#channel.line, this.#channel.id, this.#channel.name));
      this.#programme = undefined;
      this.#channel = undefined;
    }
    this.#depth--;
  }

  #take(draft: Draft, name: string): void {
    switch (name) {
      case "title":
        draft.title ||= plain(this.#text);
        break;
      case "sub-title":
        draft.subTitle ||= plain(this.#text);
        break;
      case "desc":
        draft.description ||= plain(this.#text);
        break;
      case "episode-num":
        draft.episode ||= plain(this.#text);
        break;
      case "category": {
        const category = plain(this.#text);
        if (category !== "") draft.categories.push(category);
        break;
      }
      case "live":
        draft.live = true;
        break;
      case "premiere":
        draft.showing = "premiere";
        break;
      case "new":
        if (draft.showing !== "premiere") draft.showing = "new";
        break;
      case "previously-shown":
        draft.showing ??= "repeat";
        break;
      default:
    }
  }
}

function itemOf({ attributes, ...draft }: Draft): FeedItem {
  const rejection = programmeRejection(draft.line, attributes, draft.title);
  if (rejection !== undefined) return rejection;
  const stop = attributes["stop"];
  return programmeItem({
    ...draft,
    channelId: (attributes["channel"] ?? "").trim(),
    clump: (attributes["clumpidx"] ?? "").trim(),
    startsAtMs: parseXmltvTime((attributes["start"] ?? "").trim()) ?? 0,
    endsAtMs: stop === undefined ? undefined : parseXmltvTime(stop.trim()),
  });
}

/** White space at the ends dropped, any other run of it one space; most texts have none to drop. */
function plain(text: string): string {
  return /^\s|\s\s|[^\S ]|\s$/.test(text) ? text.trim().replaceAll(/\s+/g, " ") : text;
}
