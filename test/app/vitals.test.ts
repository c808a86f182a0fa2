import { expect, test } from "vitest";
import { ingest } from "../../shared/app/ingest.ts";
import { tick } from "../../shared/app/tick.ts";
import { readVitals } from "../../shared/app/vitals.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform } from "./made.ts";

async function* bytesOf(text: string) {
  yield new TextEncoder().encode(text);
}

test("a deployment without a feed has no feed age, which is not zero", async () => {
  const small = await platform({ programmes: [] });
  expect((await readVitals(small.context, at(17))).feedAgeMs).toBeUndefined();
});

test("the feed that waits longest gives the age, also when what it sent was held back", async () => {
  const small = await platform();
  const feed =
    '<tv><channel id="two"><display-name>Two</display-name></channel><programme start="20260613200000 +0000" stop="20260613210000 +0000" channel="two"><title>News</title></programme></tv>';
  await ingest(small.context, { feedId: "two", read: () => bytesOf(feed) }, at(17));
  await ingest(small.context, { feedId: "three", read: () => bytesOf(feed) }, at(17, 20));
  expect((await readVitals(small.context, at(17, 30))).feedAgeMs).toBe(30 * MINUTE_MS);
});

test("verdicts that page count in the minute in which they are given, and in no other", async () => {
  const small = await platform();
  // Nothing that the control plane is asked for comes: at T-10 the final is late.
  for (let atMs = at(18, 20); atMs <= at(18, 50); atMs += MINUTE_MS) {
    small.goTo(atMs);
    await tick(small.context, atMs);
  }
  const paging = await Promise.all([49, 50, 51].map(async (minute) => (await readVitals(small.context, at(18, minute))).verdictsPaging));
  expect(paging).toEqual([0, 1, 0]);
});

test("events that wait for the bus are counted", async () => {
  const small = await platform();
  small.bus.refuse(() => true);
  await tick(small.context, at(18, 58));
  expect((await readVitals(small.context, at(18, 58))).unsentEvents).toBeGreaterThan(0);
});
