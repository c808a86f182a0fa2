import { createReadStream } from "node:fs";
import { clockChangesBetween } from "../../local/clock-changes.ts";
import { readListing } from "../../shared/app/feed-listing.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import type { FindingCount } from "../../shared/core/schedule/findings.ts";
import { judgeListing } from "../../shared/core/schedule/sanity.ts";
import { dataFile } from "../data-folder.ts";

/** How often each code comes. */
type Tally = Readonly<Record<string, number>>;

/** What becomes of a feed: refused when it cannot be read, else how much of it is kept and whether it is held back. */
export type FeedOutcome =
  | { readonly kind: "refused"; readonly code: string }
  | {
      readonly kind: "accepted" | "quarantined";
      readonly channels: number;
      readonly read: number;
      readonly kept: number;
      readonly repaired: Tally;
      readonly rejected: Tally;
      /** Codes for which it is held back. */
      readonly held: readonly string[];
      /** Codes of what a person should see. */
      readonly warned: readonly string[];
    };

/** What becomes of a feed in the data folder that comes first of all, when its first programme begins: nothing in it is stale or far ahead. */
export async function outcomeOf(path: string): Promise<FeedOutcome> {
  try {
    const listing = await readListing(createReadStream(dataFile(path)));
    const { programmes, findingCounts, counts } = listing;
    const now = programmes[0]?.startsAtMs ?? 0;
    const lastMs = programmes.reduce((most, { endsAtMs }) => Math.max(most, endsAtMs), now);
    const verdict = judgeListing({ listing, lastGood: undefined, now, changes: clockChangesBetween(undefined, now, lastMs) });
    return {
      kind: verdict.kind,
      channels: counts.channelsWithProgrammes,
      read: counts.programmesRead + counts.itemsUnreadable,
      kept: counts.programmesKept,
      repaired: tallyOf(findingCounts, "repaired"),
      rejected: tallyOf(findingCounts, "rejected"),
      held: verdict.kind === "quarantined" ? verdict.findings.map(({ code }) => code) : [],
      warned: verdict.warnings.map(({ code }) => code).filter((code) => code !== "channel-gaps"),
    };
  } catch (error) {
    if (error instanceof CalltimeError) return { kind: "refused", code: error.code };
    throw error;
  }
}

function tallyOf(counts: readonly FindingCount[], kind: FindingCount["kind"]): Tally {
  return Object.fromEntries(counts.flatMap((each) => (each.kind === kind ? [[each.code, each.count]] : [])));
}
