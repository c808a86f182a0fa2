import { describe, expect, test } from "vitest";
import { correctProgramme } from "../../shared/app/corrections.ts";
import { hearSignal, type Signal } from "../../shared/app/signal.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, EVENING, FINAL, platform, slot, type Platform } from "./made.ts";

const EIT = { channelId: "one", source: "EIT" } as const;
const present = (startedAtMs: number, title?: string): Signal => ({ ...EIT, kind: "present", startedAtMs, title });
const following = (startsAtMs: number, title: string): Signal => ({ ...EIT, kind: "following", startsAtMs, title });
const ended = (endedAtMs: number, title: string): Signal => ({ ...EIT, kind: "ended", endedAtMs, title });
const stillLive = (title: string, forMs = 10 * MINUTE_MS): Signal => ({ ...EIT, kind: "still-live", title, forMs });

async function hear(small: Platform, signal: Signal, now: number) {
  small.goTo(now);
  return (await hearSignal(small.context, signal, now)).map(({ title, outcome }) => `${title}: ${outcome}`);
}

async function correctionOf({ context }: Platform, id: string, now: number) {
  return (await context.guide(now)).corrections.get(id);
}

describe("what a channel signals", () => {
  test("what is on began then, and what was on before has ended: by a marker, signed by what signals it", async () => {
    const small = await platform();
    expect(await hear(small, present(at(19, 4), "CUP final (live)"), at(19, 5))).toEqual([
      "Garden Hour: corrected",
      "Cup Final: corrected",
    ]);
    expect(await correctionOf(small, FINAL.id, at(19, 5))).toMatchObject({ actualStartsAtMs: at(19, 4), startMarked: true, author: "EIT" });
    expect(await correctionOf(small, "Garden Hour", at(19, 5))).toMatchObject({ actualEnd: { atMs: at(19, 4), by: "marker" } });
    // The second time is harmless.
    expect(await hear(small, present(at(19, 4), "CUP final (live)"), at(19, 6))).toEqual([
      "Garden Hour: unchanged",
      "Cup Final: unchanged",
    ]);
  });

  test("without a title the nearest start within half an hour is meant, and further away nothing is", async () => {
    expect(await hear(await platform(), present(at(19, 29)), at(19, 30))).toContain("Cup Final: corrected");
    const small = await platform();
    await expect(hear(small, present(at(19, 31)), at(19, 31))).rejects.toThrow(/none starts within 30 min of/);
    await expect(hear(small, present(at(19, 31), "the derby"), at(19, 31))).rejects.toThrow(
      /no programme "the derby" of its guide is meant/,
    );
    expect(await small.context.guide(at(19, 31))).toMatchObject({ corrections: new Map() });
  });

  test("an end is that of the programme named, also when the guide has the next one begin before", async () => {
    const small = await platform();
    expect(await hear(small, ended(at(21, 12), "cup final"), at(21, 13))).toEqual(["Cup Final: corrected"]);
    expect(await correctionOf(small, FINAL.id, at(21, 13))).toMatchObject({ actualEnd: { atMs: at(21, 12), by: "marker" } });
    expect(await correctionOf(small, "Late News", at(21, 13))).toBeUndefined();
    await expect(hear(small, ended(at(21, 40), "Night Film"), at(21, 40))).rejects.toThrow(/none of that title was on before/);
  });

  test("the very title is meant before one that only has its words, and a part of a word means nothing", async () => {
    const news = [slot("one", "News", at(19), at(20)), slot("one", "Late News", at(20), at(21)), slot("one", "Newsreel", at(21), at(22))];
    const small = await platform({ programmes: news });
    expect(await hear(small, ended(at(20, 30), "news"), at(20, 31))).toEqual(["News: corrected"]);
    expect(await hear(small, ended(at(20, 40), "late"), at(20, 41))).toEqual(["Late News: corrected"]);
    await expect(hear(small, ended(at(21, 40), "reel"), at(21, 41))).rejects.toThrow(/no programme "reel" of its guide is meant/);
  });

  test("what is still live has its end put off, never brought forward, an hour at the most", async () => {
    const small = await platform();
    expect(await hear(small, stillLive("Cup Final"), at(20))).toEqual(["Cup Final: unchanged"]);
    expect(await hear(small, stillLive("Cup Final"), at(20, 55))).toEqual(["Cup Final: corrected"]);
    expect(await correctionOf(small, FINAL.id, at(20, 55))).toMatchObject({ endsAtMs: at(21, 5) });
    await hear(small, stillLive("Cup Final", 5 * HOUR_MS), at(21));
    expect(await correctionOf(small, FINAL.id, at(21))).toMatchObject({ endsAtMs: at(22) });
    expect(await hear(small, stillLive("Cup Final"), at(21, 1))).toEqual(["Cup Final: unchanged"]);
    await expect(hear(small, stillLive("Night Film"), at(21))).rejects.toThrow(/none of that title has begun/);
  });

  test("what follows later than the guide has it keeps what is on until then, and stays where the guide has it itself", async () => {
    const small = await platform();
    // By the guide the news are on since 21:00; what is on is the match.
    expect(await hear(small, following(at(21, 20), "late news"), at(21, 5))).toEqual(["Cup Final: corrected"]);
    expect(await correctionOf(small, FINAL.id, at(21, 5))).toMatchObject({ endsAtMs: at(21, 20), author: "EIT" });
    expect(await correctionOf(small, "Late News", at(21, 5))).toBeUndefined();
    expect(await hear(small, following(at(21, 20), "late news"), at(21, 6))).toEqual(["Cup Final: unchanged"]);
    // Never brought forward, and an hour ahead at the most.
    expect(await hear(small, following(at(21, 10), "late news"), at(21, 7))).toEqual(["Cup Final: unchanged"]);
    await hear(small, following(at(23), "late news"), at(21, 8));
    expect(await correctionOf(small, FINAL.id, at(21, 8))).toMatchObject({ endsAtMs: at(22, 8) });
    await expect(hear(small, following(at(21, 30), "the derby"), at(21, 9))).rejects.toThrow(/no programme "the derby" of its guide/);
  });

  test("what follows something that has not begun says nothing of it", async () => {
    const small = await platform();
    expect(await hear(small, following(at(22, 10), "Night Film"), at(20))).toEqual([]);
  });

  test("what follows puts off no end that a person has given", async () => {
    const small = await platform();
    await correctProgramme(small.context, { programmeId: FINAL.id, endsAtMs: at(21, 40), author: "desk", why: "extra time" }, at(20, 55));
    expect(await hear(small, following(at(21, 30), "Late News"), at(20, 56))).toEqual(["Cup Final: unchanged"]);
  });
});

