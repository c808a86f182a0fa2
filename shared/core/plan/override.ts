import type { Expectation } from "../schedule/expectation.ts";
import type { Occasion, Said } from "../schedule/occasion.ts";
import { MINUTE_MS } from "../time.ts";

/** What every override is: a lease in [fromMs, untilMs), with somebody's name and reason. */
type Lease = { readonly id: string; readonly fromMs: number; readonly untilMs: number; readonly author: string; readonly why: string };

/** A floor on some targets. The largest of several wins. */
export type FloorOverride = Lease & { readonly kind: "floor"; readonly targetIds: readonly string[]; readonly floorUnits: number };

/** A factor on what the plan asks of some targets for their load. The largest of several wins. */
export type FactorOverride = Lease & { readonly kind: "factor"; readonly targetIds: readonly string[]; readonly factor: number };

/** Nothing of some targets is lowered. */
export type HoldOverride = Lease & { readonly kind: "hold"; readonly targetIds: readonly string[] };

/** An occasion starts (and ends) later than the guide says, or only ends later. */
export type TimingOverride = Lease & { readonly kind: "delay" | "overrun"; readonly occasionId: string; readonly byMinutes: number };

/** An occasion does not take place. */
export type CancelOverride = Lease & { readonly kind: "cancel"; readonly occasionId: string };

/** How many viewers an occasion is expected to have, instead of what was expected or is known. */
export type AudienceOverride = Lease & {
  readonly kind: "expected-audience";
  readonly occasionId: string;
  readonly viewers: number;
  readonly interval?: { readonly lower: number; readonly upper: number };
};

/** What a person may ask for, for a while. */
export type Override = FloorOverride | FactorOverride | HoldOverride | TimingOverride | CancelOverride | AudienceOverride;

/** The kinds of override: of targets first, then of occasions. */
export const OVERRIDE_KINDS = ["floor", "factor", "hold", "overrun", "delay", "cancel", "expected-audience"] as const;

/** Whether an override holds at an instant. */
function holdsAt({ fromMs, untilMs }: Override, atMs: number): boolean {
  return atMs >= fromMs && atMs < untilMs;
}

/** The factor that holds on what a target's load asks for at an instant, with the override it comes from; undefined where none does. */
export function factorAt(overrides: readonly Override[], targetId: string, atMs: number): FactorOverride | undefined {
  let largest: FactorOverride | undefined;
  for (const override of overrides) {
    if (override.kind !== "factor" || !override.targetIds.includes(targetId) || !holdsAt(override, atMs)) continue;
    // Failing upwards: of two people who disagree, the one who asks for more is heard. The id settles a draw, whatever the order.
    if (largest === undefined || override.factor > largest.factor || (override.factor === largest.factor && override.id < largest.id)) {
      largest = override;
    }
  }
  return largest;
}

/** The override that keeps anything of a target from being lowered at an instant; of several the one that lasts longest. */
export function holdAt(overrides: readonly Override[], targetId: string, atMs: number): HoldOverride | undefined {
  let longest: HoldOverride | undefined;
  for (const override of overrides) {
    if (override.kind !== "hold" || !override.targetIds.includes(targetId) || !holdsAt(override, atMs)) continue;
    if (longest === undefined || override.untilMs > longest.untilMs || (override.untilMs === longest.untilMs && override.id < longest.id)) {
      longest = override;
    }
  }
  return longest;
}

/**
 * The occasions as the overrides that hold at `now` make them. Of several overruns (or delays) of one occasion the longest holds, of several
 * audiences the largest; one that is cancelled is left out, unless `onAir` says that its crowd is there. The order of overrides does not matter.
 */
export function occasionsWith(
  occasions: readonly Occasion[],
  overrides: readonly Override[],
  now: number,
  onAir: (occasionId: string) => boolean,
): readonly Occasion[] {
  const holding = overrides.filter((override) => "occasionId" in override && holdsAt(override, now));
  if (holding.length === 0) return occasions;
  // Whether a cancelled one stays may be another matter in the next minute.
  if (holding.some(({ kind }) => kind === "cancel")) return changedBy(holding, occasions, onAir);
  const before = lastChanged.get(occasions);
  if (before?.by.length === holding.length && holding.every((override, index) => override === before.by[index])) return before.occasions;
  const changed = changedBy(holding, occasions, onAir);
  lastChanged.set(occasions, { by: holding, occasions: changed });
  return changed;
}

// Overrides hold for many minutes. As long as they do the occasions are the same objects, and what was concluded from them still holds.
const lastChanged = new WeakMap<readonly Occasion[], { readonly by: readonly Override[]; readonly occasions: readonly Occasion[] }>();

