import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { SheetStore } from "../app/ports.ts";
import { orTypedFailure } from "./typed-failure.ts";

/** The bucket that sheets are put into, and the Region that Calltime runs in. */
export type SheetsSettings = { readonly client: Pick<S3Client, "send">; readonly bucket: string; readonly region?: string };

/** Sheets in a bucket of S3, under `sheets/`, as text that a browser shows. Throws `aws-denied`, `aws-not-there` and the like. */
export function s3Sheets({ client, bucket, region }: SheetsSettings): SheetStore {
  return {
    region,
    keep: async (name, text) => {
      const Key = `sheets/${name}`;
      const put = new PutObjectCommand({ Bucket: bucket, Key, Body: text, ContentType: "text/plain; charset=utf-8" });
      await orTypedFailure(`s3://${bucket}/${Key}`, client.send(put));
    },
  };
}
