import { describe, expect, test } from "vitest";
import { acceptQuarantined, ingest, readLastSeen } from "../../shared/app/ingest.ts";
import { QUARANTINE_KEPT_MS, readQuarantine, rejectQuarantined } from "../../shared/app/quarantine.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { scheduleInForce } from "../schedules.ts";
import { at, platform, type Platform } from "./made.ts";

const clock = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, "0")}${String(minutes % 60).padStart(2, "0")}`;

/** A feed of one channel with `count` programmes of half an hour from 17:00 on. */
function feed(count: number, titled = "Part", more = ""): string {
  const slots = Array.from({ length: count }, (_, index) => {
    const start = 17 * 60 + index * 30;
    return `<programme start="20260613${clock(start)}00 +0000" stop="20260613${clock(start + 30)}00 +0000" channel="one"><title>${titled} ${index}</title>${more}</programme>`;
  });
  return `<?xml version="1.0"?><tv><channel id="one"><display-name>One</display-name></channel>${slots.join("")}</tv>`;
}

const take = ({ context }: Platform, text: string, now = at(17)) => ingest(context, { feedId: "dk", read: () => inChunks(text) }, now);
const BY = { feedId: "dk", author: "traffic desk ", why: " the afternoon is really gone" };
const current = async ({ context }: Platform) => context.ports.schedules.current("dk");
const parts = async ({ documents }: Platform) => (await documents.list("quarantine-part/")).map(({ key }) => key);

/** A platform with twelve programmes in force, and a feed set aside that lists other ones in their place. */
async function setAside(text = feed(12, "Other")): Promise<Platform> {
  const small = await platform();
  await take(small, feed(12));
  // Other titles at the same starts would be retitled, and nothing gone: so they stand a quarter of an hour later.
  const shifted = text.replaceAll(/(start|stop)="(\d{10})(\d\d)/g, (_, name: string, hour: string, minute: string) => {
    return `${name}="${hour}${String(Number(minute) + 15).padStart(2, "0")}`;
  });
  expect(await take(small, shifted, at(16, 30))).toMatchObject({ outcome: "quarantined", generation: 1 });
  return small;
}