function changedBy(
  holding: readonly Override[],
  occasions: readonly Occasion[],
  onAir: (occasionId: string) => boolean,
): readonly Occasion[] {
  return occasions.flatMap((occasion) => {
    const mine = holding.filter((override) => "occasionId" in override && isAbout(override.occasionId, occasion));
    if (mine.length === 0) return [occasion];
    if (mine.some(({ kind }) => kind === "cancel") && !onAir(occasion.id)) return [];
    return [overridden(occasion, mine)];
  });
}

/** The occasions that overrides hold back at `now`, with who said so: those that `occasionsWith` leaves out. */
export function calledOffBy(
  occasions: readonly Occasion[],
  overrides: readonly Override[],
  now: number,
  onAir: (occasionId: string) => boolean,
): readonly Occasion[] {
  const cancels = overrides.filter((override): override is CancelOverride => override.kind === "cancel" && holdsAt(override, now));
  if (cancels.length === 0) return [];
  return occasions.flatMap((occasion) => {
    const cancel = largest(
      cancels.filter(({ occasionId }) => isAbout(occasionId, occasion)),
      ({ untilMs }) => untilMs,
    );
    if (cancel === undefined || onAir(occasion.id)) return [];
    const { author, why } = cancel;
    return [{ ...occasion, said: [{ change: { kind: "cancelled" }, author, why }] }];
  });
}

/** An occasion is named by its own id, or by that of one of its programmes. */
function isAbout(id: string, occasion: Occasion): boolean {
  return occasion.id === id || occasion.programmes.some((programme) => programme.id === id);
}

/** The one of several overrides that is heard: the largest, and of equals the one whose id comes first. */
function largest<Kind extends Override>(overrides: readonly Kind[], sizeOf: (override: Kind) => number): Kind | undefined {
  return overrides.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.id < b.id ? -1 : 1))[0];
}

function overridden(occasion: Occasion, overrides: readonly Override[]): Occasion {
  const timing = (wanted: TimingOverride["kind"]): TimingOverride | undefined =>
    largest(
      overrides.filter((override): override is TimingOverride => override.kind === wanted),
      ({ byMinutes }) => byMinutes,
    );
  const audience = largest(
    overrides.filter((override): override is AudienceOverride => override.kind === "expected-audience"),
    ({ viewers }) => viewers,
  );
  const delay = timing("delay");
  const overrun = timing("overrun");
  const said: readonly Said[] = [
    ...(occasion.said ?? []),
    ...saidBy(delay, "start"),
    ...saidBy(overrun, "end"),
    ...(audience === undefined
      ? []
      : [{ change: { kind: "audience", viewers: audience.viewers }, author: audience.author, why: audience.why } as const]),
  ];
  const delayMs = (delay?.byMinutes ?? 0) * MINUTE_MS;
  const overrunMs = (overrun?.byMinutes ?? 0) * MINUTE_MS;
  const { startsAtMs, endsAtMs } = occasion.listed ?? occasion;
  return {
    ...occasion,
    // Where somebody corrected the slot too, both may mean the same half hour: they do not add up. The earlier start and the later end hold.
    startsAtMs: occasion.listed !== undefined && delay === undefined ? occasion.startsAtMs : startsOf(occasion, startsAtMs + delayMs),
    endsAtMs: occasion.listed === undefined ? endsAtMs + delayMs + overrunMs : Math.max(occasion.endsAtMs, endsAtMs + delayMs + overrunMs),
    ...(said.length > 0 && { said }),
    ...(audience !== undefined && { expectation: expectationOf(occasion, audience), toldLater: true }),
  };
}

function startsOf({ startsAtMs, listed }: Occasion, delayedMs: number): number {
  return listed === undefined ? delayedMs : Math.min(startsAtMs, delayedMs);
}

function saidBy(override: TimingOverride | undefined, kind: "start" | "end"): readonly Said[] {
  if (override === undefined) return [];
  const { byMinutes, author, why } = override;
  return [{ change: { kind, byMinutes }, author, why }];
}

function expectationOf(occasion: Occasion, { viewers, interval }: AudienceOverride): Expectation {
  const { name, seriesKey, channelIds, startsAtMs, expectation } = occasion;
  const slots = expectation ?? {
    occasion: name,
    title: seriesKey,
    channels: channelIds,
    windowStartMs: startsAtMs,
    windowEndMs: startsAtMs + MINUTE_MS,
  };
  const { interval: _, ...pattern } = { ...slots, viewers, interval: undefined };
  return { ...pattern, ...(interval !== undefined && { interval }) };
}
