/**
 * The names HTML gives to U+00A0 … U+00FF, in that order. XML knows none of them; feeds that are made from web pages have them all the
 * same, and there they mean what they mean in HTML.
 */
const LATIN_1_NAMES = (
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil " +
  "sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute " +
  "Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc " +
  "atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide " +
  "oslash ugrave uacute ucirc uuml yacute thorn yuml"
).split(" ");

const OF_XML = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

const OF_HTML = new Map([
  ...LATIN_1_NAMES.map((name, index): [string, string] => [name, String.fromCodePoint(0xa0 + index)]),
  ["ndash", "\u2013"],
  ["mdash", "\u2014"],
  ["lsquo", "\u2018"],
  ["rsquo", "\u2019"],
  ["ldquo", "\u201C"],
  ["rdquo", "\u201D"],
  ["bull", "\u2022"],
  ["hellip", "\u2026"],
  ["euro", "\u20AC"],
  ["trade", "\u2122"],
]);

const REFERENCE = /&(?:#x([0-9a-fA-F]+);|#([0-9]+);|([A-Za-z][A-Za-z0-9]*);)?/g;

/** What is told of a reference that XML does not have: where it stands in the text, a stable code, and a sentence. */
export type ReferenceTrouble = {
  /** `repaired`: the text can be used. `refused`: it names no character, so nothing can stand for it. */
  readonly kind: "repaired" | "refused";
  /** Offset in the text, in characters. */
  readonly at: number;
  readonly code: "ampersand-bare" | "entity-unknown" | "character-impossible";
  readonly reason: string;
};

/**
 * `text` with its references replaced by what they stand for. A bare `&` and an entity nobody knows stay as they are written, an entity
 * of HTML becomes its character; each is told to `trouble`.
 */
export function withoutReferences(text: string, trouble: (found: ReferenceTrouble) => void): string {
  let read = "";
  let behind = 0;
  // One after the other: replaceAll would first gather them all, and a text may be of nothing else.
  REFERENCE.lastIndex = 0;
  for (let found = REFERENCE.exec(text); found !== null; found = REFERENCE.exec(text)) {
    const [written] = found;
    const meant = meaningOf(found, trouble);
    if (meant === written) continue;
    read += text.slice(behind, found.index) + meant;
    behind = found.index + written.length;
  }
  return behind === 0 ? text : read + text.slice(behind);
}

function meaningOf(
  { 0: written, 1: hex, 2: decimal, 3: name, index }: RegExpExecArray,
  trouble: (found: ReferenceTrouble) => void,
): string {
  if (name !== undefined) return OF_XML.get(name) ?? ofHtml(written, name, index, trouble);
  const digits = hex ?? decimal;
  if (digits === undefined) {
    trouble({ kind: "repaired", at: index, code: "ampersand-bare", reason: "an & stands alone; it was kept; &amp; would be right" });
    return written;
  }
  const code = Number.parseInt(digits, hex === undefined ? 10 : 16);
  if (isCharacter(code)) return String.fromCodePoint(code);
  const half = code >= 0xd800 && code <= 0xdfff;
  const why = half ? "is half of a surrogate pair" : "is no character of XML";
  trouble({ kind: "refused", at: index, code: "character-impossible", reason: `${written.slice(0, 20)} ${why}` });
  return written;
}

function ofHtml(written: string, name: string, at: number, trouble: (found: ReferenceTrouble) => void): string {
  const character = OF_HTML.get(name);
  const code = "entity-unknown";
  if (character === undefined) {
    const shown = written.slice(0, 20);
    trouble({
      kind: "repaired",
      at,
      code,
      reason: `XML has no entity ${shown}; it was kept as written; &amp;${shown.slice(1)} would be right`,
    });
    return written;
  }
  const number = `&#${character.charCodeAt(0)};`;
  trouble({ kind: "repaired", at, code, reason: `XML has no entity ${written}; it was read as HTML's; ${number} would be right` });
  return character;
}

/** Whether XML 1.0 has a character of this code point. */
export function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
