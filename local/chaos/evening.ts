import { ARRIVAL_MS } from "../../shared/core/forecast/shape.ts";
import type { Expectation } from "../../shared/core/schedule/expectation.ts";
import { derive } from "../../shared/core/simulate/seeded.ts";
import type { TrueOccasion, World } from "../../shared/core/simulate/world.ts";
import type { Target, TargetMode } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { drawOf, type Draw } from "./draw.ts";
import { EVENING_MINUTES, familyOf, type Family } from "./family.ts";
import { ordinaryGuide, withSlot, xmltvOf, type GuideSlot } from "./guide.ts";
import { truthOf } from "./truth.ts";

/** Something that draws a crowd, as it is told and as it is. */
type Big = {
  readonly name: string;
  readonly title: string;
  readonly channels: readonly string[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** What people expect, and the spread of ln(fact ÷ expected) that they honestly state. */
  readonly expectedViewers: number;
  readonly spread: number;
  readonly trueViewers: number;
  /** An expectation from the start, an override while it is still time, or nothing. */
  readonly told: "expectation" | "override" | "nothing";
  /** From when on the guide has it; undefined: from the start. */
  readonly listedAtMs: number | undefined;
  readonly startsLateMinutes: number;
  readonly endsLateMinutes: number;
};

/** What befalls an evening, in the order of `atMs`. Everything is drawn before it begins. */
export type Happening =
  | { readonly kind: "feed"; readonly atMs: number; readonly text: string; readonly what: string }
  | {
      readonly kind: "floor";
      readonly atMs: number;
      readonly id: string;
      readonly targetId: string;
      readonly floorUnits: number;
      readonly untilMs: number;
    }
  | {
      readonly kind: "factor";
      readonly atMs: number;
      readonly id: string;
      readonly targetId: string;
      readonly factor: number;
      readonly untilMs: number;
    }
  | { readonly kind: "hold"; readonly atMs: number; readonly id: string; readonly targetId: string; readonly untilMs: number }
  | {
      readonly kind: "overrun" | "delay";
      readonly atMs: number;
      readonly id: string;
      readonly occasion: string;
      readonly byMinutes: number;
      readonly untilMs: number;
    }
  | { readonly kind: "cancel"; readonly atMs: number; readonly id: string; readonly occasion: string; readonly untilMs: number }
  | {
      readonly kind: "expected-audience";
      readonly atMs: number;
      readonly id: string;
      readonly occasion: string;
      readonly viewers: number;
      readonly spread: number;
      readonly untilMs: number;
    }
  | { readonly kind: "withdraw"; readonly atMs: number; readonly id: string }
  | { readonly kind: "mode"; readonly atMs: number; readonly mode: TargetMode; readonly targetId: string | undefined };

/** Ticks that Calltime does not run: it is down in [fromMs, toMs). */
export type Outage = { readonly fromMs: number; readonly toMs: number };

/** A tick that is stopped dead before its `afterCalls`-th call to a port: what was done stays, the rest never happens. */
export type Crash = { readonly atMs: number; readonly afterCalls: number };

/** One seeded evening: what Calltime is told, what is true, and what goes wrong. */
export type ChaosEvening = {
  readonly seed: number;
  readonly family: Family;
  readonly targets: readonly Target[];
  readonly expectations: readonly Expectation[];
  readonly guide: string;
  /** What is true of its crowd and its cloud. Calltime never reads it. */
  readonly world: World;
  readonly happenings: readonly Happening[];
  /** When the crowd of programmes that the feed alone has made up would begin to come; undefined when it makes up none. */
  readonly madeUpFromMs: number | undefined;
  readonly outages: readonly Outage[];
  readonly crashes: readonly Crash[];
};

/** The evening of a seed: the same seed, the same evening. */
export function makeEvening(seed: number): ChaosEvening {
  const family = familyOf(seed);
  const draw = drawOf(derive(seed, "evening"));
  const bigs = bigsOf(family, seed, draw);
  const slots = bigs.flatMap((big) => big.channels.map((channelId) => ({ big, slot: slotOf(big, channelId) })));
  const madeUp = madeUpOf(family, draw);
  const ordinary = ordinaryGuide(family, seed);
  const listed = (atMs: number): readonly GuideSlot[] =>
    slots
      .filter(({ big }) => big.listedAtMs === undefined || big.listedAtMs <= atMs)
      .reduce((guide, { slot }) => withSlot(guide, slot), ordinary);
  return {
    seed,
    family,
    targets: family.targets.map((target) => limited(target, family, bigs, draw)),
    expectations: bigs.filter(({ told }) => told === "expectation").map(expectationOf),
    guide: xmltvOf(family, listed(family.fromMs)),
    world: truthOf(family, bigs.map(trueOccasion), draw),
    happenings: [...feedsOf(family, { bigs, listed, madeUp }, draw), ...personsOf(family, bigs, draw), ...modesOf(family, draw)].sort(
      (a, b) => a.atMs - b.atMs,
    ),
    madeUpFromMs: madeUp && madeUp.startsAtMs - ARRIVAL_MS,
    outages: outagesOf(family, draw),
    crashes: crashesOf(family, draw),
  };
}

function bigsOf(family: Family, seed: number, draw: Draw): readonly Big[] {
  const count = draw.whole(1, 3, "bigs");
  return Array.from({ length: count }, (_, nth) => {
    const spread = 0.1 + 0.15 * draw.uniform("spread", nth);
    const expectedViewers = Math.round(family.usualPeakViewers * Math.exp(Math.log(0.5) + Math.log(7) * draw.uniform("viewers", nth)));
    const startsAtMs = family.fromMs + draw.whole(6, 20, "start", nth) * 5 * MINUTE_MS;
    const channels = family.channels.slice(4 * nth, 4 * nth + draw.whole(1, 3, "simulcast", nth));
    const toldAt = draw.uniform("told", nth);
    const late = draw.chance(0.15, "listed-late", nth) ? startsAtMs - draw.whole(2, 60, "notice", nth) * MINUTE_MS : undefined;
    return {
      name: `big ${nth + 1} of evening ${seed}`,
      title: `Occasion ${seed}-${nth + 1}`,
      channels,
      startsAtMs,
      endsAtMs: startsAtMs + draw.whole(4, 18, "length", nth) * 5 * MINUTE_MS,
      expectedViewers,
      spread,
      trueViewers: Math.round(
        expectedViewers * Math.exp(spread * draw.normal("turns-out", nth)) * (draw.chance(0.08, "flop", nth) ? 0.25 : 1),
      ),
      told: toldAt < 0.75 ? "expectation" : toldAt < 0.88 ? "override" : "nothing",
      listedAtMs: late !== undefined && late > family.fromMs ? late : undefined,
      startsLateMinutes: draw.chance(0.3, "slips", nth) ? draw.whole(1, 12, "slip", nth) : 0,
      endsLateMinutes: draw.chance(0.5, "overruns", nth) ? draw.whole(1, 45, "overrun", nth) : 0,
    };
  });
}

function slotOf({ title, startsAtMs, endsAtMs }: Big, channelId: string): GuideSlot {
  return { channelId, title, startsAtMs, endsAtMs };
}

function expectationOf({ name, title, channels, startsAtMs, expectedViewers, spread }: Big): Expectation {
  // 90 % of a normal distribution lies within this many standard deviations.
  const reach = Math.exp(1.645 * spread);
  return {
    occasion: name,
    title: title.toLowerCase(),
    channels,
    windowStartMs: startsAtMs - 60 * MINUTE_MS,
    windowEndMs: startsAtMs + 60 * MINUTE_MS,
    viewers: expectedViewers,
    interval: { lower: expectedViewers / reach, upper: expectedViewers * reach },
  };
}

function trueOccasion({ name, title, channels, startsAtMs, endsAtMs, trueViewers, startsLateMinutes, endsLateMinutes }: Big): TrueOccasion {
  return {
    occasion: name,
    title: title.toLowerCase(),
    channels,
    windowStartMs: startsAtMs - 60 * MINUTE_MS,
    windowEndMs: startsAtMs + 60 * MINUTE_MS,
    startsAtMs,
    endsAtMs,
    viewers: trueViewers,
    startsLateMinutes,
    endsLateMinutes,
  };
}

/** The evening's own maximum: plenty on most, too little for what is expected on some. */
function limited(target: Target, { usualPeakViewers }: Family, bigs: readonly Big[], draw: Draw): Target {
  const expected = usualPeakViewers + bigs.reduce((sum, { expectedViewers }) => sum + expectedViewers, 0);
  const carried = (expected * target.loadPerViewerRps) / (target.throughputRps * target.targetUtilisation);
  const room = draw.chance(0.1, "tight", target.id) ? 0.5 : 3.5;
  const most = target.kind === "aurora-readers" ? 15 : 5_000;
  const zones = target.zones > 1 ? draw.whole(1, 3, "zones", target.id) : 1;
  return { ...target, zones, ceilingUnits: Math.min(most, Math.max(target.baselineUnits + 4, Math.ceil(room * carried))) };
}

function feedsOf(
  family: Family,
  {
    bigs,
    listed,
    madeUp,
  }: {
    readonly bigs: readonly Big[];
    readonly listed: (atMs: number) => readonly GuideSlot[];
    readonly madeUp: ReturnType<typeof madeUpOf>;
  },
  draw: Draw,
): readonly Happening[] {
  const feeds: Happening[] = bigs.flatMap(({ listedAtMs, name }) =>
    listedAtMs === undefined
      ? []
      : [{ kind: "feed" as const, atMs: listedAtMs, text: xmltvOf(family, listed(listedAtMs)), what: `lists ${name}` }],
  );
  if (madeUp !== undefined)
    feeds.push({
      kind: "feed",
      atMs: madeUp.atMs,
      text: xmltvOf(family, madeUp.slots.reduce(withSlot, listed(madeUp.atMs))),
      what: "is false",
    });
  if (draw.chance(0.25, "broken-feed")) {
    const atMs = family.fromMs + draw.whole(5, EVENING_MINUTES - 5, "broken-feed-at") * MINUTE_MS;
    const whole = xmltvOf(family, listed(atMs));
    const broken = [
      { text: "", what: "is empty" },
      { text: whole.slice(0, Math.floor(whole.length / 2)), what: "is cut in half" },
      { text: xmltvOf(family, listed(atMs).slice(0, 8)), what: "has lost nearly everything" },
      { text: xmltvOf(family, shifted(listed(atMs), 60 * MINUTE_MS)), what: "is an hour off" },
    ];
    const one = broken[draw.whole(0, broken.length - 1, "broken-how")];
    if (one !== undefined) feeds.push({ kind: "feed", atMs, ...one });
  }
  return feeds;
}

/** On some evenings the feed lists what nobody has heard of, on each channel that has drawn crowds before. */
function madeUpOf(
  family: Family,
  draw: Draw,
): { readonly atMs: number; readonly startsAtMs: number; readonly slots: readonly GuideSlot[] } | undefined {
  if (family.provenChannels.length === 0 || !draw.chance(0.4, "made-up")) return undefined;
  const atMs = family.fromMs + draw.whole(2, EVENING_MINUTES - 70, "made-up-at") * MINUTE_MS;
  const startsAtMs = atMs + draw.whole(5, 60, "made-up-start") * MINUTE_MS;
  const slots = family.provenChannels.map((channelId) => {
    const endsAtMs = startsAtMs + draw.whole(6, 18, "made-up-length", channelId) * 5 * MINUTE_MS;
    return { channelId, title: `Nobody has heard of this on ${channelId.slice(0, 3)}`, startsAtMs, endsAtMs };
  });
  return { atMs, startsAtMs, slots };
}

function shifted(guide: readonly GuideSlot[], byMs: number): readonly GuideSlot[] {
  return guide.map((slot) => ({ ...slot, startsAtMs: slot.startsAtMs + byMs, endsAtMs: slot.endsAtMs + byMs }));
}

/** What people do over the API, each with an id of its own. */
function personsOf(family: Family, bigs: readonly Big[], draw: Draw): readonly Happening[] {
  const at = (...keys: readonly (string | number)[]): number => family.fromMs + draw.whole(2, EVENING_MINUTES - 20, ...keys) * MINUTE_MS;
  const done: Happening[] = [];
  const count = draw.chance(0.6, "persons") ? draw.whole(1, 5, "how-many") : 0;
  for (let nth = 0; nth < count; nth += 1) {
    const id = `p${nth + 1}`;
    const atMs = at("person-at", nth);
    const untilMs = atMs + draw.whole(5, 90, "lease", nth) * MINUTE_MS;
    const target = family.targets[draw.whole(0, family.targets.length - 1, "person-target", nth)];
    const big = bigs[draw.whole(0, bigs.length - 1, "person-big", nth)];
    if (target === undefined || big === undefined) continue;
    const { id: targetId, baselineUnits } = target;
    const kind = draw.uniform("person-what", nth);
    if (kind < 0.4) {
      done.push({ kind: "floor", atMs, id, targetId, floorUnits: baselineUnits + draw.whole(1, 4, "person-floor", nth), untilMs });
    } else if (kind < 0.55) {
      done.push({ kind: "factor", atMs, id, targetId, factor: Number((0.6 + 1.2 * draw.uniform("factor", nth)).toFixed(2)), untilMs });
    } else if (kind < 0.7) done.push({ kind: "hold", atMs, id, targetId, untilMs });
    else if (kind < 0.85 && big.endsLateMinutes > 0) {
      // Said when it is known: some minutes before the end that the guide has.
      const saidMs = big.endsAtMs - draw.whole(0, 10, "overrun-said", nth) * MINUTE_MS;
      done.push({
        kind: "overrun",
        atMs: saidMs,
        id,
        occasion: big.name,
        byMinutes: big.endsLateMinutes,
        untilMs: big.endsAtMs + 60 * MINUTE_MS,
      });
    }
    if (draw.chance(0.3, "withdraws", nth))
      done.push({ kind: "withdraw", atMs: atMs + draw.whole(1, 30, "withdrawn-after", nth) * MINUTE_MS, id });
  }
  for (const [nth, big] of bigs.entries()) {
    if (big.told !== "override") continue;
    const atMs = Math.max(family.fromMs, big.startsAtMs - draw.whole(3, 120, "told-late", nth) * MINUTE_MS);
    const { expectedViewers: viewers, spread } = big;
    done.push({
      kind: "expected-audience",
      atMs,
      id: `told${nth + 1}`,
      occasion: big.name,
      viewers,
      spread,
      untilMs: big.endsAtMs + 120 * MINUTE_MS,
    });
  }
  return done;
}

function modesOf(family: Family, draw: Draw): readonly Happening[] {
  if (!draw.chance(0.12, "modes")) return [];
  const atMs = family.fromMs + draw.whole(10, EVENING_MINUTES - 60, "mode-at") * MINUTE_MS;
  const backMs = atMs + draw.whole(3, 40, "mode-for") * MINUTE_MS;
  const mode = draw.chance(0.6, "frozen") ? "frozen" : "observe";
  const targetId = draw.chance(0.5, "mode-all") ? undefined : family.targets[draw.whole(0, family.targets.length - 1, "mode-target")]?.id;
  return [
    { kind: "mode", atMs, mode, targetId },
    { kind: "mode", atMs: backMs, mode: "active", targetId },
  ];
}

function outagesOf(family: Family, draw: Draw): readonly Outage[] {
  const count = draw.chance(0.4, "outages") ? draw.whole(1, 2, "how-many-outages") : 0;
  return Array.from({ length: count }, (_, nth) => {
    const fromMs = family.fromMs + draw.whole(5, EVENING_MINUTES - 10, "outage", nth) * MINUTE_MS;
    return { fromMs, toMs: fromMs + draw.whole(1, 45, "outage-for", nth) * MINUTE_MS };
  });
}

function crashesOf(family: Family, draw: Draw): readonly Crash[] {
  const count = draw.chance(0.4, "crashes") ? draw.whole(1, 4, "how-many-crashes") : 0;
  return Array.from({ length: count }, (_, nth) => ({
    atMs: family.fromMs + draw.whole(3, EVENING_MINUTES - 3, "crash", nth) * MINUTE_MS,
    afterCalls: draw.whole(1, 120, "crash-after", nth),
  }));
}
