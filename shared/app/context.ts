import type { Expectation } from "../core/schedule/expectation.ts";
import { occasionsOf, type Occasion } from "../core/schedule/occasion.ts";
import type { Programme, Channel } from "../core/schedule/programme.ts";
import { byStart } from "../core/schedule/programme.ts";
import type { ImpactThreshold } from "../core/forecast/impact.ts";
import type { FloorOverride, Plan, PlanPolicy } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import type { ZoneOffsets } from "../core/time.ts";
import type { Ports } from "./ports.ts";
import { readDocument } from "./documents.ts";

/** What the platform was told by its owner. */
export type Settings = {
  readonly targets: readonly Target[];
  readonly expectations: readonly Expectation[];
  readonly zone: ZoneOffsets;
  readonly threshold: ImpactThreshold;
  readonly cueOffsets: readonly number[];
  readonly policy: PlanPolicy;
};

/** What every use case works with. Make one with `contextOf`. */
export type Context = {
  readonly ports: Ports;
  readonly settings: Settings;
  /** The occasions of all feeds in force; computed again only when a feed has a new generation. */
  readonly occasions: () => Promise<readonly Occasion[]>;
};

/** The context of one deployment (or one laptop). */
export function contextOf(ports: Ports, settings: Settings): Context {
  let known: { readonly key: string; readonly occasions: readonly Occasion[] } | undefined;
  const occasions = async (): Promise<readonly Occasion[]> => {
    const generations = await Promise.all((await ports.schedules.feeds()).map((feedId) => ports.schedules.current(feedId)));
    const present = generations.filter((generation) => generation !== undefined);
    const key = present.map(({ feedId, generation, contentHash }) => `${feedId}/${generation}/${contentHash}`).join(" ");
    if (known?.key === key) return known.occasions;
    const channels: Channel[] = present.flatMap(({ schedule }) => schedule.channels);
    const programmes: Programme[] = present.flatMap(({ schedule }) => schedule.programmes).sort(byStart);
    known = { key, occasions: occasionsOf({ channels, programmes }, settings.expectations) };
    return known.occasions;
  };
  return { ports, settings, occasions };
}

/** The overrides that still hold at `now`. */
export async function overridesAt(context: Context, now: number): Promise<readonly FloorOverride[]> {
  const documents = await context.ports.documents.list("override/");
  return documents.map(({ value }) => value as unknown as FloorOverride).filter((override) => override.untilMs > now);
}

/** Occasions that can matter to a plan between two instants: on air, about to be, or only just over. */
export function occasionsAround(occasions: readonly Occasion[], fromMs: number, toMs: number): readonly Occasion[] {
  return occasions.filter((occasion) => occasion.startsAtMs < toMs && occasion.endsAtMs > fromMs);
}

/** The plan of a target as stored. */
export async function storedPlan(context: Context, targetId: string): Promise<StoredPlan | undefined> {
  return (await readDocument<StoredPlan>(context.ports.documents, `plan/${targetId}`))?.value;
}

/** A plan with its version; the version counts the plans that differed. */
export type StoredPlan = { readonly version: number; readonly plan: Plan };
