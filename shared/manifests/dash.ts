import { DOMParser, type XmlElement } from "@xmldom/xmldom";
import {
  inheritAttributes,
  toPlaylists,
  type Piece,
  type Representation,
  type SegmentTemplate,
  type SegmentTimelineEntry,
} from "mpd-parser";
import { CalltimeError } from "../core/error.ts";
import type { Manifest, ManifestReading, MediaObject, Track } from "./manifest.ts";
import { unique } from "./unique.ts";

// A base stands for each base above it: a few at each of the four levels are a few hundred, hundreds would be billions.
const MAX_BASE_URLS = 16;
const MAX_REPRESENTATIONS = 500;

/** A DASH presentation (ISO/IEC 23009-1): its first period. Throws CalltimeError `manifest-invalid`. */
export function readDash(text: string, { url, segments }: ManifestReading): Manifest {
  const mpd = parsedXml(text, url);
  if (mpd.getAttribute("type") === "dynamic") {
    return { kind: "live", why: "the presentation is dynamic: what it lists changes while it is on" };
  }
  for (const [name, most] of Object.entries({ BaseURL: MAX_BASE_URLS, Representation: MAX_REPRESENTATIONS })) {
    const count = mpd.getElementsByTagName(name).length;
    if (count > most) throw invalid(url, `${count} ${name} elements; right would be at most ${most}`);
  }
  const representations = listed(url, () => inheritAttributes(mpd, { manifestUri: url, NOW: 0 }).representationInfo);
  const begins = Math.min(...representations.map(({ attributes }) => attributes.periodStart));
  // Pictures to find a place by are left out: nobody begins with them.
  const first = representations.filter(
    ({ attributes: { periodStart, mimeType = "" } }) => periodStart === begins && !mimeType.startsWith("image/"),
  );
  const shortened = first.map((representation) => shortenedTo(segments, representation));
  const tracks = listed(url, () => toPlaylists(shortened)).map((playlist) => trackOf(playlist, segments));
  const known = tracks.filter((track) => track.init.length + track.segments.length > 0);
  if (known.length === 0) throw invalid(url, "no representation says where its segments are");
  return { kind: "media", tracks: unique(known) };
}

function trackOf({ segments: all = [], sidx }: ReturnType<typeof toPlaylists>[number], most: number): Track {
  // One file with an index: what a player asks for first is the part that initialises, then the index.
  const first = sidx === undefined ? all.slice(0, most) : [sidx];
  return {
    init: unique(first.flatMap(({ map }) => (map === undefined || (map.uri === "" && map.byterange === undefined) ? [] : [objectOf(map)]))),
    segments: unique(first.map(objectOf)),
  };
}

function objectOf({ resolvedUri, byterange }: Piece): MediaObject {
  if (byterange === undefined) return { url: resolvedUri };
  return { url: resolvedUri, range: { offset: Number(byterange.offset), length: Number(byterange.length) } };
}

/**
 * The representation with no more segments than are wanted. All of them are listed one by one otherwise, and a manifest of a few lines
 * can have billions.
 */
function shortenedTo(most: number, representation: Representation): Representation {
  const { attributes, segmentInfo } = representation;
  const { template, segmentTimeline, list } = segmentInfo;
  const endS = attributes.periodDuration ?? attributes.sourceDuration;
  const shortTimeline = segmentTimeline && firstEntries(segmentTimeline, most, endS * (template?.timescale ?? 1));
  return {
    ...representation,
    segmentInfo: {
      ...segmentInfo,
      ...(template !== undefined && { template: firstNumbers(template, most, endS) }),
      ...(shortTimeline !== undefined && { segmentTimeline: shortTimeline }),
      ...(list !== undefined && { list: { ...list, segmentUrls: list.segmentUrls.slice(0, most) } }),
    },
  };
}

/** mpd-parser takes `endNumber` for how many segments there are, whatever number the first has. */
function firstNumbers(template: SegmentTemplate, most: number, endS: number): SegmentTemplate {
  const { duration, timescale = 1, startNumber = 1, endNumber } = template;
  if (duration === undefined) return template;
  const numbered = endNumber === undefined ? Number.POSITIVE_INFINITY : Number(endNumber) - startNumber + 1;
  const fitting = endS > 0 ? Math.ceil((endS * timescale) / duration) : most;
  return { ...template, endNumber: Math.min(most, numbered, fitting) };
}

/** `end`: of the period, in the timeline's own unit. */
function firstEntries(timeline: readonly SegmentTimelineEntry[], most: number, end: number): readonly SegmentTimelineEntry[] {
  const first: SegmentTimelineEntry[] = [];
  let [left, time] = [most, 0];
  for (const [index, entry] of timeline.entries()) {
    if (left <= 0) break;
    time = entry.t ?? time;
    // A negative repeat lasts to the next entry, or to the end of the period.
    const until = timeline[index + 1]?.t ?? end;
    const repeats = (entry.r ?? 0) >= 0 ? (entry.r ?? 0) : Math.ceil((until - time) / entry.d) - 1;
    const times = Math.min(left, Math.max(1, repeats + 1));
    first.push({ ...entry, r: times - 1 });
    left -= times;
    time += times * entry.d;
  }
  return first;
}

function parsedXml(text: string, url: string): XmlElement {
  const refuse = (what: string): never => {
    throw invalid(url, `its XML is broken: ${what.split("\n")[0]}`);
  };
  const parser = new DOMParser({ errorHandler: { warning: () => undefined, error: refuse, fatalError: refuse } });
  const root = parser.parseFromString(text, "application/xml")?.documentElement ?? undefined;
  if (root?.localName !== "MPD") throw invalid(url, `its first element is ${root?.localName ?? "missing"}; right would be MPD`);
  return root;
}

function listed<T>(url: string, work: () => readonly T[]): readonly T[] {
  try {
    const list = work();
    if (list.length > 0) return list;
  } catch (error) {
    throw invalid(url, error instanceof Error ? error.message : String(error), error);
  }
  throw invalid(url, "it has no representation; right would be one at least");
}

function invalid(url: string, what: string, cause?: unknown): CalltimeError {
  return new CalltimeError("manifest-invalid", `${url}: not a presentation that can be read: ${what}`, { cause });
}