describe("who is heard", () => {
  const BY = { author: "desk", why: "seen on the screen" };

  test("a person's word holds over a marker's, whichever comes first, and a marker's over the feed's", async () => {
    const small = await platform();
    await hear(small, present(at(19, 4), "Cup Final"), at(19, 5));
    await correctProgramme(small.context, { programmeId: FINAL.id, actualStartsAtMs: at(19, 2), ...BY }, at(19, 6));
    expect(await correctionOf(small, FINAL.id, at(19, 6))).toMatchObject({ actualStartsAtMs: at(19, 2) });
    expect(await hear(small, present(at(19, 5), "Cup Final"), at(19, 7))).toContain("Cup Final: unchanged");
    expect(await correctionOf(small, FINAL.id, at(19, 7))).toMatchObject({ actualStartsAtMs: at(19, 2) });

    await correctProgramme(small.context, { programmeId: FINAL.id, actualEndsAtMs: at(21, 3), ...BY }, at(21, 4));
    expect(await hear(small, ended(at(21, 9), "Cup Final"), at(21, 10))).toEqual(["Cup Final: unchanged"]);
    expect(await correctionOf(small, FINAL.id, at(21, 10))).toMatchObject({ actualEnd: { atMs: at(21, 3), by: "operator" } });
  });

  test("a signal does not shorten how long a person's word holds", async () => {
    const small = await platform();
    await correctProgramme(small.context, { programmeId: FINAL.id, title: "The Final", untilMs: at(24) + 72 * HOUR_MS, ...BY }, at(17));
    await hear(small, present(at(19, 4), "The Final"), at(19, 5));
    expect(await correctionOf(small, FINAL.id, at(19, 5))).toMatchObject({ title: "The Final", untilMs: at(24) + 72 * HOUR_MS });
  });

  test("of two markers the newer is heard", async () => {
    const small = await platform();
    await hear(small, present(at(19, 4), "Cup Final"), at(19, 5));
    await hear(small, present(at(19, 6), "Cup Final"), at(19, 7));
    expect(await correctionOf(small, FINAL.id, at(19, 7))).toMatchObject({ actualStartsAtMs: at(19, 6) });
  });

  test("what was signalled outlives the next feed", async () => {
    const small = await platform();
    await hear(small, present(at(19, 4), "Cup Final"), at(19, 5));
    await small.air(EVENING.map((programme) => ({ ...programme, title: `${programme.title} ` })));
    const occasion = (await small.context.guide(at(19, 6))).occasions.find(({ programmes }) =>
      programmes.some(({ id }) => id === FINAL.id),
    );
    expect(occasion?.startsAtMs).toBe(at(19, 4));
  });
});
