import { expect, test } from "vitest";
import { explainAt } from "../../shared/app/operate.ts";
import { listOverrides, LONGEST_OVERRIDE_MS, setOverride, withdrawOverride, type AskedOverride } from "../../shared/app/override.ts";
import { previewOverride } from "../../shared/app/override-preview.ts";
import { tick } from "../../shared/app/tick.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, stored, target, type Platform } from "./made.ts";

const ASKED: AskedOverride = {
  id: "bulletin",
  targetIds: ["api"],
  floorUnits: 100,
  untilMs: at(17, 30),
  author: "newsroom",
  why: "an extra bulletin after the speech",
};

/** Lets Calltime run from one instant until another, a tick a minute. */
async function ticks({ context, goTo }: Platform, fromMs: number, untilMs: number): Promise<void> {
  for (let atMs = fromMs; atMs < untilMs; atMs += MINUTE_MS) {
    goTo(atMs);
    await tick(context, atMs);
  }
}

/** The code of what a call throws. */
async function refusal(call: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CalltimeError) return { code: error.code, message: error.message };
  throw new Error(`it should have been refused: ${String(error)}`);
}

const changes = (small: Platform) => small.bus.of("calltime.override.changed").map(({ data }) => `${data.overrideId} ${data.change}`);

test("an override is in force with the next tick, and its reason names who asked and why", async () => {
  const small = await platform();
  await ticks(small, at(17), at(17, 3));
  await setOverride(small.context, ASKED, at(17, 3));
  await ticks(small, at(17, 3), at(17, 4));
  expect(small.control.cloud("api").minimumUnits).toBe(100);
  const why = await explainAt(small.context, "api", at(17, 3), at(17, 3));
  expect(why).toMatchObject({ kind: "known", floorUnits: 100 });
  expect(why.kind === "known" && why.sentences).toContain("newsroom asked for at least 100: an extra bulletin after the speech");
});

test("of two overrides on one target the larger floor holds, not the sum", async () => {
  const small = await platform();
  await setOverride(small.context, ASKED, at(17));
  await setOverride(small.context, { ...ASKED, id: "other", floorUnits: 60, author: "ops" }, at(17));
  await ticks(small, at(17), at(17, 2));
  expect(small.control.cloud("api").minimumUnits).toBe(100);
  await withdrawOverride(small.context, "bulletin", { author: "newsroom" }, at(17, 2));
  await ticks(small, at(17, 2), at(17, 59));
  expect(changes(small)).toEqual(["bulletin set", "other set", "bulletin withdrawn", "other expired"]);
});

test("what a withdrawn override held comes down to what the other one holds, never below", async () => {
  const small = await platform();
  await setOverride(small.context, { ...ASKED, untilMs: at(18, 30) }, at(17));
  await setOverride(small.context, { ...ASKED, id: "other", floorUnits: 60, untilMs: at(18, 30) }, at(17));
  await ticks(small, at(17), at(17, 2));
  await withdrawOverride(small.context, "bulletin", { author: "newsroom" }, at(17, 2));
  await ticks(small, at(17, 2), at(18));
  expect(small.control.cloud("api").minimumUnits).toBe(60);
});

test("the end releases in stages, and is told once", async () => {
  const small = await platform();
  await setOverride(small.context, ASKED, at(17));
  const floors: number[] = [];
  for (let atMs = at(17); atMs < at(18, 30); atMs += MINUTE_MS) {
    await ticks(small, atMs, atMs + MINUTE_MS);
    const { minimumUnits } = small.control.cloud("api");
    if (minimumUnits !== floors.at(-1)) floors.push(minimumUnits);
    if (atMs < at(17, 30)) expect(minimumUnits).toBe(100);
  }
  expect(floors.slice(0, 4)).toEqual([100, 50, 25, 13]);
  expect(floors.at(-1)).toBeLessThan(10);
  expect(changes(small)).toEqual(["bulletin set", "bulletin expired"]);
  expect(await stored(small)).not.toHaveProperty("override/bulletin");
});

