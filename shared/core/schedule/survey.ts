import { addToSum, emptySum, sumText, type ListedSum } from "./listed-sum.ts";
import type { Findings } from "./findings.ts";
import { addItem, beginListing, isTooFar, type ListingBounds, type ListingUnderway } from "./listing.ts";
import type { Channel, FeedItem } from "./programme.ts";

/** What a first reading keeps of one channel: a sum over its programmes, and the line of the first of them. */
type SurveyedChannel = { readonly sum: ListedSum; readonly line: number };

/** A feed that was read once, without its programmes: what it takes does not grow with them. */
export type Survey = { readonly channels: ReadonlyMap<string, Channel>; readonly listed: ReadonlyMap<string, SurveyedChannel> } & Pick<
  ListingUnderway,
  "programmesRead" | "itemsUnreadable"
> &
  Findings;

/** Takes in a feed's items, one after the other. */
export type Surveyor = { readonly add: (item: FeedItem) => void; readonly end: () => Survey };

/** A survey with nothing in it yet. */
export function beginSurvey(bounds: ListingBounds): Surveyor {
  const rest = beginListing();
  const listed = new Map<string, SurveyedChannel>();
  // Most feeds list a channel's programmes together.
  let last: SurveyedChannel | undefined;
  let lastId: string | undefined;
  return {
    add: (item) => {
      if (item.kind !== "programme") {
        addItem(rest, item);
        return;
      }
      const { programme } = item;
      rest.programmesRead++;
      if (last === undefined || programme.channelId !== lastId) {
        lastId = programme.channelId;
        last = listed.get(lastId);
        if (last === undefined) listed.set(lastId, (last = { sum: emptySum(), line: programme.line }));
      }
      addToSum(last.sum, programme, isTooFar(programme, bounds));
    },
    end: () => {
      const { channels, findings, programmesRead, itemsUnreadable } = rest;
      return { channels, listed, ...findings.all(), programmesRead, itemsUnreadable };
    },
  };
}

/** The sum of a channel as text, or undefined when nothing is listed on it. */
export function sumOf({ listed }: Survey, channelId: string): string | undefined {
  const channel = listed.get(channelId);
  return channel === undefined ? undefined : sumText(channel.sum);
}
