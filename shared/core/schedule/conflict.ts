import type { ListedProgramme } from "./programme.ts";
import { normaliseTitle } from "./title.ts";

type Details = Pick<ListedProgramme, "subTitle" | "episode" | "description">;

/**
 * Whether two programmes of one title are different broadcasts: the first of sub-title, episode number and description that both carry
 * decides. Two that have none in common do not conflict.
 */
export function detailsConflict(a: Details, b: Details): boolean {
  return episodesConflict(a, b) ?? differ(a.description, b.description) ?? false;
}

/**
 * The same question from sub-title and episode number alone, or undefined when neither is carried by both. Descriptions are rewritten
 * from one edition of a guide to the next, so identity over time does not rest on them.
 */
export function episodesConflict(a: Details, b: Details): boolean | undefined {
  return differ(a.subTitle, b.subTitle) ?? differ(a.episode, b.episode);
}

function differ(a: string | undefined, b: string | undefined): boolean | undefined {
  if (a === undefined || b === undefined || a.trim() === "" || b.trim() === "") return undefined;
  return a !== b && normaliseTitle(a) !== normaliseTitle(b);
}