test("an override with a start of its own is asked for a lead ahead of it", async () => {
  const small = await platform();
  await setOverride(small.context, { ...ASKED, fromMs: at(17, 20) }, at(17));
  await ticks(small, at(17), at(17, 15));
  expect(small.control.cloud("api").minimumUnits).toBeLessThan(100);
  await ticks(small, at(17, 15), at(17, 17));
  expect(small.control.cloud("api").minimumUnits).toBe(100);
});

test("on a target that is only observed it is planned, and nothing is written", async () => {
  const small = await platform({ targets: [target("api", { mode: "observe" })] });
  await setOverride(small.context, ASKED, at(17));
  await ticks(small, at(17), at(17, 5));
  expect(small.journal.at(-1)?.tick).toMatchObject({ mode: "observe", wantedUnits: 100, floorUnits: 4 });
  expect(small.control.calls).toEqual([]);
});

test("every change is told with what it is about; a withdrawal says who withdrew it and why", async () => {
  const small = await platform();
  await setOverride(small.context, ASKED, at(17));
  await withdrawOverride(small.context, "bulletin", { author: "ops", why: "no speech tonight" }, at(17, 1));
  const [set, withdrawn] = small.bus.of("calltime.override.changed");
  expect(set).toMatchObject({ id: "override.changed/bulletin/set/2026-06-13T17:00:00.000Z", at: "2026-06-13T17:00:00.000Z" });
  expect(set?.data).toEqual({
    overrideId: "bulletin",
    what: "a floor of 100 for api",
    change: "set",
    kind: "floor",
    targetIds: ["api"],
    floorUnits: 100,
    author: "newsroom",
    reason: "an extra bulletin after the speech",
    expiresAt: "2026-06-13T17:30:00.000Z",
  });
  expect(withdrawn?.data).toMatchObject({ change: "withdrawn", author: "newsroom", reason: "withdrawn by ops: no speech tonight" });
});

test("the same again changes nothing, with or without its start; other content under its id is refused and changes nothing", async () => {
  const small = await platform();
  const first = await setOverride(small.context, ASKED, at(17));
  expect(first.outcome).toBe("set");
  expect(await setOverride(small.context, ASKED, at(17, 4))).toEqual({ override: first.override, outcome: "unchanged" });
  expect(await setOverride(small.context, { ...ASKED, fromMs: at(17) }, at(17, 4))).toMatchObject({ outcome: "unchanged" });
  for (const other of [{ floorUnits: 101 }, { untilMs: at(17, 31) }, { author: "ops" }, { why: "because" }, { fromMs: at(17, 1) }]) {
    expect(await refusal(setOverride(small.context, { ...ASKED, ...other }, at(17, 4)))).toMatchObject({ code: "override-exists" });
  }
  expect(await listOverrides(small.context, at(17, 4))).toEqual([first.override]);
  expect(changes(small)).toEqual(["bulletin set"]);
});

test("an id that nobody gave follows from the content; one whose override has ended is free again", async () => {
  const small = await platform();
  const { id: _, ...unnamed } = ASKED;
  const first = await setOverride(small.context, unnamed, at(17));
  expect(first.override.id).toMatch(/^ov-[0-9a-z]{14}$/);
  expect(await setOverride(small.context, { ...unnamed, targetIds: ["api", "api"] }, at(17))).toMatchObject({ outcome: "unchanged" });
  expect((await setOverride(small.context, { ...unnamed, floorUnits: 99 }, at(17))).override.id).not.toBe(first.override.id);
  await setOverride(small.context, ASKED, at(17));
  expect(await setOverride(small.context, { ...ASKED, untilMs: at(18) }, at(17, 30))).toMatchObject({ outcome: "set" });
  expect(changes(small).filter((change) => change.startsWith("bulletin"))).toEqual(["bulletin set", "bulletin expired", "bulletin set"]);
});

