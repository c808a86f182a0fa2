/**
 * What saxes refuses and the scanner reads, by what saxes says of it, with the reason. The other way round there is nothing but entity
 * declarations and the limits on size, depth and attributes.
 */
const READ_ALL_THE_SAME: readonly (readonly [saying: RegExp, reason: string])[] = [
  [/entity name|undefined entity|character entity/, "a bare & or an unknown entity is mended, and told of where the text is kept"],
  [/unclosed tag|unexpected end/, "saxes takes all that follows a bare & for the name of an entity"],
  [/"\]\]>" is disallowed/, "what it says is plain"],
  [/malformed comment/, "two hyphens in a comment, of which nothing is kept"],
  [/processing instruction/, "nothing of it is kept"],
  [
    /XML declaration|name\/value pairs|version number|encoding value|standalone value|expected (?:one of|the name)|value required|value must be quoted|whitespace required/,
    "nothing of a declaration is kept but its encoding, where it has one",
  ],
];
const BARE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\dA-Fa-f]+);)/;

/** Whether the scanner is meant to read `document` although saxes refuses it, `saying` why. */
export function isReadAllTheSame(document: string, saying: string): boolean {
  if (!READ_ALL_THE_SAME.some(([said]) => said.test(saying))) return false;
  return !/unclosed tag|unexpected end/.test(saying) || BARE_AMPERSAND.test(document);
}
