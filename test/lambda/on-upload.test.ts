import { describe, expect, test } from "vitest";
import { onMinute } from "../../shared/lambda/on-minute.ts";
import { onUpload, type StoredUpload } from "../../shared/lambda/on-upload.ts";
import { delivery, heard, invocationOf, MODE, objectCreated } from "./deliveries.ts";

function ingesting() {
  const telemetry = heard();
  const given: StoredUpload[] = [];
  const handler = onUpload({ functionName: "ingest", telemetry }, async (upload) => given.push(upload));
  return { telemetry, given, ask: (message: unknown) => handler(message, invocationOf()) };
}

describe("a function that the bucket calls", () => {
  test("is told which feed was stored, where and when", async () => {
    const { given, ask } = ingesting();
    await ask(objectCreated("feeds/dk-guide/2025-12-31 14.00+01.xml.gz"));
    expect(given).toEqual([
      {
        feedId: "dk-guide",
        bucket: "calltime-test-feeds",
        key: "feeds/dk-guide/2025-12-31 14.00+01.xml.gz",
        storedAtMs: Date.parse("2025-12-31T14:00:22Z"),
      },
    ]);
  });

  test.each(["guide.xml", "feeds/guide.xml", "feeds/DK/guide.xml", "feeds/dk/old/guide.xml", "other/dk/guide.xml"])(
    "fails for a key that does not say which feed it is: %s",
    async (key) => {
      const { given, ask } = ingesting();
      await expect(ask(objectCreated(key))).rejects.toMatchObject({ code: "upload-key-unknown" });
      expect(given).toEqual([]);
    },
  );

  test("leaves alone what is replayed, and fails for what S3 did not send", async () => {
    const { given, ask, telemetry } = ingesting();
    await ask(objectCreated("feeds/dk/guide.xml", { "replay-name": "last-week" }));
    expect(telemetry.counted("replaysIgnored")).toBe(1);
    await expect(ask(delivery(MODE))).rejects.toMatchObject({ code: "upload-malformed" });
    expect(given).toEqual([]);
  });
});

describe("a function that is called once a minute", () => {
  test("looks, whatever it is called with", async () => {
    let looked = 0;
    const telemetry = heard();
    const handler = onMinute({ functionName: "cue", telemetry }, async () => (looked += 1));
    await handler({}, invocationOf());
    await handler(undefined, invocationOf());
    expect([looked, telemetry.counted("failed")]).toEqual([2, 0]);
    expect(telemetry.lines.map(({ fields }) => fields["coldStart"])).toEqual([true, false]);
  });
});
