import { CalltimeError } from "../core/error.ts";
import type { FeedProgramme } from "../core/schedule/programme.ts";
import { collapsed } from "./feed-items.ts";
import { fieldsOf, numberIn, textIn, type Fields } from "./json-records.ts";

/** Characters of details that are remembered: those of a country's programmes in two weeks, several times over. */
export const MOST_DETAILS_CHARACTERS = 33_554_432;

/** What an entry of Schedules Direct's answer to `/programs` says of a programme. */
export type ProgrammeDetails = Pick<FeedProgramme, "title" | "subTitle" | "episode" | "description" | "categories">;

/** The details of programmes by their `programID`, while a feed is read. */
export class DetailsById {
  readonly #details = new Map<string, ProgrammeDetails>();
  #characters = 0;

  /** Takes in an entry; one without a title says nothing. Throws CalltimeError `feed-too-large`. */
  add(fields: Fields, line: number): void {
    const details = detailsOf(fields);
    if (details === undefined) return;
    const id = textIn(fields, "programID");
    this.#characters += id.length + JSON.stringify(details).length;
    if (this.#characters > MOST_DETAILS_CHARACTERS) {
      const message = `line ${line}: the titles and descriptions are longer than ${MOST_DETAILS_CHARACTERS} characters; those of fewer days would be right`;
      throw new CalltimeError("feed-too-large", message);
    }
    this.#details.set(id, details);
  }

  /** Undefined for a programme that no entry told of. */
  of(programId: string): ProgrammeDetails | undefined {
    return this.#details.get(programId);
  }
}

function detailsOf(fields: Fields): ProgrammeDetails | undefined {
  const title = collapsed(textIn(firstOf(fields.get("titles")), "title120"));
  if (title === "") return undefined;
  const subTitle = collapsed(textIn(fields, "episodeTitle150"));
  const episode = episodeOf(fields.get("metadata"));
  const descriptions = fieldsOf(fields.get("descriptions"));
  // The short one, where there are two: it tells programmes apart as well.
  const description = collapsed(
    textIn(firstOf(descriptions?.get("description100")), "description") ||
      textIn(firstOf(descriptions?.get("description1000")), "description"),
  );
  const genres = listIn(fields.get("genres"));
  return {
    title,
    ...(subTitle !== "" && { subTitle }),
    ...(episode !== undefined && { episode }),
    ...(description !== "" && { description }),
    categories: genres.filter((genre) => typeof genre === "string"),
  };
}

/** Numbers come from several sources: `[{ "Gracenote": { "season": 9, "episode": 33 } }]`. The first that has them counts. */
function episodeOf(metadata: unknown): string | undefined {
  for (const source of listIn(metadata).flatMap((entry) => [...(fieldsOf(entry)?.values() ?? [])])) {
    const [season, episode] = [numberIn(fieldsOf(source), "season"), numberIn(fieldsOf(source), "episode")];
    if (season !== undefined && episode !== undefined) return `S${season}E${episode}`;
  }
  return undefined;
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function firstOf(value: unknown): Fields | undefined {
  return fieldsOf(listIn(value)[0]);
}
