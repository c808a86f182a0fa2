import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readListing } from "../../../shared/app/feed-listing.ts";
import { CalltimeError } from "../../../shared/core/error.ts";
import type { Listing } from "../../../shared/core/schedule/listing.ts";
import { dataFile } from "../../data-folder.ts";
import { run } from "../../programs.ts";
import { censusOf, describeWithJudge, xmltvFiles } from "./installed.ts";
import { NOT_WELL_FORMED } from "./not-well-formed.ts";

const XMLTV_UTIL = { commands: ["tv_sort", "tv_validate_file", "python3"], from: "Debian's xmltv-util and python3" };

/** It takes two seconds for a megabyte. */
const LARGEST_SORTED_BYTES = 1_300_000;
/** And this one half a second. */
const LARGEST_VALIDATED_BYTES = 10_000_000;

/**
 * Why the DTD refuses a file, after which tv_validate_file looks no further. We read all of them: an element of one's own or in another
 * order says nothing wrong about what is on when.
 */
const NOT_BY_THE_DTD: ReadonlyMap<string, string> = new Map([
  ["epg/clean/Kayo_epg.xml.gz", "lcn"],
  ["epg/clean/PBS_all.xml.gz", "sub-title"],
  ["epg/clean/PlutoTV_dk.xml.gz", "series-id"],
  ["epg/nasty/natural/Latvia_guide.xml.gz", "title"],
  ["epg/nasty/natural/Netherlands.xml.gz", "title"],
  ["epg/nasty/xmltv-project/x-whatever.xml", "x-whatever"],
]);

/** Programmes without an end to which tv_sort gives that of one which starts together with them; ours end at the next later start. */
const END_BORROWED: ReadonlyMap<string, number> = new Map([
  ["epg/nasty/xmltv-project/intervals.xml", 1],
  ["epg/nasty/xmltv-project/sort1.xml", 2],
]);

const folder = mkdtempSync(join(tmpdir(), "calltime-xmltv-util-"));
afterAll(() => rmSync(folder, { recursive: true }));

function unpacked(path: string): Buffer {
  const bytes = readFileSync(dataFile(path));
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

function filesUpTo(mostBytes: number): readonly string[] {
  return xmltvFiles().filter((path) => unpacked(path).length <= mostBytes);
}

function copyOf(path: string): string {
  const copy = join(folder, path.replaceAll("/", "-").replace(/\.gz$/, ""));
  writeFileSync(copy, unpacked(path));
  return copy;
}

async function listingOf(path: string): Promise<Listing | string> {
  try {
    return await readListing(createReadStream(dataFile(path)));
  } catch (error) {
    if (error instanceof CalltimeError) return error.code;
    throw error;
  }
}

describeWithJudge("Debian's tv_sort", XMLTV_UTIL, () => {
  test.each(filesUpTo(LARGEST_SORTED_BYTES))("has the same programmes in %s, but for ends we cut and what we leave out", async (path) => {
    const copy = join(folder, "sorted.xml");
    const sorted = run("tv_sort", ["--output", copy, copyOf(path)]);
    const listing = await listingOf(path);
    if (sorted.status !== 0 || typeof listing === "string") {
      expect(sorted.stderr).toMatch(/not well-formed|unclosed token/);
      expect(typeof listing === "string" ? listing : "repaired").toBe(NOT_WELL_FORMED.get(path));
      return;
    }
    const census = censusOf(copy);
    if ("refused" in census) throw new Error(census.refused);
    // By what stands in the guide; tv_sort keeps two that differ only in their description.
    const theirs = Map.groupBy(census.programmes, ([, channelId, start, , title]) => `${start} ${channelId} ${title}`);
    const ours = new Map(
      listing.programmes.map((programme) => [`${programme.startsAtMs} ${programme.channelId} ${programme.title}`, programme]),
    );
    expect([...ours.keys()].filter((key) => !theirs.has(key))).toEqual([]);

    const found = (...codes: string[]) => listing.findings.filter(({ code }) => codes.includes(code)).length;
    const ends = Map.groupBy(ours, ([key, { endsAtMs }]) => {
      const stops = (theirs.get(key) ?? []).map(([, , , stop]) => stop || 0);
      if (stops.includes(endsAtMs)) return "same";
      return Math.min(...stops) > endsAtMs ? "cut" : "borrowed";
    });
    expect(ends.get("cut") ?? []).toHaveLength(found("overlap"));
    expect(ends.get("borrowed") ?? []).toHaveLength(END_BORROWED.get(path) ?? 0);
    expect(theirs.size - ours.size).toBe(found("zero-length", "ends-before-start", "end-unknown", "too-long"));
    // What it warns of is what we mend or leave out.
    const warned = (what: RegExp) => sorted.stderr.split("\n").filter((line) => what.test(line)).length;
    expect(warned(/stops before it starts/)).toBe(found("ends-before-start"));
    expect(warned(/^overlapping programmes/)).toBeGreaterThanOrEqual(found("overlap"));
  });
});

describeWithJudge("Debian's tv_validate_file", XMLTV_UTIL, () => {
  test.each(filesUpTo(LARGEST_VALIDATED_BYTES))("complains of the same in %s", { timeout: 30_000 }, async (path) => {
    const said = run("tv_validate_file", ["--dtd-file", dataFile("epg/xmltv.dtd"), copyOf(path)]);
    const listing = await listingOf(path);
    const lines = `${said.stdout}${said.stderr}`.split("\n");
    if (/is not well-formed/.test(lines[0] ?? "")) {
      expect(typeof listing === "string" ? listing : "repaired").toBe(NOT_WELL_FORMED.get(path));
      return;
    }
    if (typeof listing === "string") throw new Error(`we refuse it: ${listing}`);
    if (/is not valid according to the xmltv dtd/.test(lines[0] ?? "")) {
      const why = NOT_BY_THE_DTD.get(path);
      expect(why !== undefined && lines.some((line) => line.includes(why))).toBe(true);
      return;
    }
    const complaints = (what: RegExp) => lines.flatMap((line) => (what.test(line) ? [line.replace(what, "$1 $2").trim()] : [])).toSorted();
    const found = (code: string) =>
      listing.findings.flatMap((finding) => (finding.code === code ? [`Line ${finding.line} ${finding.channelId}`] : [])).toSorted();
    // It counts lines to the end of a tag, which only in that one file is another line.
    expect(complaints(/^(Line \d+) Channel '(.*)' does not have a <channel>-entry\./)).toEqual(
      path.endsWith("/attrs.xml") ? ["Line 7 bbc2.bbc.co.uk"] : found("channel-undeclared"),
    );
    expect(complaints(/^(Line \d+) Duplicate channel-tag for '(.*)'$/)).toEqual(found("channel-declared-twice"));
    expect(complaints(/^(Line \d+) Empty title$/)).toEqual(found("title-missing"));
    expect(complaints(/^.*(Invalid) (start|stop)-time.*/)).toEqual([]);
    expect(complaints(/^(No programme entries found\.)/)).toHaveLength(
      listing.counts.programmesRead + listing.counts.itemsUnreadable === 0 ? 1 : 0,
    );
  });
});
