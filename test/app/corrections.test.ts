import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correctProgramme, findProgrammes, readCorrections, type AskedCorrection } from "../../shared/app/corrections.ts";
import { explainAt, readHealth, readOccasions } from "../../shared/app/operate.ts";
import { setOverride } from "../../shared/app/override.ts";
import { storedPlan } from "../../shared/app/plan.ts";
import { readAirLog } from "../../shared/app/situation.ts";
import { tick } from "../../shared/app/tick.ts";
import { stepAt } from "../../shared/core/plan/plan.ts";
import type { Programme } from "../../shared/core/schedule/programme.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { publishSchedule } from "../schedules.ts";
import { at, crowd, EVENING, platform, type Platform } from "./made.ts";

const by = { author: "newsroom", why: "extra time" };
const FINAL_ID = "Cup Final";

async function ticks(made: Platform, fromMs: number, untilMs: number): Promise<void> {
  for (let atMs = fromMs; atMs < untilMs; atMs += MINUTE_MS) {
    made.goTo(atMs);
    made.control.serve();
    await tick(made.context, atMs);
  }
}

const final = async ({ context }: Platform, now: number) =>
  (await readOccasions(context, now)).above.find(({ occasion }) => occasion.name === "the cup final");

const correct = (made: Platform, asked: Partial<AskedCorrection>, now: number) =>
  correctProgramme(made.context, { programmeId: FINAL_ID, ...by, ...asked }, now);

async function floorAt({ context }: Platform, atMs: number): Promise<number> {
  const stored = await storedPlan(context, "api");
  return (stored && stepAt(stored.plan, atMs)?.floorUnits) ?? Number.NaN;
}

/** A crowd of 200,000 at the final from 19:00 until an instant, as viewers and as load. */
function crowdUntil(made: Platform, untilMs: number): void {
  const viewers = crowd(200_000, at(19), untilMs);
  made.measured.world.viewers = viewers;
  made.measured.world.loadRps = (_, atMs) => 300 + 0.03 * Math.max(0, (viewers("one", atMs) ?? 0) - 1_000);
}

/** The guide's next edition. */
async function nextEdition({ context }: Platform, programmes: readonly Programme[], now: number): Promise<void> {
  const current = await context.ports.schedules.current("guide");
  const generation = (current?.generation ?? 0) + 1;
  const next = { feedId: "guide", generation, publishedAtMs: now };
  expect(await publishSchedule(context.ports, next, { channels: [], programmes })).toBe("written");
}

const told = (made: Platform) => made.bus.of("calltime.programme.corrected").map(({ data }) => data);

