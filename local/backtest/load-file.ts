import { gunzipSync } from "node:zlib";
import { CalltimeError } from "../../shared/core/error.ts";
import { csvTable } from "../../shared/feeds/csv-table.ts";
import { parseIsoInstant } from "../../shared/feeds/iso-time.ts";
import { instantOf, zoneNamed, type ZoneTime } from "../../shared/feeds/zone-time.ts";
import { loadSeriesOf, type LoadSeries, type LoadUnit, type Sample } from "./load-series.ts";

/** How to read files of load, where they do not say it themselves. */
export type LoadOptions = {
  readonly unit: LoadUnit;
  /** The column that holds the load, or the id of the metric. */
  readonly column?: string | undefined;
  readonly timeColumn?: string | undefined;
  /** Of times without one; UTC when left out. */
  readonly zone?: string | undefined;
};

/** A file of load, and what it is called in messages. */
export type LoadFile = { readonly name: string; readonly bytes: Uint8Array };

/** Load from files, and how they were understood. */
export type ReadLoad = { readonly series: LoadSeries; readonly understood: string };

// Uncompressed; a month of seconds is a tenth of it.
const LARGEST_BYTES = 1 << 29;

/**
 * Load by minute from CSVs with a time and a count in each row, or from CloudWatch's answers to get-metric-data; plain or gz, and several
 * files that may overlap. Throws `load-unreadable`, `load-columns-unknown`, `load-time-invalid`, `zone-unknown`, and what `loadSeriesOf`
 * throws.
 */
export function readLoad(files: readonly LoadFile[], options: LoadOptions): ReadLoad {
  const read = files.map(({ name, bytes }) => {
    const text = new TextDecoder().decode(unpacked(bytes, name)).replace(/^\uFEFF/, "");
    const reading = { ...options, name };
    return text.trimStart().startsWith("{") ? samplesOfJson(text, reading) : samplesOfCsv(text, reading);
  });
  const name = files.map((file) => file.name).join(", ");
  const series = loadSeriesOf(read.length === 1 ? (read[0]?.samples ?? []) : oldestFirst(read), { name, unit: options.unit });
  return { series, understood: [...new Set(read.map(({ understood }) => understood))].join("; ") };
}

/** Files in the order of their first values: named in another order, their minutes are not out of order. */
function oldestFirst(read: readonly Samples[]): readonly Sample[] {
  const firstMs = ({ samples }: Samples): number => samples.reduce((first, { atMs }) => Math.min(first, atMs), Infinity);
  return read.toSorted((a, b) => firstMs(a) - firstMs(b)).flatMap(({ samples }) => samples.toSorted((a, b) => a.atMs - b.atMs));
}

type Reading = LoadOptions & { readonly name: string };

function unpacked(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_BYTES });
  } catch (error) {
    throw new CalltimeError("load-unreadable", `${name}: begins as gz and cannot be unpacked; copy the file again`, { cause: error });
  }
}

type Samples = { readonly samples: readonly Sample[]; readonly understood: string };

function samplesOfJson(text: string, { name, column }: Reading): Samples {
  const results = metricResults(text, name);
  const ids = [...new Set(results.map(({ Id }) => Id))];
  const id = column ?? ids[0];
  if (id === undefined || !ids.includes(id) || (column === undefined && ids.length > 1)) {
    const have = ids.length === 0 ? "no metric" : `the metrics ${ids.join(", ")}`;
    throw new CalltimeError("load-columns-unknown", `${name}: ${have} in it; say which is the load with --load-column ID`);
  }
  // One metric may come in several pages.
  const samples = results
    .filter(({ Id }) => Id === id)
    .flatMap(({ Timestamps, Values }) => Timestamps.map((time, index) => ({ atMs: jsonTime(time, name), value: Values[index] })));
  return { samples, understood: `CloudWatch metric ${id}, ${samples.length} values` };
}

type MetricResult = {
  readonly Id: string;
  readonly Timestamps: readonly (string | number)[];
  readonly Values: readonly (number | undefined)[];
};

function metricResults(text: string, name: string): readonly MetricResult[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new CalltimeError("load-unreadable", `${name}: begins as JSON and is none; give the whole answer of get-metric-data`, {
      cause: error,
    });
  }
  const listed = typeof json === "object" && json !== null && "MetricDataResults" in json ? json.MetricDataResults : undefined;
  if (!Array.isArray(listed)) {
    throw new CalltimeError("load-unreadable", `${name}: no MetricDataResults in it; give the answer of aws cloudwatch get-metric-data`);
  }
  return listed.map((result: unknown) => {
    if (isMetricResult(result)) return result;
    throw new CalltimeError("load-unreadable", `${name}: a result needs an Id, and as many Values as Timestamps`);
  });
}

function isMetricResult(result: unknown): result is MetricResult {
  if (typeof result !== "object" || result === null) return false;
  const { Id, Timestamps, Values } = result as Partial<MetricResult>;
  return (
    typeof Id === "string" &&
    Array.isArray(Timestamps) &&
    Array.isArray(Values) &&
    Timestamps.length === Values.length &&
    Values.every((value) => typeof value === "number")
  );
}

function jsonTime(time: string | number, name: string): number {
  const atMs = timeOf(String(time), undefined);
  if (atMs !== undefined) return atMs;
  throw new CalltimeError("load-time-invalid", `${name}: "${time}" is no time; CloudWatch writes 2026-11-01T20:15:00Z`);
}

type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly firstRow: number };

