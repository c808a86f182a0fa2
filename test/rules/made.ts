import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type * as TickModule from "../../shared/app/tick.ts";
import type * as WarmModule from "../../shared/app/warm.ts";
import { contextOf, type Context } from "../../shared/app/context.ts";
import { measure } from "../../shared/app/measure.ts";
import type { Json, Ports } from "../../shared/app/ports.ts";
import type { Plan } from "../../shared/core/plan/plan.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, type Platform } from "../app/made.ts";

/** The seed of every rule: the same runs, the same counterexamples. */
const SEED = 20_260_613;

/** One of the design's rules: what has to hold of a system, and mistakes that somebody might make, each seen to break it. */
export type Rule<System> = {
  readonly holds: (system: System) => fc.IRawProperty<unknown>;
  readonly real: System;
  /** By what the mistake is. */
  readonly planted: Readonly<Record<string, () => System | Promise<System>>>;
  readonly numRuns: number;
};

/** Tries the rule on the real system, and looks whether each planted bug is caught: by an assertion, not by falling over. */
export function rule<System>(about: string, { holds, real, planted, numRuns }: Rule<System>): void {
  describe(about, () => {
    test("holds", { timeout: 60_000 }, async () => {
      await fc.assert(holds(real), { seed: SEED, numRuns, includeErrorInReport: true });
    });
    test.each(Object.entries(planted))("is seen to be broken where %s", { timeout: 60_000 }, async (_, system) => {
      const tried = await fc.check(holds(await system()), { seed: SEED, numRuns, endOnFailure: true });
      expect(tried.failed).toBe(true);
      expect(tried.errorInstance).toMatchObject({ name: "AssertionError" });
    });
  });
}

/** What Calltime does in a minute, and the part of it that sets floors. */
export type Calltime = { readonly tick: (typeof TickModule)["tick"]; readonly warm: (typeof WarmModule)["warm"] };

/** Calltime with functions of one module replaced; `path` as seen from here. */
export async function calltimeWith<Module extends object>(path: string, change: (real: Module) => Partial<Module>): Promise<Calltime> {
  return withModule(path, change, async () => {
    const [{ tick }, { warm }] = await Promise.all([import("../../shared/app/tick.ts"), import("../../shared/app/warm.ts")]);
    return { tick, warm };
  });
}

/** Whatever `load` imports, with functions of one module replaced. */
export async function withModule<Module extends object, Loaded>(
  path: string,
  change: (real: Module) => Partial<Module>,
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  vi.resetModules();
  vi.doMock(path, async (original) => {
    const real = await original<Module>();
    return { ...real, ...change(real) };
  });
  try {
    return await load();
  } finally {
    vi.doUnmock(path);
    vi.resetModules();
  }
}

let usualWeek: Promise<readonly (readonly [string, Json])[]> | undefined;

async function learnUsualWeek(): Promise<readonly (readonly [string, Json])[]> {
  const made = await platform();
  await measure(made.context, at(17));
  return (await made.documents.list("model/")).map(({ key, value }) => [key, value] as const);
}

/** A platform whose targets were measured for two weeks before 17:00, learned once for all. */
export async function measuredPlatform(more: Parameters<typeof platform>[0] = {}): Promise<Platform> {
  const made = await platform(more);
  for (const [key, value] of await (usualWeek ??= learnUsualWeek())) {
    const keys = made.context.settings.targets.map(({ id }) => key.replace(/\bapi$/, id));
    for (const each of new Set(keys)) await made.documents.write(each, value, 0);
  }
  return made;
}

/** The context of a platform with something between Calltime and its ports. */
export function behind({ context }: Platform, wrap: (ports: Ports) => Ports): Context {
  return contextOf(wrap(context.ports), context.settings);
}

/** Has the plan of the one target ask for `floorUnits` at 17:00 and for the steps after it. */
export async function ask(
  { documents }: Platform,
  floorUnits: number,
  later: readonly { readonly atMs: number; readonly floorUnits: number }[] = [],
): Promise<void> {
  const steps = [{ atMs: at(17), floorUnits }, ...later].map((step) => ({
    ...step,
    neededByMs: step.atMs,
    reasons: [{ type: "baseline" as const, units: 4 }],
  }));
  const plan: Plan = { targetId: "api", madeAtMs: at(17), untilMs: at(17) + 24 * HOUR_MS, steps, shorts: [] };
  const before = await documents.read("plan/api");
  await documents.write("plan/api", { version: (before?.version ?? 0) + 1, plan }, before?.version ?? 0);
}

/** Calls for a minimum as they are made, with what stood there before. */
export type MinimumCall = { readonly atMs: number; readonly fromUnits: number; readonly units: number };

/** Notes every call for a minimum of the one target. */
export function noted(made: Platform): readonly MinimumCall[] {
  const calls: MinimumCall[] = [];
  const { setMinimum } = made.control.capacity;
  made.control.capacity.setMinimum = async (targetId, units) => {
    calls.push({ atMs: made.now(), fromUnits: made.control.cloud(targetId).minimumUnits, units });
    return setMinimum(targetId, units);
  };
  return calls;
}

/** Lets the scheduled actions happen that are due by `atMs`: each sets the minimum. Tells which of them lowered it. */
export function fire({ booking, control }: Platform, atMs: number): readonly string[] {
  const lowered: string[] = [];
  for (const [targetId, actions] of booking.actions) {
    const cloud = control.cloud(targetId);
    for (const { name, minimumUnits } of actions.filter((action) => action.atMs <= atMs).sort((a, b) => a.atMs - b.atMs)) {
      if (minimumUnits === undefined) continue;
      if (minimumUnits < cloud.minimumUnits) lowered.push(`${name} from ${cloud.minimumUnits} to ${minimumUnits}`);
      cloud.minimumUnits = minimumUnits;
      cloud.desiredUnits = Math.max(cloud.desiredUnits, minimumUnits);
    }
    booking.actions.set(
      targetId,
      actions.filter((action) => action.atMs > atMs),
    );
  }
  return lowered;
}

/** So many minutes after 17:00. */
export function minute(n: number): number {
  return at(17) + n * MINUTE_MS;
}