describe("a corrected programme", () => {
  test("put off, its floor comes so much later, from the next tick on, with who said so among the reasons", async () => {
    const made = await platform();
    await ticks(made, at(17), at(17, 1));
    expect(await floorAt(made, at(19, 5))).toBeGreaterThan(50);
    await correct(made, { startsAtMs: at(19, 30) }, at(17, 1));
    await ticks(made, at(17, 1), at(17, 2));
    expect((await final(made, at(17, 2)))?.occasion).toMatchObject({ startsAtMs: at(19, 30), endsAtMs: at(21, 30) });
    expect(await floorAt(made, at(19, 5))).toBeLessThan(20);
    expect(await floorAt(made, at(19, 30))).toBeGreaterThan(50);
    const why = await explainAt(made.context, "api", at(19, 30), at(17, 2));
    expect(why.kind === "known" && why.sentences).toContain(
      "newsroom said that the cup final begins 30 min later than the guide says: extra time",
    );
  });

  test("put off until after the window of its expectation it is still the expected one", async () => {
    const made = await platform();
    await correct(made, { startsAtMs: at(21, 30) }, at(17));
    expect((await final(made, at(19)))?.occasion).toMatchObject({ startsAtMs: at(21, 30), expectation: { viewers: 200_000 } });
  });

  test("three quarters of an hour longer, its floor is held until then", async () => {
    const made = await platform();
    crowdUntil(made, at(21, 40));
    await ticks(made, at(18, 30), at(20, 50));
    await correct(made, { endsAtMs: at(21, 45) }, at(20, 50));
    const held = made.control.cloud("api").minimumUnits;
    await ticks(made, at(20, 50), at(21, 40));
    expect(made.control.cloud("api").minimumUnits).toBeGreaterThan(0.8 * held);
  });

  test("keeps its correction when the next edition of its feed moves it, and when that drops and brings it again", async () => {
    const made = await platform();
    await correct(made, { startsAtMs: at(19, 30) }, at(17));
    const moved = EVENING.map((slot) => (slot.id === FINAL_ID ? { ...slot, startsAtMs: at(19, 5), endsAtMs: at(21, 5) } : slot));
    await nextEdition(made, moved, at(17, 5));
    expect((await final(made, at(17, 6)))?.occasion).toMatchObject({ startsAtMs: at(19, 30), endsAtMs: at(21, 30) });
    const without = EVENING.filter(({ id }) => id !== FINAL_ID);
    await nextEdition(made, without, at(17, 7));
    expect(await final(made, at(17, 8))).toBeUndefined();
    await nextEdition(made, EVENING, at(17, 9));
    expect((await final(made, at(17, 10)))?.occasion.startsAtMs).toBe(at(19, 30));
  });

  test("is as its feed has it again from the very instant in which the correction ends, and that is told once", async () => {
    const made = await platform();
    await correct(made, { startsAtMs: at(19, 30), untilMs: at(17, 10) }, at(17));
    expect((await final(made, at(17, 10) - 1))?.occasion.startsAtMs).toBe(at(19, 30));
    expect((await final(made, at(17, 10)))?.occasion.startsAtMs).toBe(at(19));
    await ticks(made, at(17, 9), at(17, 13));
    expect(told(made).map(({ change }) => change)).toEqual(["corrected", "expired"]);
    expect((await readCorrections(made.context.ports.documents, at(17, 9))).corrections.size).toBe(0);
  });

  test("cancelled, nothing is asked for it but what a floor holds, and the answer to why says who called it off", async () => {
    const made = await platform();
    await setOverride(made.context, { targetIds: ["api"], floorUnits: 30, untilMs: at(21), ...by }, at(17));
    await correct(made, { cancelled: true, why: "rain" }, at(17));
    await ticks(made, at(17), at(17, 2));
    expect(await final(made, at(17, 2))).toBeUndefined();
    expect(await floorAt(made, at(19, 5))).toBe(30);
    const why = await explainAt(made.context, "api", at(19, 5), at(17, 2));
    expect(why.kind === "known" && why.sentences).toContain("newsroom said that the cup final does not take place: rain");
    const early = await explainAt(made.context, "api", at(17, 5), at(17, 2));
    expect(early.kind === "known" && early.sentences.join(" ")).not.toContain("take place");
    expect((await readHealth(made.context, at(17, 2))).problems).toEqual([]);
    await correct(made, { cancelled: false, why: "the rain is over" }, at(17, 3));
    await ticks(made, at(17, 3), at(17, 4));
    expect(await floorAt(made, at(19, 5))).toBeGreaterThan(50);
  });

  test("cancelled while its crowd is there, it is held until that leaves; cancelled on air without a crowd, it is not", async () => {
    const there = await platform();
    crowdUntil(there, at(21));
    const nobody = await platform();
    for (const made of [there, nobody]) {
      await ticks(made, at(18, 50), at(19, 12));
      await correct(made, { cancelled: true, why: "abandoned" }, at(19, 12));
      await ticks(made, at(19, 12), at(20));
    }
    expect(there.control.cloud("api").minimumUnits).toBeGreaterThan(50);
    expect(nobody.control.cloud("api").minimumUnits).toBeLessThan(20);
  });
});

