import { CreateBucketCommand, DeleteObjectCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { s3FeedBucket } from "../../shared/aws/feed-bucket.ts";
import { describeWithMoto } from "./moto.ts";
import { awsError, scriptedClient } from "./scripted-client.ts";

const BUCKET = "calltime-feeds";

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describeWithMoto("the bucket of feeds on an emulated S3", (moto) => {
  const made = async () => {
    const client = new S3Client(moto.client());
    const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
    await client.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
    await client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } }));
    const put = async (Key: string, Body: string) => (await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))).VersionId;
    return { client, put, feeds: s3FeedBucket({ client, bucket: BUCKET }) };
  };

  test("what was uploaded last under a key is read, with its time, size and version", async () => {
    const { put, feeds } = await made();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const first = await put("feeds/dk/guide.xml", "<tv/>");
    const second = await put("feeds/dk/guide.xml", "<tv>å</tv>");
    const stored = await feeds.newest("dk");
    expect(stored).toMatchObject({ key: "feeds/dk/guide.xml", versionId: second, sizeBytes: 11 });
    expect(stored.storedAtMs).toBeGreaterThanOrEqual(before);
    expect(stored.storedAtMs).toBeLessThanOrEqual(Date.now());
    expect(await textOf(stored.bytes)).toBe("<tv>å</tv>");
    expect(await textOf((await feeds.open("feeds/dk/guide.xml", first)).bytes)).toBe("<tv/>");
  });

  test("reads what is larger than one chunk, and another feed's uploads are another's", async () => {
    const { put, feeds } = await made();
    const large = "0123456789".repeat(300_000);
    await put("feeds/dk/guide.xml", large);
    await put("feeds/dk-2/guide.xml", "other");
    expect(await textOf((await feeds.newest("dk")).bytes)).toBe(large);
  });

  test("what is not there is said: a feed, a key, a version, a bucket", async () => {
    const { client, put, feeds } = await made();
    await expect(feeds.newest("dk")).rejects.toMatchObject({ code: "feed-not-stored" });
    await expect(feeds.open("feeds/dk/none.xml")).rejects.toMatchObject({
      code: "aws-not-there",
      message: expect.stringMatching(/^s3:\/\/calltime-feeds\/feeds\/dk\/none\.xml: NoSuchKey/) as string,
    });
    await put("feeds/dk/guide.xml", "x");
    await expect(feeds.open("feeds/dk/guide.xml", "11111111-2222-3333-4444-555555555555")).rejects.toMatchObject({ code: "aws-not-there" });
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "feeds/dk/guide.xml" }));
    await expect(feeds.newest("dk")).rejects.toMatchObject({ code: "feed-not-stored" });
    await expect(s3FeedBucket({ client, bucket: "no-such-bucket" }).newest("dk")).rejects.toMatchObject({ code: "aws-not-there" });
  });
});

// Shapes as S3 sends them, at moments that an emulator cannot choose.
describe("the bucket of feeds, reply by reply", () => {
  const over = (...replies: readonly (object | Error)[]) => {
    const client = scriptedClient(...replies);
    return { client, feeds: s3FeedBucket({ client, bucket: BUCKET }) };
  };
  const opened = (chunks: readonly (string | Error)[], ContentLength: number) => {
    const Body = Readable.from(
      (async function* () {
        for (const chunk of chunks) {
          if (chunk instanceof Error) throw chunk;
          yield Buffer.from(chunk);
        }
      })(),
    );
    return { Body, ContentLength, LastModified: new Date(1_000) };
  };
  const listed = (key: string, atMs: number) => ({ Key: key, LastModified: new Date(atMs) });

  test("the newest of all pages is opened; of one second the key that sorts last", async () => {
    const { client, feeds } = over(
      { Contents: [listed("feeds/dk/b", 2_000), listed("feeds/dk/z", 1_000)], NextContinuationToken: "more" },
      { Contents: [listed("feeds/dk/a", 2_000)] },
      opened(["ab"], 2),
    );
    expect((await feeds.newest("dk")).key).toBe("feeds/dk/b");
    expect(client.asked.map(({ input }) => input["ContinuationToken"])).toEqual([undefined, "more", undefined]);
  });

  test("an upload that comes short is no feed, and neither is one whose connection broke", async () => {
    const short = await over(opened(["abc", "d"], 5)).feeds.open("k");
    await expect(textOf(short.bytes)).rejects.toMatchObject({
      code: "feed-cut-short",
      message: expect.stringContaining("4 of 5") as string,
    });
    const broken = await over(opened(["abc", awsError("ECONNRESET", undefined, "aborted")], 5)).feeds.open("k");
    await expect(textOf(broken.bytes)).rejects.toMatchObject({
      code: "aws-no-answer",
      message: expect.stringContaining("aborted") as string,
    });
  });

  test("whoever stops reading leaves no connection open", async () => {
    const reply = opened(["a", "b", "c"], 3);
    const { bytes } = await over(reply).feeds.open("k");
    for await (const _ of bytes) break;
    expect(reply.Body.destroyed).toBe(true);
  });

  test.each([
    ["AccessDenied", 403, "aws-denied"],
    ["NoSuchKey", 404, "aws-not-there"],
    ["NoSuchBucket", 404, "aws-not-there"],
    ["ExpiredToken", 400, "aws-credentials"],
    ["PreconditionFailed", 412, "aws-changed"],
    ["ConditionalRequestConflict", 409, "aws-changed"],
    ["PermanentRedirect", 301, "aws-region"],
    ["InvalidObjectState", 403, "aws-refused"],
    ["SlowDown", 503, "aws-throttled"],
  ])("%s with status %s is %s", async (name, status, code) => {
    await expect(over(awsError(name, status)).feeds.open("k")).rejects.toMatchObject({ code });
    await expect(over(awsError(name, status)).feeds.newest("dk")).rejects.toMatchObject({ code });
  });

  test("half a reply is no answer", async () => {
    await expect(over({ Body: Readable.from(["x"]) }).feeds.open("k")).rejects.toMatchObject({ code: "aws-no-answer" });
  });
});