test.each<[string, Partial<AskedOverride>, RegExp]>([
  ["target-unknown", { targetIds: ["api", "nowhere"] }, /nowhere: .*the targets are api/],
  ["target-unknown", { targetIds: [] }, /no target is named/],
  ["override-above-ceiling", { floorUnits: 401 }, /the ceiling of api is 400/],
  ["override-floor-invalid", { floorUnits: 0 }, /at least 1/],
  ["override-floor-invalid", { floorUnits: 2.5 }, /whole number/],
  ["override-floor-invalid", { floorUnits: Number.NaN }, /whole number/],
  ["override-until-invalid", { untilMs: at(17) }, /a later end/],
  ["override-until-far", { untilMs: at(17) + LONGEST_OVERRIDE_MS + 1 }, /2026-06-20T17:00:00.000Z/],
  ["override-from-invalid", { fromMs: at(17, 30) }, /an earlier start/],
  ["override-author-blank", { author: " " }, /author is blank/],
  ["override-why-blank", { why: "\t" }, /reason is blank/],
  ["override-id-invalid", { id: "Bulletin/1" }, /is no id/],
])("%s: what cannot be is refused with a sentence, and nothing is kept or told (%j)", async (code, wrong, sentence) => {
  const small = await platform();
  const said = await refusal(setOverride(small.context, { ...ASKED, ...wrong }, at(17)));
  expect(said.code).toBe(code);
  expect(said.message).toMatch(sentence);
  expect(await listOverrides(small.context, 0)).toEqual([]);
  expect(changes(small)).toEqual([]);
});

test("the ceiling itself and a whole week are allowed", async () => {
  const small = await platform();
  const asked = { ...ASKED, floorUnits: 400, untilMs: at(17) + LONGEST_OVERRIDE_MS };
  expect(await setOverride(small.context, asked, at(17))).toMatchObject({ outcome: "set" });
});

test("withdrawing what does not hold, also a second time, is refused and names those that do", async () => {
  const small = await platform();
  await setOverride(small.context, ASKED, at(17));
  await setOverride(small.context, { ...ASKED, id: "other" }, at(17));
  await withdrawOverride(small.context, "bulletin", { author: "ops" }, at(17, 1));
  for (const id of ["bulletin", "nowhere", "../floor/api", ""]) {
    const said = await refusal(withdrawOverride(small.context, id, { author: "ops" }, at(17, 2)));
    expect(said).toMatchObject({ code: "override-unknown", message: expect.stringContaining("there are other") as string });
  }
  expect(await refusal(withdrawOverride(small.context, "other", { author: "" }, at(17, 2)))).toMatchObject({
    code: "override-author-blank",
  });
});

test("an end that the bus does not take is told later, once", async () => {
  const small = await platform();
  await setOverride(small.context, ASKED, at(17));
  small.bus.goDown(true);
  await ticks(small, at(17, 30), at(17, 32)).catch(() => undefined);
  small.bus.goDown(false);
  await ticks(small, at(17, 32), at(17, 35));
  expect(changes(small)).toEqual(["bulletin set", "bulletin expired"]);
});

test("the preview says what it changes and costs, before and after it is set; beyond a day it is not known", async () => {
  const small = await platform({ targets: [target("api", { costUsdPerUnitHour: 0.5 }), target("web", { mode: "observe" })] });
  const { override } = await setOverride(
    small.context,
    { ...ASKED, targetIds: ["web", "api"], untilMs: at(17) + LONGEST_OVERRIDE_MS },
    at(17),
  );
  const [api, web] = await previewOverride(small.context, override, at(17));
  expect(api).toEqual({ targetId: "api", mode: "active", nowUnits: 5, willBeUnits: 100, addedUnits: 95, addedUsdPerHour: 47.5 });
  expect(web).toMatchObject({ mode: "observe", willBeUnits: 100, addedUsdPerHour: undefined });
  const later = { ...override, fromMs: at(17) + 2 * 24 * 60 * MINUTE_MS };
  expect((await previewOverride(small.context, later, at(17)))[0]).toMatchObject({ willBeUnits: undefined, addedUnits: undefined });
});