describe("a programme of which somebody said that it ended", () => {
  test("ends by that, before the guide's end too, and its floors are released", async () => {
    const made = await platform();
    crowdUntil(made, at(20, 30));
    await ticks(made, at(18, 30), at(20, 31));
    await correct(made, { actualEndsAtMs: at(20, 30), endedBy: "marker" }, at(20, 31));
    const held = made.control.cloud("api").minimumUnits;
    await ticks(made, at(20, 31), at(20, 32));
    const { air } = await readAirLog(made.context);
    expect(Object.values(air)).toEqual([{ kind: "ended", startedAtMs: at(19), endedAtMs: at(20, 30), by: "marker" }]);
    expect(made.bus.of("calltime.programme.ending").at(-1)?.data.timing).toEqual({ kind: "actual", actualAt: "2026-06-13T20:30:00.000Z" });
    await ticks(made, at(20, 32), at(21, 15));
    expect(made.control.cloud("api").minimumUnits).toBeLessThan(0.3 * held);
  });

  test("is held again when that is taken back: the wrong programme was marked", async () => {
    const made = await platform();
    crowdUntil(made, at(21));
    await ticks(made, at(18, 30), at(20));
    const held = made.control.cloud("api").minimumUnits;
    await correct(made, { actualEndsAtMs: at(20) }, at(20));
    await ticks(made, at(20), at(20, 3));
    expect(await correct(made, { actualEndsAtMs: null }, at(20, 3))).toMatchObject({ outcome: "taken-back", correction: undefined });
    await ticks(made, at(20, 3), at(20, 30));
    expect((await final(made, at(20, 30)))?.air).toMatchObject({ kind: "on-air" });
    expect(made.control.cloud("api").minimumUnits).toBeGreaterThan(0.8 * held);
  });

  test("can be marked after its feed has dropped it on air, but not moved any more", async () => {
    const made = await platform();
    crowdUntil(made, at(21));
    await ticks(made, at(18, 50), at(19, 20));
    await nextEdition(
      made,
      EVENING.filter(({ id }) => id !== FINAL_ID),
      at(19, 20),
    );
    await expect(correct(made, { startsAtMs: at(19, 30) }, at(19, 21))).rejects.toMatchObject({ code: "programme-unlisted" });
    await correct(made, { actualEndsAtMs: at(19, 21) }, at(19, 21));
    await ticks(made, at(19, 21), at(19, 22));
    expect(Object.values((await readAirLog(made.context)).air)[0]).toMatchObject({ kind: "ended", by: "operator" });
  });
});

