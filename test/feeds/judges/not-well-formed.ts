/** The files of the data folder that every parser of all XML refuses, and what we make of them: a code, or "repaired". */
export const NOT_WELL_FORMED: ReadonlyMap<string, string> = new Map([
  // An & that stands alone is an &.
  ["epg/nasty/derived/dk_bare_ampersand.xml", "repaired"],
  ["epg/nasty/derived/dk_latin1_bytes_declared_utf8.xml", "feed-malformed"],
  ["epg/nasty/derived/dk_truncated_mid_element.xml", "feed-truncated"],
]);