describe("what was set aside", () => {
  test("is kept with its reasons, and accepted it is in force as if it had been judged sane", async () => {
    const small = await setAside();
    const held = await readQuarantine(small.context, "dk", at(17));
    expect(held).toMatchObject({ feedId: "dk", receivedAtMs: at(16, 30), besideGeneration: 1, parts: 1, findings: [{ code: "shrunken" }] });
    expect((await current(small))?.generation).toBe(1);

    const { outcome, quarantine, changes } = await acceptQuarantined(small.context, { ...BY, quarantineId: held?.id ?? "" }, at(17));
    expect(outcome).toBe("accepted");
    expect(quarantine.decision).toEqual({
      kind: "accepted",
      author: "traffic desk",
      why: "the afternoon is really gone",
      atMs: at(17),
      generation: 2,
    });
    const { generation, publishedAtMs } = (await current(small)) ?? {};
    const schedule = await scheduleInForce(small.context.ports, "dk");
    expect({ generation, publishedAtMs }).toEqual({ generation: 2, publishedAtMs: at(17) });
    expect(schedule?.programmes.map(({ title }) => title)).toEqual(Array.from({ length: 12 }, (_, i) => `Other ${i}`));
    expect(changes.length).toBeGreaterThan(0);
    expect(small.bus.of("calltime.schedule.changed").map(({ id }) => id)).toEqual(["schedule.changed/dk/1", "schedule.changed/dk/2"]);
    expect(small.bus.of("calltime.quarantine.decided").map(({ data }) => data)).toEqual([
      {
        feedId: "dk",
        quarantineId: held?.id,
        receivedAt: "2026-06-13T16:30:00.000Z",
        decision: "accepted",
        author: "traffic desk",
        reason: "the afternoon is really gone",
        generation: 2,
      },
    ]);
    expect(await readLastSeen(small.context, "dk")).toMatchObject({ outcome: "published" });
    expect(await parts(small)).toEqual([]);
  });

  test("is accepted once: the second time changes nothing, and it can be rejected no more", async () => {
    const small = await setAside();
    await acceptQuarantined(small.context, BY, at(17));
    const before = await small.documents.list("");
    expect(await acceptQuarantined(small.context, { ...BY, why: "again" }, at(17, 1))).toMatchObject({
      outcome: "unchanged",
      changes: [],
      quarantine: { decision: { why: "the afternoon is really gone", generation: 2 } },
    });
    await expect(rejectQuarantined(small.context, BY, at(17, 1))).rejects.toMatchObject({
      code: "quarantine-decided",
      message: expect.stringContaining("traffic desk accepted it at 2026-06-13T17:00:00.000Z: the afternoon is really gone") as string,
    });
    expect(await small.documents.list("")).toEqual(before);
    expect(small.bus.of("calltime.quarantine.decided")).toHaveLength(1);
  });

  test("is rejected once: what is in force stays, and it can be accepted no more", async () => {
    const small = await setAside();
    expect(await rejectQuarantined(small.context, BY, at(17))).toMatchObject({
      outcome: "rejected",
      quarantine: { decision: { kind: "rejected", generation: 1 } },
    });
    expect(await rejectQuarantined(small.context, BY, at(17, 1))).toMatchObject({ outcome: "unchanged" });
    await expect(acceptQuarantined(small.context, BY, at(17, 1))).rejects.toMatchObject({ code: "quarantine-decided" });
    expect((await current(small))?.generation).toBe(1);
    expect(await parts(small)).toEqual([]);
    expect(small.bus.of("calltime.quarantine.decided").map(({ data }) => data.decision)).toEqual(["rejected"]);
  });

  test("is refused when another generation is in force since, and is there until it is decided or forgotten", async () => {
    const small = await setAside();
    await take(small, feed(12, "Part", "<desc>news of it</desc>"), at(16, 45));
    expect((await current(small))?.generation).toBe(2);
    await expect(acceptQuarantined(small.context, BY, at(17))).rejects.toMatchObject({
      code: "quarantine-outdated",
      message: "dk: it was judged beside generation 1, and generation 2 is in force since; send it again to have it judged beside that one",
    });
    expect((await current(small))?.generation).toBe(2);
    expect(await rejectQuarantined(small.context, BY, at(17))).toMatchObject({
      outcome: "rejected",
      quarantine: { decision: { generation: 2 } },
    });
  });

  test("gives way to the next that is set aside, and who looked at the first decides nothing about the second", async () => {
    const small = await setAside();
    const first = await readQuarantine(small.context, "dk", at(17));
    await take(small, feed(0), at(16, 50));
    await expect(acceptQuarantined(small.context, { ...BY, quarantineId: first?.id ?? "" }, at(17))).rejects.toMatchObject({
      code: "quarantine-replaced",
    });
    expect(await parts(small)).toEqual([]);
    await expect(acceptQuarantined(small.context, BY, at(17))).rejects.toMatchObject({ code: "quarantine-not-kept" });
  });

  test("is forgotten after three days, to the millisecond", async () => {
    const small = await setAside();
    const untilMs = at(16, 30) + QUARANTINE_KEPT_MS;
    expect(await readQuarantine(small.context, "dk", untilMs - 1)).toBeDefined();
    expect(await readQuarantine(small.context, "dk", untilMs)).toBeUndefined();
    await expect(acceptQuarantined(small.context, BY, untilMs)).rejects.toMatchObject({ code: "quarantine-unknown" });
    await expect(acceptQuarantined(small.context, { ...BY, feedId: "elsewhere" }, at(17))).rejects.toMatchObject({
      code: "quarantine-unknown",
    });
  });

  test("needs somebody who decides, and a reason", async () => {
    const small = await setAside();
    await expect(acceptQuarantined(small.context, { ...BY, author: " " }, at(17))).rejects.toMatchObject({
      code: "quarantine-author-blank",
    });
    await expect(rejectQuarantined(small.context, { ...BY, why: "" }, at(17))).rejects.toMatchObject({ code: "quarantine-why-blank" });
  });

  test("is kept in as many parts as it needs, and comes back whole", async () => {
    const small = await setAside(feed(12, "Other", `<desc>${"long ".repeat(10_000)}</desc>`));
    expect((await readQuarantine(small.context, "dk", at(17)))?.parts).toBe(6);
    expect(await parts(small)).toHaveLength(6);
    await acceptQuarantined(small.context, BY, at(17));
    const programmes = (await scheduleInForce(small.context.ports, "dk"))?.programmes ?? [];
    expect(programmes.map(({ title, description }) => [title, description?.length])).toEqual(
      Array.from({ length: 12 }, (_, i) => [`Other ${i}`, 49_999]),
    );
  });

  test("that is too large for a document is not kept, and says so", async () => {
    const small = await setAside(feed(12, "Other", `<desc>${"long ".repeat(30_000)}</desc>`));
    expect((await readQuarantine(small.context, "dk", at(17)))?.parts).toBeUndefined();
    await expect(acceptQuarantined(small.context, BY, at(17))).rejects.toMatchObject({ code: "quarantine-not-kept" });
    expect(await rejectQuarantined(small.context, BY, at(17))).toMatchObject({ outcome: "rejected" });
  });
});

describe("the same upload again", () => {
  const fillers = feed(12, "Kanalpause");

  test("asks nobody a second time: rejected it stays so, accepted it is what is in force", async () => {
    const small = await platform();
    await take(small, fillers, at(16));
    await rejectQuarantined(small.context, BY, at(16));
    await take(small, fillers, at(16, 30));
    expect(await readQuarantine(small.context, "dk", at(17))).toMatchObject({ receivedAtMs: at(16, 30), decision: { kind: "rejected" } });

    const other = await platform();
    expect(await take(other, fillers, at(16))).toMatchObject({ outcome: "quarantined", quarantine: [{ code: "fillers" }] });
    await acceptQuarantined(other.context, BY, at(16));
    expect(await take(other, fillers, at(16, 30))).toMatchObject({ outcome: "unchanged", generation: 1, quarantine: [] });
    expect(other.bus.of("calltime.feed.quarantined")).toHaveLength(1);
    // Another one is judged again, however alike.
    expect(await take(other, feed(11, "Kanalpause"), at(16, 40))).toMatchObject({ outcome: "quarantined" });
  });

  test("an acceptance that was cut short after the guide was in force is finished by the next", async () => {
    const small = await setAside();
    const { documents } = small.context.ports;
    const failing = {
      ...small.context,
      ports: { ...small.context.ports, documents: { ...documents, write: () => Promise.reject(new Error("the store is gone")) } },
    };
    await expect(acceptQuarantined(failing, BY, at(17))).rejects.toThrow("the store is gone");
    expect((await current(small))?.generation).toBe(2);
    expect(await acceptQuarantined(small.context, BY, at(17, 1))).toMatchObject({
      outcome: "accepted",
      quarantine: { decision: { kind: "accepted", generation: 2 } },
    });
    expect((await current(small))?.generation).toBe(2);
  });
});