describe("saying it", () => {
  test("of a field the newest holds, what is not touched stays, and what is taken back is the feed's again", async () => {
    const made = await platform();
    await correct(made, { startsAtMs: at(19, 30), title: "The Final" }, at(17));
    await correct(made, { startsAtMs: at(19, 20), author: "ops", why: "sooner" }, at(17, 1));
    const { correction } = await correct(made, { endsAtMs: at(22) }, at(17, 2));
    expect(correction).toEqual({
      programmeId: FINAL_ID,
      startsAtMs: at(19, 20),
      endsAtMs: at(22),
      title: "The Final",
      ...by,
      atMs: at(17, 2),
      untilMs: at(46),
    });
    expect((await correct(made, { startsAtMs: null, endsAtMs: null }, at(17, 3))).correction).toMatchObject({ title: "The Final" });
    expect(await correct(made, { title: null }, at(17, 4))).toMatchObject({ outcome: "taken-back" });
    expect(told(made).map(({ change, author }) => `${change} ${author}`)).toEqual([
      "corrected newsroom",
      "corrected ops",
      "corrected newsroom",
      "corrected newsroom",
      "taken-back newsroom",
    ]);
  });

  test("the same again changes nothing and is not told; twice within a minute, two events are told apart", async () => {
    const made = await platform();
    await correct(made, { endsAtMs: at(21, 30) }, at(17));
    expect(await correct(made, { endsAtMs: at(21, 30), author: "ops" }, at(17))).toMatchObject({ outcome: "unchanged" });
    expect(await correct(made, { startsAtMs: null }, at(17))).toMatchObject({ outcome: "unchanged" });
    await correct(made, { endsAtMs: at(21, 40) }, at(17));
    const events = made.bus.of("calltime.programme.corrected");
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  test.each<[string, Partial<AskedCorrection>, RegExp]>([
    ["programme-unknown", { programmeId: "nothing", cancelled: true }, /nothing: no schedule in force/],
    ["correction-empty", {}, /nothing is said/],
    ["correction-author-blank", { cancelled: true, author: " " }, /author is blank/],
    ["correction-why-blank", { cancelled: true, why: "" }, /reason is blank/],
    ["correction-title-blank", { title: "  " }, /null would take/],
    ["correction-times-invalid", { endsAtMs: at(19) }, /the end comes after/],
    ["correction-times-invalid", { startsAtMs: at(19, 30), endsAtMs: at(19, 20) }, /the end comes after/],
    ["correction-times-invalid", { startsAtMs: at(19) + 24 * HOUR_MS + 1 }, /more than 24 hours/],
    ["correction-times-invalid", { actualEndsAtMs: at(21) }, /say so then/],
    ["correction-times-invalid", { actualStartsAtMs: at(17, 1) }, /say so then/],
    ["correction-until-invalid", { cancelled: true, untilMs: at(17) }, /later would be right/],
    ["correction-until-far", { cancelled: true, untilMs: at(21) + 7 * 24 * HOUR_MS + 1 }, /is the latest/],
  ])("%s: what cannot be is refused with a sentence, and nothing is kept or told (%j)", async (code, asked, sentence) => {
    const made = await platform();
    const refusal = correct(made, asked, at(17));
    await expect(refusal).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) as string });
    expect((await readCorrections(made.context.ports.documents, at(17))).corrections.size).toBe(0);
    expect(told(made)).toEqual([]);
  });

  test("of 200 at once none is lost: what holds is what the fields said in some order", async () => {
    const made = await platform();
    const asks = Array.from({ length: 200 }, (_, nth): Partial<AskedCorrection> => {
      if (nth % 3 === 0) return { startsAtMs: at(19) + (nth % 50) * MINUTE_MS };
      return nth % 3 === 1 ? { endsAtMs: at(22) + (nth % 50) * MINUTE_MS } : { title: `The Final ${nth}` };
    });
    const settled = await Promise.allSettled(asks.map((asked) => correct(made, asked, at(17))));
    const accepted = asks.filter((_, index) => settled[index]?.status === "fulfilled");
    for (const each of settled) if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "document-contested" });
    const { corrections } = await readCorrections(made.context.ports.documents, at(17));
    const held = corrections.get(FINAL_ID);
    for (const field of ["startsAtMs", "endsAtMs", "title"] as const) {
      const said = accepted.flatMap((asked) => asked[field] ?? []);
      // A field of which anything was acknowledged has one of those values.
      expect(said.length === 0 ? [undefined] : said).toContain(held?.[field]);
    }
    expect(accepted.length).toBeGreaterThan(0);
  });

  test("what is found is corrected, and so is what is planned: whatever is said, the two agree", { timeout: 60_000 }, async () => {
    const minutes = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: undefined });
    const anyCorrection = fc.record({ start: minutes(-60, 120), end: minutes(130, 300), cancelled: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(anyCorrection, async ({ start, end, cancelled }) => {
        const made = await platform();
        const near = (offset: number | undefined) => (offset === undefined ? undefined : at(19) + offset * MINUTE_MS);
        await correct(made, { startsAtMs: near(start), endsAtMs: near(end), cancelled }, at(17));
        const [found] = await findProgrammes(made.context, { title: "cup FINAL", fromMs: at(0), toMs: at(48) }, at(17));
        const { occasions } = await made.context.guide(at(17));
        const planned = occasions.find(({ name }) => name === "the cup final");
        if (cancelled) expect([planned, found?.occasion]).toEqual([undefined, undefined]);
        else expect(planned).toMatchObject({ startsAtMs: found?.programme.startsAtMs, endsAtMs: found?.programme.endsAtMs });
        expect(found?.listed).toMatchObject({ startsAtMs: at(19), endsAtMs: at(21) });
      }),
      { seed: 1, numRuns: 40 },
    );
  });
});
