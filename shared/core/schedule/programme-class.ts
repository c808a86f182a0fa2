import { MINUTE_MS } from "../time.ts";
import type { ListedProgramme } from "./programme.ts";
import { normaliseTitle } from "./title.ts";

/** How a crowd behaves around a programme; shapes and load per viewer are learned for each. */
export type ProgrammeClass = "live" | "news" | "film" | "serial" | "other";

const LIVE_CATEGORY = /\blive\b|\bdirekte\b/u;
const FILM_CATEGORY = /\b(?:film|films|movie|movies|feature film|spillefilm|spielfilm|pelicula|cine)\b/u;
const NEWS_CATEGORY = /\b(?:news|nyheder|nyheter|nachrichten|noticias|nieuws)\b/u;
const SERIAL_CATEGORY = /\b(?:series|serial|serie|soap|sitcom)\b/u;
const LIVE_TITLE = /(?<!\p{L})(?:live|direkte|direkt|en directo|en vivo)(?!\p{L})/u;
const NEWS_TITLE =
  /(?<!\p{L})(?:news|nyheder|nyhederne|nyheter|nyhetene|tv.?avisen|dagsrevyen|nachrichten|tagesschau|noticias|telediario|journaal)(?!\p{L})/u;
const YEAR = /(?:^|[^\d])(?:19[1-9]\d|20\d\d)(?:[^\d]|$)/u;
const LONGER_THAN_AN_EPISODE_MS = 75 * MINUTE_MS;

/**
 * The class of a programme, from the firmest evidence to the weakest: marked live; then its categories (live, film, news, series); then
 * its title (live, news); then an episode number; then, longer than 75 min with a year in the description, a film; else `other`.
 * With `numbered` false the episode number is no evidence: slots that a person called one occasion are numbered as its parts.
 */
export function programmeClassOf(programme: ListedProgramme, { numbered = true }: { readonly numbered?: boolean } = {}): ProgrammeClass {
  if (programme.live) return "live";
  if (programme.categories.length > 0) {
    const categories = programme.categories.map(normaliseTitle);
    const among = (pattern: RegExp): boolean => categories.some((category) => pattern.test(category));
    if (among(LIVE_CATEGORY)) return "live";
    if (among(FILM_CATEGORY)) return "film";
    if (among(NEWS_CATEGORY)) return "news";
    if (among(SERIAL_CATEGORY)) return "serial";
  }
  // Not normaliseTitle, which drops the mark of "Match (live)".
  const title = programme.title.normalize("NFC").toLowerCase();
  if (LIVE_TITLE.test(title)) return "live";
  if (NEWS_TITLE.test(title)) return "news";
  if (numbered && programme.episode !== undefined && programme.episode.trim() !== "") return "serial";
  const longMs = programme.endsAtMs - programme.startsAtMs;
  return longMs > LONGER_THAN_AN_EPISODE_MS && YEAR.test(programme.description ?? "") ? "film" : "other";
}
