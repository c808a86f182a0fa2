import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dataFile, describeWithData } from "../../data-folder.ts";
import { describeWithPrograms, run, type Programs } from "../../programs.ts";

/** Tests that need the data folder and other people's programs. */
export function describeWithJudge(title: string, programs: Programs, body: () => void): void {
  describeWithPrograms(title, programs, body, describeWithData);
}

/** The XMLTV files of the data folder, by their path inside it. */
export function xmltvFiles(): readonly string[] {
  if (!existsSync(dataFile("epg"))) return [];
  const paths = readdirSync(dataFile("epg"), { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => /\.xml(\.gz)?$/.test(path))
    .map((path) => `epg/${path}`)
    .toSorted();
}

/** Line, channel, start, stop (null: none, false: unreadable; epoch milliseconds) and title of a programme. */
export type Row = readonly [line: number, channelId: string, start: number | false | null, stop: number | false | null, title: string];
type Census = { readonly channels: readonly string[]; readonly programmes: readonly Row[] } | { readonly refused: string };

/** What Python's expat finds in a file. Throws when Python fails. */
export function censusOf(file: string): Census {
  const { status, stdout, stderr } = run("python3", [join(import.meta.dirname, "expat-census.py"), file]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Census;
}
