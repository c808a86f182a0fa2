import type { Evening } from "../local/evening.ts";
import { printedRecord } from "../local/printed.ts";
import { textOfEvent } from "./text.ts";

/** An evening told line by line, so that a run that is killed and goes on leaves no byte out. */
export type Narration = {
  /** Where the next line begins: the byte of the whole run's output. */
  readonly bytes: () => number;
  /** Tells what lines say. */
  readonly tell: (lines: readonly string[]) => Promise<void>;
  /** Lets one minute pass, then tells what happened. What was told before is on record once this minute is kept. */
  readonly step: () => Promise<void>;
  /** Tells what is left, and puts on record all that was told; what is told from here on is told again when the run goes on. */
  readonly keep: () => Promise<void>;
};

/**
 * The narration of an evening from where its record ends. `print` resolves when the text is out of this process. What was kept and not
 * told, as when a kill came in between, is told with the next minute.
 */
export async function narrationOf(evening: Evening, print: (text: string) => Promise<void>): Promise<Narration> {
  const record = printedRecord(evening.database);
  let printed = await record.read();
  const tell = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    const text = lines.map((line) => `${line}\n`).join("");
    await print(text);
    printed = { ...printed, bytes: printed.bytes + Buffer.byteLength(text) };
  };
  const tellNews = async (): Promise<void> => {
    const news = await evening.log.read({ afterSeq: printed.seq });
    await tell(news.map(({ event }) => textOfEvent(event)).filter((line) => line !== undefined));
    printed = { ...printed, seq: news.at(-1)?.seq ?? printed.seq };
  };
  return {
    bytes: () => printed.bytes,
    tell,
    step: async () => {
      await evening.step(() => record.keep(printed));
      await tellNews();
    },
    keep: async () => {
      await tellNews();
      await record.keep(printed);
    },
  };
}
