import * as z from "zod/mini";
import "../../events/english.ts";
import { CalltimeError } from "../core/error.ts";
import { ignored } from "./on-event.ts";
import { stack, type Handling, type Invocation, type LambdaHandler } from "./stack.ts";

/** A feed that somebody has put into the bucket. */
export type StoredUpload = {
  readonly feedId: string;
  readonly bucket: string;
  readonly key: string;
  /** When it was stored, in epoch milliseconds. */
  readonly storedAtMs: number;
};

const created = z.looseObject({
  source: z.literal("aws.s3"),
  "detail-type": z.literal("Object Created"),
  time: z.iso.datetime(),
  detail: z.looseObject({
    bucket: z.looseObject({ name: z.string().check(z.minLength(1)) }),
    object: z.looseObject({ key: z.string().check(z.minLength(1)), size: z.number() }),
  }),
  "replay-name": z.optional(z.string()),
});

/** `feeds/<feed>/<anything>`: the folder names the feed. */
const FEED_KEY = /^feeds\/([a-z0-9][a-z0-9-]{0,62})\/[^/]+$/;

/** A function that the bucket's "Object Created" calls. Throws CalltimeError `upload-malformed` and `upload-key-unknown`. */
export function onUpload(
  handling: Handling,
  handle: (upload: StoredUpload, invocation: Invocation) => Promise<unknown>,
): LambdaHandler<void> {
  return stack(handling, async (message, invocation) => {
    const read = created.safeParse(message);
    if (!read.success) {
      const what = read.error.issues.map(({ path, message: problem }) => `${path.join(".")}: ${problem}`).join("; ");
      throw new CalltimeError("upload-malformed", `this is no "Object Created" of S3: ${what}`);
    }
    const { detail, time, "replay-name": replayName } = read.data;
    if (replayName !== undefined) return ignored(handling.telemetry, replayName);
    const { key } = detail.object;
    const feedId = FEED_KEY.exec(key)?.[1];
    if (feedId === undefined) {
      const right = "feeds/<feed>/<file>, the feed of a-z, 0-9 and -, would be right";
      throw new CalltimeError("upload-key-unknown", `${JSON.stringify(key.slice(0, 200))} says not which feed it is; ${right}`);
    }
    handling.telemetry.info("a feed was stored", { feedId, key, bytes: detail.object.size });
    await handle({ feedId, bucket: detail.bucket.name, key, storedAtMs: Date.parse(time) }, invocation);
  });
}
