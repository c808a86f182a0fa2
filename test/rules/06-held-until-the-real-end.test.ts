import fc from "fast-check";
import { expect } from "vitest";
import { assessAir, HARD_CAP_MS, type Air, type ExcessMinute } from "../../shared/core/forecast/air.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type * as NowcastModule from "../../shared/core/forecast/nowcast.ts";
import { tick } from "../../shared/app/tick.ts";
import { warm } from "../../shared/app/warm.ts";
import { crowd, slot } from "../app/made.ts";
import { expected, pastEight } from "../core/forecast/made.ts";
import { calltimeWith, measuredPlatform, minute, rule, type Calltime } from "./made.ts";

type Assess = typeof assessAir;

const VIEWERS = 100_000;
const GUIDE_MINUTES = 100;
// The first half of a crowd takes longer than this to leave.
const HALF_LIFE_MINUTES = 5;

/** An evening's crowd: how long it stays beyond the guide's end, a half-time, noise, and outages in which most of it is gone at once. */
const anyCrowd = fc.record({
  overrun: fc.integer({ min: 0, max: 110 }),
  breakAt: fc.integer({ min: 30, max: 70 }),
  noise: fc.array(fc.double({ min: 0.93, max: 1.07, noNaN: true }), { minLength: 7, maxLength: 7 }),
  outages: fc.array(
    fc.record({
      at: fc.integer({ min: 12, max: 200 }),
      minutes: fc.integer({ min: 3, max: 25 }),
      share: fc.double({ min: 0, max: 0.2, noNaN: true }),
    }),
    { maxLength: 2 },
  ),
});

type Crowd = typeof anyCrowd extends fc.Arbitrary<infer Each> ? Each : never;

function crowdAt({ overrun, breakAt, noise, outages }: Crowd, n: number): number {
  const endsAt = GUIDE_MINUTES + overrun;
  const there = n < 0 ? 0.3 : n < endsAt ? 1 : 0.5 ** ((n - endsAt) / HALF_LIFE_MINUTES);
  const atBreak = n >= breakAt && n < breakAt + 15 ? 0.75 : 1;
  // An outage is over before the real end, and leaves some minutes to see that the crowd is back.
  const dark = outages.find((each) => n >= each.at && n < Math.min(each.at + each.minutes, endsAt - 10));
  return VIEWERS * there * atBreak * (dark?.share ?? 1) * (noise[Math.abs(n) % noise.length] ?? 1);
}

rule<Assess>("an occasion is held until its crowd really leaves: not to the guide's end, not to an outage, not for ever", {
  holds: (assess) =>
    fc.property(anyCrowd, (crowd) => {
      const occasion = expected(VIEWERS, { lengthMinutes: GUIDE_MINUTES });
      const realEnd = GUIDE_MINUTES + crowd.overrun;
      const excess: ExcessMinute[] = [];
      let air: Air | undefined;
      for (let n = -5; n < realEnd + 40 && n < GUIDE_MINUTES + 125; n += 1) {
        const now = pastEight(n);
        if (n >= -3) excess.push({ atMs: pastEight(n - 2), excess: crowdAt(crowd, n - 2) });
        air = assess({ occasion, before: air, excess, expected: VIEWERS, now });
        if (n < 0) expect(air.kind).toBe("ahead");
        else if (n <= realEnd && now < occasion.endsAtMs + HARD_CAP_MS) expect({ n, kind: air.kind }).toEqual({ n, kind: "on-air" });
      }
      expect(air?.kind).toBe("ended");
      if (air?.kind === "ended" && air.by === "crowd")
        expect(Math.abs(air.endedAtMs - pastEight(realEnd))).toBeLessThanOrEqual(5 * MINUTE_MS);
    }),
  real: assessAir,
  planted: {
    "the guide's end is the end": () => (input) => {
      const air = assessAir(input);
      return input.now > input.occasion.endsAtMs ? { kind: "ended", endedAtMs: input.occasion.endsAtMs, by: "crowd" } : air;
    },
    "three low minutes are an end, however they fell": () => (input) => {
      const air = assessAir(input);
      const last = input.excess.slice(-3);
      const low = input.now > input.occasion.endsAtMs && last.every(({ excess }) => excess < 0.6 * VIEWERS);
      return air.kind === "on-air" && low ? { kind: "ended", endedAtMs: input.now - 3 * MINUTE_MS, by: "crowd" } : air;
    },
    "a crowd that was seen to leave is on air again with the next look": () => (input) =>
      assessAir({ ...input, before: undefined, excess: input.excess.slice(-2) }),
    "an hour of overrun is the most": () => (input) => {
      const air = assessAir(input);
      const capMs = input.occasion.endsAtMs + 60 * MINUTE_MS;
      return air.kind === "on-air" && input.now >= capMs ? { kind: "ended", endedAtMs: capMs, by: "cap" } : air;
    },
  },
  numRuns: 60,
});

const anyNight = fc.record({
  overrun: fc.integer({ min: 0, max: 20 }),
  outage: fc.option(fc.record({ at: fc.integer({ min: 18, max: 30 }), minutes: fc.integer({ min: 4, max: 26 }) }), {
    nil: undefined,
    freq: 6,
  }),
});

rule<Calltime>("the floor stays up for as long as the crowd is there, through an overrun and an outage", {
  holds: (calltime) =>
    fc.asyncProperty(anyNight, async ({ overrun, outage }) => {
      const [startsAtMs, endsAtMs] = [minute(5), minute(50)];
      const made = await measuredPlatform({
        programmes: [slot("one", "Cup Final", startsAtMs, endsAtMs), slot("two", "Quiz", minute(-60), minute(300))],
        expectations: [
          {
            occasion: "the cup final",
            title: "cup final",
            channels: ["one"],
            windowStartMs: minute(0),
            windowEndMs: minute(60),
            viewers: 200_000,
          },
        ],
      });
      const realEnd = 50 + overrun;
      const there = crowd(200_000, startsAtMs, minute(realEnd));
      const isOut = (atMs: number): boolean =>
        outage !== undefined && atMs >= minute(outage.at) && atMs < minute(Math.min(outage.at + outage.minutes, 46));
      made.measured.world.viewers = (channelId, atMs) => (channelId === "one" && isOut(atMs) ? 3_000 : there(channelId, atMs));
      made.measured.world.loadRps = (_, atMs) => 300 + 0.03 * ((made.measured.world.viewers("one", atMs) ?? 0) - 1_000);
      for (let n = 0; n <= realEnd; n += 1) {
        made.goTo(minute(n));
        await calltime.tick(made.context, minute(n));
        made.control.serve();
        if (n >= 5) expect({ n, held: made.control.cloud("api").minimumUnits >= 60 }).toEqual({ n, held: true });
      }
    }),
  real: { tick, warm },
  planted: {
    "what lies more than five minutes back is not looked at, and an outage is a small crowd": () =>
      calltimeWith<typeof NowcastModule>("../../shared/core/forecast/nowcast.ts", ({ nowcast }) => ({
        nowcast: (input) => nowcast({ ...input, measured: input.measured.slice(-5) }),
      })),
  },
  numRuns: 5,
});
