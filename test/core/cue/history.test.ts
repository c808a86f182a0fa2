import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cue, CueFacts } from "../../../shared/core/cue/cue.ts";
import { at, Evening, final } from "./evening.ts";

/** What the guide and the air say in one stretch of an evening: listed or not, above the threshold or not, moved, really begun or over. */
const anyStretch = fc.record({
  minutes: fc.integer({ min: 1, max: 60 }),
  listed: fc.boolean(),
  above: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  startsAt: fc.constantFrom(-60, -5, 0, 0, 0, 3, 40, 200),
  length: fc.constantFrom(30, 120, 120, 150),
  name: fc.constantFrom("the cup final", "the cup final", "the replay"),
});
const anyHistory = fc.record({
  stretches: fc.array(anyStretch, { minLength: 1, maxLength: 8 }),
  begunAt: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  lostTicks: fc.func(fc.boolean()),
});

/** What somebody who keeps the message with the highest revision of one cue believes, or undefined after a withdrawal. */
function believed(cues: readonly Cue[]): CueFacts | undefined {
  const newest = cues.at(-1);
  return newest?.kind === "cue" ? newest.subject.occasion : undefined;
}

/** Plays a history; after each tick `check` sees what is so, and everything sent of each side. */
function play(
  {
    stretches,
    begunAt,
    lostTicks,
  }: {
    stretches: readonly (typeof anyStretch extends fc.Arbitrary<infer T> ? T : never)[];
    begunAt: number | undefined;
    lostTicks: (n: number) => boolean;
  },
  check: (now: { minute: number; subject: ReturnType<typeof final> | undefined; evening: Evening }) => void,
): void {
  const evening = new Evening([]);
  let minute = -130;
  for (const stretch of stretches) {
    const until = minute + stretch.minutes;
    for (; minute < until; minute += 1) {
      const begun = begunAt !== undefined && minute > stretch.startsAt + begunAt;
      const subject = final({
        name: stretch.name,
        startsAtMs: at(stretch.startsAt),
        endsAtMs: at(stretch.startsAt + stretch.length),
        air: begun ? { kind: "on-air", startedAtMs: at(stretch.startsAt + begunAt) } : { kind: "ahead" },
      });
      const listed = stretch.listed ? [subject.occasion] : [];
      evening.set(stretch.listed && stretch.above ? [subject] : [], listed);
      if (lostTicks(minute)) continue;
      evening.tick(minute);
      check({ minute, subject: stretch.listed && stretch.above ? subject : undefined, evening });
    }
  }
}

function sentOf(evening: Evening, side: "starting" | "ending"): readonly Cue[] {
  return evening.cues.map(({ cue }) => cue).filter((cue) => cue.side === side);
}

test("over any history the revisions of a cue never go down, and differ where the facts or the kind of message do", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      let last: Evening | undefined;
      play(history, ({ evening }) => (last = evening));
      if (last === undefined) return;
      for (const side of ["starting", "ending"] as const) {
        const sent = sentOf(last, side);
        for (const [index, cue] of sent.entries()) {
          const before = sent[index - 1];
          if (before === undefined) {
            expect(cue).toMatchObject({ kind: "cue", revision: 1 });
            continue;
          }
          const same =
            cue.kind === "cue" &&
            before.kind === "cue" &&
            cue.timing.kind === "ahead" &&
            before.timing.kind === "ahead" &&
            factsOf(cue.subject.occasion) === factsOf(before.subject.occasion);
          expect(cue.revision).toBe(before.revision + (same ? 0 : 1));
        }
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("over any history whoever got a cue knows after each tick what the guide says, or was told that it no longer holds", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      play(history, ({ minute, subject, evening }) => {
        for (const side of ["starting", "ending"] as const) {
          const sent = sentOf(evening, side);
          const facts = believed(sent);
          const newest = sent.at(-1);
          if (facts === undefined || newest?.kind !== "cue" || newest.timing.kind === "actual") continue;
          const instantMs = side === "starting" ? facts.startsAtMs : facts.endsAtMs;
          // What they were told lies in the past: it can no longer mislead anybody.
          if (at(minute) >= instantMs) continue;
          if (subject === undefined) {
            // It was on air when it stopped being above the threshold: its end stands.
            expect(side === "ending" && at(minute) >= facts.startsAtMs).toBe(true);
          } else {
            expect(factsOf(facts)).toBe(factsOf(subject.occasion));
          }
        }
      });
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("over any history no two messages say the same thing, and each actual start is told once", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      let last: Evening | undefined;
      play(history, ({ evening }) => (last = evening));
      const messages = (last?.cues ?? []).map(({ cue }) =>
        JSON.stringify([cue.side, cue.revision, cue.kind === "cue" ? cue.timing : "withdrawn"]),
      );
      expect(new Set(messages).size).toBe(messages.length);
      const actual = (last?.cues ?? []).filter(({ cue }) => cue.kind === "cue" && cue.timing.kind === "actual");
      expect(actual.length).toBeLessThanOrEqual(1);
    }),
    { seed: 1, numRuns: 300 },
  );
});

function factsOf({ name, startsAtMs, endsAtMs, channelIds }: CueFacts): string {
  return JSON.stringify([name, startsAtMs, endsAtMs, channelIds]);
}
