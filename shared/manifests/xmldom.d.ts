/** What is used of @xmldom/xmldom. Its own types bring all of a browser's with them, into every file. */
export type XmlElement = {
  readonly localName: string;
  getAttribute(name: string): string | null;
  getElementsByTagName(name: string): { readonly length: number };
};

export class DOMParser {
  constructor(options: { readonly errorHandler: Readonly<Record<"warning" | "error" | "fatalError", (message: string) => void>> });
  /** Undefined when there is nothing in `text`. */
  parseFromString(text: string, type: string): { readonly documentElement: XmlElement | null } | undefined;
}
