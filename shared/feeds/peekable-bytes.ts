/**
 * A stream of bytes whose beginning can be looked at before it is read. `return` closes the source even when nothing was read, so
 * that a feed that is refused by its first bytes leaves no file open.
 */
export class PeekableBytes implements AsyncIterableIterator<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #ahead: Uint8Array[] = [];
  #ended = false;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  /** The first `length` bytes that have not been read, or all there are. They stay to be read. */
  async peek(length: number): Promise<Uint8Array> {
    let held = this.#ahead.reduce((sum, chunk) => sum + chunk.length, 0);
    while (held < length && !this.#ended) {
      const next = await this.#pull();
      if (next.done === true) break;
      this.#ahead.push(next.value);
      held += next.value.length;
    }
    const joined = new Uint8Array(held);
    let at = 0;
    for (const chunk of this.#ahead) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#ahead = held === 0 ? [] : [joined];
    return joined.subarray(0, length);
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#ahead.shift();
    return first === undefined ? this.#pull() : { done: false, value: first };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#ahead = [];
    if (!this.#ended) {
      this.#ended = true;
      await this.#source.return?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #pull(): Promise<IteratorResult<Uint8Array>> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const next = await this.#source.next();
      this.#ended = next.done === true;
      return next;
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }
}
