import fc from "fast-check";
import { expect } from "vitest";
import { assessAir, HARD_CAP_MS, type Air, type ExcessMinute } from "../../shared/core/forecast/air.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { expected, pastEight } from "../core/forecast/made.ts";
import { rule } from "./made.ts";

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
