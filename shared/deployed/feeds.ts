import type { ReadBytes } from "../app/next-edition.ts";
import { s3FeedBucket } from "../aws/feed-bucket.ts";
import { ownStorage } from "../aws/own-clients.ts";
import type { Place } from "./platform.ts";

/** The newest upload of a feed, to be read as often as it takes: of that very version, or it throws. */
export type NewestUpload = { readonly storedAtMs: number; readonly read: ReadBytes };

/** Finds the newest upload of a feed in the deployment's bucket. Throws `feed-not-stored` and what S3 has wrong. */
export function newestUploads({ bucket }: Place): (feedId: string) => Promise<NewestUpload> {
  const feeds = s3FeedBucket({ client: ownStorage(), bucket });
  return async (feedId) => {
    const { key, versionId, storedAtMs, bytes } = await feeds.newest(feedId);
    let opened: AsyncIterable<Uint8Array> | undefined = bytes;
    const again = async function* (): AsyncGenerator<Uint8Array> {
      const first = opened;
      opened = undefined;
      yield* first ?? (await feeds.open(key, versionId)).bytes;
    };
    return { storedAtMs, read: again };
  };
}
