// Those that were passed are dropped from time to time, so that a feed of any length takes little.
const MOST_PASSED = 1_000;

/** Where the line breaks of a feed are while it is read, for a parser that says only at which byte something stands. */
export class LineBreaks {
  #breaks: number[] = [];
  #passed = 0;
  #line = 1;
  #bytes = 0;

  /** Bytes taken in so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The line that the next byte would stand in. */
  get lastLine(): number {
    return this.#line + this.#breaks.length - this.#passed;
  }

  /** Takes in the next bytes of the feed. */
  add(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) this.#breaks.push(this.#bytes + at);
    this.#bytes += bytes.length;
  }

  /** The line that the byte at `offset` stands in; the first is 1. Offsets never go back. */
  lineAt(offset: number): number {
    while ((this.#breaks[this.#passed] ?? Infinity) < offset) {
      this.#passed++;
      this.#line++;
    }
    if (this.#passed > MOST_PASSED) {
      this.#breaks = this.#breaks.slice(this.#passed);
      this.#passed = 0;
    }
    return this.#line;
  }
}
