/** What an XML document begins with, once its declaration, comments and document type are skipped. */
export type XmlBeginning =
  | { readonly kind: "element"; readonly name: string }
  /** The text ends before the first element is named in full. */
  | { readonly kind: "cut"; readonly nameSoFar: string }
  | { readonly kind: "not-xml" };

/** What `text`, the first characters of a document, begins with. */
export function xmlBeginning(text: string): XmlBeginning {
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    if (at >= text.length) return { kind: "cut", nameSoFar: "" };
    if (text[at] !== "<") return { kind: "not-xml" };
    const end = endOfProlog(text, at);
    if (end === undefined) break;
    if (end > text.length) return { kind: "cut", nameSoFar: "" };
    at = end;
  }
  const name = /^[^\s/>]*/.exec(text.slice(at + 1))?.[0] ?? "";
  return at + 1 + name.length >= text.length ? { kind: "cut", nameSoFar: name } : { kind: "element", name };
}

/** Where the part of a prolog that begins at `at` ends (beyond the text when it is cut), or undefined when an element begins there. */
function endOfProlog(text: string, at: number): number | undefined {
  const after = (mark: string, from: number) => {
    const found = text.indexOf(mark, from);
    return found < 0 ? text.length + 1 : found + mark.length;
  };
  if (text.startsWith("<?", at)) return after("?>", at);
  if (text.startsWith("<!--", at)) return after("-->", at + 4);
  if (!text.startsWith("<!", at)) return undefined;
  const close = after(">", at);
  const subset = text.indexOf("[", at);
  return subset < 0 || subset > close ? close : after(">", after("]", subset));
}