function samplesOfCsv(text: string, options: Reading): Samples {
  const { name } = options;
  const zone = options.zone === undefined ? undefined : zoneOf(options.zone);
  const table = tableOf(text, name);
  const time = timeColumnOf(table, options);
  const load = loadColumnOf(table, time, options);
  const column = (index: number): string => table.columns[index] ?? `${index + 1}`;
  const samples = table.rows.map((row, index): Sample => {
    const written = row[time] ?? "";
    const atMs = timeOf(written, zone);
    if (atMs === undefined) {
      const where = `${name}, row ${index + table.firstRow}, column ${column(time)}`;
      throw new CalltimeError("load-time-invalid", `${where}: "${written}" is no time; write 2026-11-01T20:15:00Z or epoch seconds`);
    }
    return { atMs, value: numberOf(row[load]) };
  });
  const unused = table.columns.filter((_, index) => index !== time && index !== load);
  const others = unused.length === 0 ? "" : `; not used: ${unused.join(", ")}`;
  const wall = samples.length > 0 && !hasZone(table.rows[0]?.[time] ?? "") ? `, read as ${options.zone ?? "UTC"}` : "";
  return { samples, understood: `time from column ${column(time)}${wall}, load from column ${column(load)}${others}` };
}

function zoneOf(name: string): ZoneTime {
  const zone = zoneNamed(name);
  if (zone !== undefined) return zone;
  throw new CalltimeError("zone-unknown", `${name}: no such time zone; give an IANA name such as Europe/Copenhagen`);
}

function tableOf(text: string, name: string): Table {
  let rows: readonly (readonly string[])[];
  try {
    rows = csvTable(text);
  } catch (cause) {
    if (!(cause instanceof CalltimeError)) throw cause;
    throw new CalltimeError("load-unreadable", `${name}: ${cause.message}`, { cause });
  }
  const [head = []] = rows;
  if (head.some((cell) => timeOf(cell, undefined) !== undefined)) return { columns: head.map((_, i) => `${i + 1}`), rows, firstRow: 1 };
  return { columns: head, rows: rows.slice(1), firstRow: 2 };
}

// So many rows tell what a column holds.
const LOOKED_AT = 50;

function columnNamed({ columns }: Table, wanted: string, { name }: Reading, option: string): number {
  const index = columns.findIndex((column) => column.toLowerCase() === wanted.toLowerCase());
  if (index >= 0) return index;
  throw new CalltimeError("load-columns-unknown", `${name}: no column ${wanted}; it has ${columns.join(", ")} (${option})`);
}

/** The column of times: the one that was named, else one that names its zone, else an epoch, else any time. */
function timeColumnOf(table: Table, options: Reading): number {
  if (options.timeColumn !== undefined) return columnNamed(table, options.timeColumn, options, "--time-column");
  const sample = table.rows.slice(0, LOOKED_AT);
  const isColumn = (index: number, holds: (text: string) => boolean): boolean =>
    sample.length > 0 && sample.every((row) => holds(row[index] ?? ""));
  const indices = table.columns.map((_, index) => index);
  const found =
    indices.find((index) => isColumn(index, (text) => hasZone(text) && !EPOCH.test(text) && timeOf(text, undefined) !== undefined)) ??
    indices.find((index) => isColumn(index, (text) => EPOCH.test(text))) ??
    indices.find((index) => isColumn(index, (text) => timeOf(text, undefined) !== undefined));
  if (found !== undefined) return found;
  const have = table.columns.length === 0 ? "it has no columns" : `it has ${table.columns.join(", ")}`;
  throw new CalltimeError("load-columns-unknown", `${options.name}: no column of times; ${have}; say which with --time-column NAME`);
}

// In this order, whatever stands first in the file.
const LOAD_NAMES = [/request/i, /^(count|hits|calls|invocations|queries)/i, /(rps|qps|tps|per_?second)/i, /^(load|sum|value|total)/i];

function loadColumnOf(table: Table, time: number, options: Reading): number {
  if (options.column !== undefined) return columnNamed(table, options.column, options, "--load-column");
  const sample = table.rows.slice(0, LOOKED_AT);
  const numeric = table.columns
    .map((_, index) => index)
    .filter((index) => index !== time && sample.some((row) => numberOf(row[index]) !== undefined));
  for (const pattern of LOAD_NAMES) {
    const named = numeric.find((index) => pattern.test(table.columns[index] ?? ""));
    if (named !== undefined) return named;
  }
  const [only] = numeric;
  if (only !== undefined && numeric.length === 1) return only;
  const which = numeric.length === 0 ? "no column of numbers" : "more than one column that may be the load";
  const have = table.columns.join(", ");
  throw new CalltimeError("load-columns-unknown", `${options.name}: ${which} among ${have}; say which with --load-column NAME`);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const EPOCH = /^\d{9,10}(\d{3})?(\.\d+)?$/;
const ZONED = /(Z|[+-]\d\d:?\d\d| UTC)$/i;

function hasZone(text: string): boolean {
  return EPOCH.test(text) || ZONED.test(text);
}

/** An instant as files of metrics write it: epoch seconds or milliseconds, or a date and time; in `zone` where it names none. */
function timeOf(text: string, zone: ZoneTime | undefined): number | undefined {
  if (EPOCH.test(text)) return /^\d{12,13}$/.test(text) ? Number(text) : Number(text) * 1_000;
  const spelled = text.replace(/^(\d{4}-\d\d-\d\d) /, "$1T").replace(/ ?UTC$/i, "Z");
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(spelled)) return undefined;
  if (hasZone(spelled)) return parseIsoInstant(spelled.replace(/\.\d+/, ""));
  const wallMs = parseIsoInstant(`${spelled.replace(/\.\d+/, "")}Z`);
  return wallMs === undefined || zone === undefined ? wallMs : instantOf(wallMs, zone).atMs;
}
