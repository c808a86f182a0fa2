import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ingest } from "../../shared/app/ingest.ts";
import { platform } from "../app/made.ts";
import { inChunks } from "../feeds/feed-bytes.ts";

const PAGE = readFileSync(new URL("../../docs/storage.md", import.meta.url), "utf8");

/** What the table says of an upload that `says` so: chunks, manifests, generations. */
function stated(says: string): readonly number[] {
  const row = new RegExp(`^\\| ${says} +\\|(.*)\\|$`, "m").exec(PAGE)?.[1];
  if (row === undefined) throw new Error(`docs/storage.md: no row "${says}"`);
  return row.split("|").map((cell) => (cell.trim().startsWith("none") ? 0 : Number(cell)));
}

const feed = (...titles: readonly string[]): string =>
  `<tv><channel id="a"><display-name>A</display-name></channel>${titles
    .map(
      (title, nth) =>
        `<programme start="2026061318${nth}000 +0000" stop="2026061318${nth + 1}000 +0000" channel="a"><title>${title}</title></programme>`,
    )
    .join("")}</tv>`;

test("an upload writes what docs/storage.md says", async () => {
  const { context, now } = await platform({ programmes: [] });
  const { ports } = context;
  const { keep } = ports.chunks;
  const { publish } = ports.schedules;
  const written = { chunks: 0, manifests: 0, generations: 0 };
  ports.chunks.keep = async (chunks) => {
    written.chunks += chunks.length - 1;
    written.manifests += 1;
    await keep(chunks);
  };
  ports.schedules.publish = async (next) => {
    written.generations += 1;
    return publish(next);
  };
  const writes = async (text: string): Promise<readonly number[]> => {
    Object.assign(written, { chunks: 0, manifests: 0, generations: 0 });
    await ingest(context, { feedId: "guide", read: () => inChunks(text) }, now()).catch(() => undefined);
    return Object.values(written);
  };
  await writes(feed("News", "Film"));
  expect(await writes(feed("News", "Film"))).toEqual(stated("says what is in force"));
  expect(await writes(feed("News", "Another film"))).toEqual(stated("has one programme edited"));
  expect(await writes(feed())).toEqual(stated("is held back, or cannot be read"));
  expect(await writes("<tv>")).toEqual(stated("is held back, or cannot be read"));
});
