import fc from "fast-check";
import { expect } from "vitest";
import type * as BookingsAppModule from "../../shared/app/bookings.ts";
import type * as ModesModule from "../../shared/app/modes.ts";
import { setMode } from "../../shared/app/modes.ts";
import { tick } from "../../shared/app/tick.ts";
import { warm } from "../../shared/app/warm.ts";
import { parseTargets } from "../../shared/config/targets.ts";
import { TARGET_MODES, type TargetMode } from "../../shared/core/target.ts";
import { isOurs } from "../../shared/core/warm/bookings.ts";
import { platform, target } from "../app/made.ts";
import { ask, calltimeWith, minute, rule, type Calltime } from "./made.ts";

const anyMode = fc.constantFrom(...TARGET_MODES);
const anyMoment = fc.record({
  floorUnits: fc.integer({ min: 5, max: 100 }),
  set: fc.option(fc.record({ mode: anyMode, whose: fc.constantFrom("api", undefined) }), { nil: undefined, freq: 3 }),
});
const allows = (mode: TargetMode): number => ["frozen", "observe", "active"].indexOf(mode);

rule<Calltime>(
  "only what is active, by its own switch and by the one for all, is written; the rest keeps its floor and has no bookings of ours",
  {
    holds: (calltime) =>
      fc.asyncProperty(anyMode, fc.array(anyMoment, { minLength: 2, maxLength: 12 }), async (file, moments) => {
        const made = await platform({ targets: [target("api", { mode: file })] });
        let own: TargetMode = file;
        let all: TargetMode = "active";
        for (const [n, { floorUnits, set }] of moments.entries()) {
          const now = minute(n);
          made.goTo(now);
          if (set !== undefined) {
            await setMode(
              made.context,
              { mode: set.mode, ...(set.whose !== undefined && { targetId: set.whose }), author: "ops", why: "to see" },
              now,
            );
            if (set.whose === undefined) all = set.mode;
            else own = set.mode;
          }
          await ask(made, floorUnits, [{ atMs: minute(60), floorUnits: 200 }]);
          const before = { minimum: made.control.cloud("api").minimumUnits, calls: made.control.calls.length };
          const puts = made.booking.calls.filter((call) => call.startsWith("put")).length;
          await calltime.warm(made.context, now);
          const { minimumUnits } = made.control.cloud("api");
          const ours = (made.booking.actions.get("api") ?? []).filter(({ name }) => isOurs(name));
          if (Math.min(allows(own), allows(all)) === allows("active")) {
            expect(minimumUnits).toBeGreaterThanOrEqual(floorUnits);
            expect(ours.length).toBeGreaterThan(0);
            continue;
          }
          expect({ minimum: minimumUnits, calls: made.control.calls.length }).toEqual(before);
          expect(made.booking.calls.filter((call) => call.startsWith("put")).length).toBe(puts);
          expect(ours).toEqual([]);
        }
      }),
    real: { tick, warm },
    planted: {
      "what a person set is forgotten, and the target's file holds": () =>
        calltimeWith<typeof ModesModule>("../../shared/app/modes.ts", () => ({
          modeOf: ({ mode }) => mode,
          targetsInForce: async ({ settings }) => settings.targets,
        })),
      "a target's own switch is stronger than the one for all": () =>
        calltimeWith<typeof ModesModule>("../../shared/app/modes.ts", ({ readModes }) => {
          const modeOf: (typeof ModesModule)["modeOf"] = ({ id, mode }, modes) => modes.targets[id]?.mode ?? modes.all?.mode ?? mode;
          return {
            modeOf,
            targetsInForce: async (context) => {
              const modes = await readModes(context);
              return context.settings.targets.map((each) => ({ ...each, mode: modeOf(each, modes) }));
            },
          };
        }),
      "frozen is written like active": () =>
        calltimeWith<typeof ModesModule>("../../shared/app/modes.ts", ({ modeOf, targetsInForce }) => {
          const thawed = (mode: TargetMode): TargetMode => (mode === "frozen" ? "active" : mode);
          return {
            modeOf: (of, modes) => thawed(modeOf(of, modes)),
            targetsInForce: async (context) => (await targetsInForce(context)).map((each) => ({ ...each, mode: thawed(each.mode) })),
          };
        }),
      "bookings stay when a target is frozen": () =>
        calltimeWith<typeof BookingsAppModule>("../../shared/app/bookings.ts", () => ({ removeBookings: async () => [] })),
    },
    numRuns: 60,
  },
);

/** The mode that a target of a file has. */
type ModeOf = (written: string | undefined) => TargetMode | undefined;

function fileWith(written: string | undefined): string {
  const mode = written === undefined ? "" : `\n    mode: ${written}`;
  return `targets:
  - id: api
    kind: ecs-service${mode}
    throughput: 100
    baseline: 4
    ceiling: 40
    loadPerViewer: 0.03
    startUpMinutes: 3
    launchPerMinute: 60
    scalesIn: target-tracking
`;
}

rule<ModeOf>("a target is observed until its owner says otherwise", {
  holds: (modeOf) =>
    fc.property(fc.option(anyMode, { nil: undefined }), (written) => {
      expect(modeOf(written)).toBe(written ?? "observe");
    }),
  real: (written) => parseTargets(fileWith(written), "targets.yaml").targets[0]?.mode,
  planted: {
    "a target of which nothing is said is active": () => (written) =>
      parseTargets(fileWith(written ?? "active"), "targets.yaml").targets[0]?.mode,
  },
  numRuns: 20,
});
