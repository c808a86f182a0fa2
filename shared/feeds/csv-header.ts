import { parse } from "csv-parse/sync";

/** What a column of a schedule can hold. */
export type CsvField = keyof typeof NAMES;

/** How a CSV feed is laid out, as its header says. */
export type CsvLayout = {
  readonly delimiter: string;
  /** Lines before the header's own: Excel's `sep=;`. */
  readonly linesBefore: number;
  /** Where each field stands, from 0. */
  readonly columns: ReadonlyMap<CsvField, number>;
  /** Cells of the header. */
  readonly width: number;
  /** The header says that times are UTC: `start (UTC)`. */
  readonly saysUtc: boolean;
  /** A bare number in the length column, in milliseconds. */
  readonly lengthUnitMs: number;
  /** The names that mean nothing to us. */
  readonly unread: readonly string[];
};

/** Names of columns in lower case with everything but letters and digits dropped, in the languages of the guides that have been seen. */
const NAMES = {
  channelId: ["channelid", "stationid", "serviceid", "kanalid", "channelcode", "callsign"],
  channel: [
    "channel",
    "channelname",
    "station",
    "stationname",
    "service",
    "servicename",
    "network",
    "kanal",
    "sender",
    "canal",
    "cadena",
    "chaine",
    "chaîne",
    "zender",
  ],
  title: [
    "title",
    "programme",
    "program",
    "programmetitle",
    "programtitle",
    "programmename",
    "programname",
    "name",
    "show",
    "showtitle",
    "event",
    "eventname",
    "subject",
    "titel",
    "sendung",
    "titre",
    "titulo",
    "título",
    "titolo",
  ],
  subTitle: [
    "subtitle",
    "episodetitle",
    "episodename",
    "secondarytitle",
    "undertitel",
    "untertitel",
    "soustitre",
    "subtitulo",
    "subtítulo",
  ],
  episode: ["episode", "episodenumber", "episodenum", "episodeno", "ep", "epno", "afsnit", "folge"],
  season: ["season", "seasonnumber", "series", "seriesnumber", "sæson", "staffel"],
  description: [
    "description",
    "desc",
    "synopsis",
    "shortsynopsis",
    "longsynopsis",
    "summary",
    "plot",
    "beskrivelse",
    "beschreibung",
    "descripcion",
    "descripción",
  ],
  category: ["category", "categories", "genre", "genres", "kategori", "kategorie", "categoria", "categoría", "type"],
  live: ["live", "islive", "direkte", "direct", "endirect", "directo", "endirecto"],
  start: [
    "start",
    "starts",
    "startsat",
    "startdatetime",
    "startingat",
    "begin",
    "begins",
    "beginning",
    "from",
    "fra",
    "von",
    "beginn",
    "inicio",
    "début",
    "debut",
    "datetime",
    "airdatetime",
    "txstart",
  ],
  startDate: ["date", "startdate", "airdate", "day", "txdate", "broadcastdate", "scheduledate", "dato", "datum", "fecha"],
  startTime: ["time", "starttime", "airtime", "starttid", "txtime", "tid", "zeit", "uhrzeit", "heure", "hora"],
  end: ["end", "ends", "endsat", "enddatetime", "stop", "stops", "to", "until", "finish", "til", "bis", "ende", "fin", "txend"],
  endDate: ["enddate", "stopdate"],
  endTime: ["endtime", "stoptime", "sluttid"],
  length: [
    "duration",
    "length",
    "runtime",
    "durationmin",
    "durationmins",
    "durationminutes",
    "minutes",
    "mins",
    "durationsec",
    "durationsecs",
    "durationseconds",
    "varighed",
    "dauer",
    "durée",
    "duree",
  ],
  zone: ["zone", "timezone", "tz", "tzid", "offset", "utcoffset", "gmtoffset", "tidszone", "zeitzone"],
} as const;

const FIELDS = new Map<string, CsvField>(
  Object.entries(NAMES).flatMap(([field, names]) => names.map((name): [string, CsvField] => [name, field as CsvField])),
);
const DELIMITERS = [",", ";", "\t", "|"];

/** The layout of a feed that begins with `text`, or undefined when its first line is not the header of a schedule. Never throws. */
export function csvLayout(text: string): CsvLayout | undefined {
  const separator = /^sep=([,;\t|])\r?\n/i.exec(text);
  const body = text.slice(separator?.[0].length ?? 0);
  const linesBefore = separator === null ? 0 : 1;
  const layouts = (separator?.[1] === undefined ? DELIMITERS : [separator[1]]).flatMap((delimiter) => {
    const layout = layoutOf(headerCells(body, delimiter), delimiter, linesBefore);
    return layout === undefined ? [] : [layout];
  });
  // The delimiter under which most of the header is known; one that stands inside a name splits it into words that are not.
  return layouts.sort((a, b) => b.columns.size - a.columns.size || b.width - a.width)[0];
}

function layoutOf(cells: readonly string[], delimiter: string, linesBefore: number): CsvLayout | undefined {
  const columns = new Map<CsvField, number>();
  const unread: string[] = [];
  let saysUtc = false;
  let lengthUnitMs = 60_000;
  for (const [index, cell] of cells.entries()) {
    const words = plainName(cell);
    const bare = words.replace(/(?:utc|gmt)$/, "");
    const field = FIELDS.get(words) ?? FIELDS.get(bare);
    if (field === undefined) {
      if (words !== "") unread.push(cell.trim());
      continue;
    }
    if (columns.has(field)) continue;
    columns.set(field, index);
    if (!FIELDS.has(words)) saysUtc = true;
    if (field === "length" && words.includes("sec")) lengthUnitMs = 1_000;
  }
  const dated = columns.has("start") || columns.has("startDate") || columns.has("startTime");
  if (!columns.has("title") || !dated) return undefined;
  return { delimiter, linesBefore, columns, width: cells.length, saysUtc, lengthUnitMs, unread };
}

function headerCells(text: string, delimiter: string): readonly string[] {
  const line = text.trimStart().split(/\r\n|\n|\r/, 1)[0] ?? "";
  try {
    return parse(line, { delimiter, relax_quotes: true, to: 1 })[0] ?? [];
  } catch {
    return [];
  }
}

function plainName(cell: string): string {
  return cell
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
}
