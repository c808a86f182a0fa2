import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { CalltimeError } from "../core/error.ts";
import { compareText } from "../core/schedule/programme.ts";
import { orTypedFailure } from "./typed-failure.ts";

/** The bucket that feeds are put into, each under `feeds/<feed>/`. */
export type FeedBucketSettings = { readonly client: Pick<S3Client, "send">; readonly bucket: string };

/** One upload as it is being read. */
export type StoredFeed = {
  readonly key: string;
  /** Undefined in a bucket without versions. */
  readonly versionId: string | undefined;
  /** When what is read was stored, in epoch milliseconds; S3 knows whole seconds. */
  readonly storedAtMs: number;
  readonly sizeBytes: number;
  /** Its bytes, once. Throws `feed-cut-short` when fewer come than there are, and `aws-…` when the connection breaks. */
  readonly bytes: AsyncIterable<Uint8Array>;
};

/** Feeds as they were uploaded. What throws, throws `aws-not-there`, `aws-denied` and the like. */
export type FeedBucket = {
  /**
   * Opens the newest upload of a feed: S3 may say late, twice or out of order that something was stored, and whoever looks then reads
   * what is there now. Of uploads in one second under several keys it is the one whose key sorts last, whoever asks. Throws
   * `feed-not-stored` when there is none.
   */
  newest(feedId: string): Promise<StoredFeed>;
  /**
   * Opens one object, or one version of it. A key that is not there is `aws-denied` where the role may not list the bucket: S3 does not
   * tell which.
   */
  open(key: string, versionId?: string): Promise<StoredFeed>;
};

type Listed = { readonly key: string; readonly storedAtMs: number };

/** Uploads in a bucket of S3. */
export function s3FeedBucket({ client, bucket }: FeedBucketSettings): FeedBucket {
  const list = async (prefix: string): Promise<readonly Listed[]> => {
    const found: Listed[] = [];
    let token: string | undefined;
    do {
      const page = await orTypedFailure(
        `s3://${bucket}/${prefix}`,
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token !== undefined && { ContinuationToken: token }) })),
      );
      for (const { Key, LastModified } of page.Contents ?? [])
        if (Key !== undefined && LastModified !== undefined) found.push({ key: Key, storedAtMs: LastModified.getTime() });
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  };

  const open = async (key: string, versionId?: string): Promise<StoredFeed> => {
    const what = `s3://${bucket}/${key}${versionId === undefined ? "" : ` in version ${versionId}`}`;
    const asked = { Bucket: bucket, Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
    const { Body, ContentLength, LastModified, VersionId } = await orTypedFailure(what, client.send(new GetObjectCommand(asked)));
    if (Body === undefined || ContentLength === undefined || LastModified === undefined)
      throw new CalltimeError("aws-no-answer", `${what}: the reply has no body, length or time; read it again`);
    return {
      key,
      versionId: VersionId,
      storedAtMs: LastModified.getTime(),
      sizeBytes: ContentLength,
      // On Node a body is a stream of the host's, and that can be gone through.
      bytes: whole(what, Body as unknown as AsyncIterable<Uint8Array>, ContentLength),
    };
  };

  return {
    open,
    newest: async (feedId) => {
      const prefix = `feeds/${feedId}/`;
      const newest = (await list(prefix)).toSorted(byAge).at(-1);
      if (newest !== undefined) return open(newest.key);
      throw new CalltimeError("feed-not-stored", `s3://${bucket}/${prefix} holds no upload; put the feed there`);
    },
  };
}

function byAge(a: Listed, b: Listed): number {
  return a.storedAtMs - b.storedAtMs || compareText(a.key, b.key);
}

/** The bytes of `body`; throws unless all of them came. */
async function* whole(what: string, body: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  let bytes = 0;
  try {
    for (;;) {
      const next = await orTypedFailure(what, chunks.next());
      if (next.done === true) break;
      bytes += next.value.byteLength;
      yield next.value;
    }
  } finally {
    // Whoever stops early leaves no connection open.
    await chunks.return?.();
  }
  if (bytes === sizeBytes) return;
  throw new CalltimeError("feed-cut-short", `${what}: ${bytes} of ${sizeBytes} bytes came; read it again`);
}
