import fc from "fast-check";
import { expect } from "vitest";
import { assessReadiness, CHECKPOINTS, type TargetEvidence } from "../../shared/core/readiness/verdict.ts";
import { TARGET_MODES } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type { Ports } from "../../shared/app/ports.ts";
import { warm } from "../../shared/app/warm.ts";
import { platform } from "../app/made.ts";
import { ask, behind, minute, rule } from "./made.ts";

type Assess = typeof assessReadiness;

const NOW = minute(0);
const anyUnits = fc.integer({ min: 0, max: 60 });
const orUnknown = <T>(known: fc.Arbitrary<T>) => fc.option(known, { nil: undefined, freq: 4 });

const anyTarget: fc.Arbitrary<TargetEvidence> = fc.record({
  targetId: fc.constantFrom("api", "db", "edge"),
  neededUnits: orUnknown(fc.integer({ min: 1, max: 60 })),
  loadKnown: fc.boolean(),
  servingUnits: orUnknown(anyUnits),
  floorUnits: orUnknown(anyUnits),
  neededByMs: fc.integer({ min: 0, max: 20 }).map((minutes) => NOW + minutes * MINUTE_MS),
  readyByMs: orUnknown(fc.integer({ min: -10, max: 30 }).map((minutes) => NOW + minutes * MINUTE_MS)),
  shortUnits: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: anyUnits }),
  cappedUnits: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: anyUnits }),
  mode: fc.constantFrom(...TARGET_MODES),
});

const isServing = ({ neededUnits, servingUnits, loadKnown }: TargetEvidence): boolean =>
  loadKnown && neededUnits !== undefined && servingUnits !== undefined && servingUnits >= 0.98 * neededUnits;
const isProved = ({ neededUnits, servingUnits }: TargetEvidence): boolean => neededUnits !== undefined && servingUnits !== undefined;

rule<Assess>("an occasion is ready when all that it needs is serving, and whoever is woken is woken for late, short or a last unknown", {
  holds: (assess) =>
    fc.property(fc.array(anyTarget, { maxLength: 3 }), fc.constantFrom(...CHECKPOINTS), (targets, checkpoint) => {
      const { verdict, pages, evidence } = assess({ checkpoint, targets, now: NOW });
      if (verdict === "ready") expect(targets.length > 0 && targets.every(isServing)).toBe(true);
      if (
        targets.some((target) => target.shortUnits + target.cappedUnits === 0 && !isProved(target)) &&
        !["late", "short"].includes(verdict)
      )
        expect(verdict).toBe("unknown");
      if (targets.some(({ shortUnits, cappedUnits }) => shortUnits + cappedUnits > 0)) expect(verdict).toBe("short");
      for (const one of evidence) {
        const isShort = one.verdict === "late" || one.verdict === "short";
        if (isShort && one.mode !== "observe") expect(pages).toBe(true);
      }
      const lastCalls = checkpoint === "T-10" || checkpoint === "T-2";
      if (verdict === "unknown") expect(pages && !lastCalls).toBe(false);
      if (targets.length === 0) expect({ verdict, pages }).toEqual({ verdict: "unknown", pages: lastCalls });
      if (["ready", "warming-on-time", "planned"].includes(verdict)) expect(pages).toBe(false);
    }),
  real: assessReadiness,
  planted: {
    "what an API said yes to is taken for serving": () => (input) =>
      assessReadiness({ ...input, targets: input.targets.map((target) => ({ ...target, servingUnits: target.floorUnits })) }),
    "a target that could not be looked at is left out": () => (input) =>
      assessReadiness({ ...input, targets: input.targets.filter(({ servingUnits }) => servingUnits !== undefined) }),
    "units that nobody could count are none, and none needed are ready": () => (input) =>
      assessReadiness({ ...input, targets: input.targets.map((target) => ({ ...target, neededUnits: target.neededUnits ?? 0 })) }),
    "the best of the targets decides": () => (input) => {
      const all = assessReadiness(input);
      return all.evidence.some(({ verdict }) => verdict === "ready") ? { ...all, verdict: "ready" as const } : all;
    },
    "an unknown pages from the beginning": () => (input) => assessReadiness({ ...input, checkpoint: "T-2" }),
  },
  numRuns: 500,
});

type Behind = (ports: Ports) => Ports;

rule<Behind>("a warm-up is completed once its units serve, not before", {
  holds: (wrap) =>
    fc.asyncProperty(fc.integer({ min: 10, max: 90 }), fc.integer({ min: 0, max: 8 }), async (units, servedAfter) => {
      const made = await platform();
      const context = behind(made, wrap);
      await ask(made, units);
      for (let n = 0; n < 12; n += 1) {
        made.goTo(minute(n));
        if (n > servedAfter) made.control.serve();
        await warm(context, minute(n));
        const completed = made.bus.of("calltime.warm-up.completed").length;
        expect(completed).toBe(n > servedAfter ? 1 : 0);
      }
    }),
  real: (ports) => ports,
  planted: {
    "units asked for are described as serving": () => (ports) => ({
      ...ports,
      capacity: {
        ...ports.capacity,
        describe: async (ids) =>
          (await ports.capacity.describe(ids)).map((state) =>
            state.kind === "known" ? { ...state, servingUnits: state.desiredUnits } : state,
          ),
      },
    }),
  },
  numRuns: 10,
});
