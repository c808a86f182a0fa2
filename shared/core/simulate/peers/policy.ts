import { MINUTE_MS } from "../../time.ts";

/** What one minute of the past carried. */
export type PastMinute = { readonly atMs: number; readonly loadRps: number };

/** A minute that was seen while the policy was in charge, with the units that served in it. */
export type SeenMinute = PastMinute & { readonly servingUnits: number };

/** When a decision comes into force, and what had been decided before it. */
export type Deciding = { readonly inForceMs: number; readonly desiredUnits: number };

/** What a policy wants from an instant on, and what it remembers. */
export type Decision<State> = { readonly state: State; readonly units: number };

/**
 * Whoever decides how many units there are, once a minute. It is shown the minutes of the past one by one, in order, and nothing later: what
 * else it knows beforehand, such as a guide, it is made with.
 */
export type ScalingPolicy<State> = {
  readonly first: State;
  /** Left out: it learns nothing from minutes in which it was not in charge. */
  readonly learn?: (state: State, minute: PastMinute) => State;
  /** `seen` is the newest minute that is known; undefined while the policy has seen none of its own. */
  readonly decide: (state: State, seen: SeenMinute | undefined, now: Deciding) => Decision<State>;
};

/** What one unit does. */
export type Unit = { readonly throughputRps: number; readonly startUpMinutes: number };

/** Load, minute by minute from `fromMs` on; the minutes before `chargeMs` can only be learned from. */
export type Trace = { readonly fromMs: number; readonly loadRps: Float64Array; readonly chargeMs: number };

/** How late decisions are. A decision at the end of minute t knows minutes up to t − 2, and is in force from minute t + 2 on. */
const KNOWN_AFTER_MINUTES = 2;
const IN_FORCE_AFTER_MINUTES = 2;

/** What came of a policy: units asked for (all of them are billed) and units serving, for each minute from `chargeMs` on. */
export type Played = { readonly chargeMs: number; readonly billedUnits: Int32Array; readonly servingUnits: Int32Array };

/**
 * Plays a policy over a trace. Units serve `startUpMinutes` after they are asked for; what is given up goes at once, the youngest first.
 * It begins with `firstUnits`, all serving. O(minutes × start-up).
 */
export function play<State>(policy: ScalingPolicy<State>, trace: Trace, unit: Unit, firstUnits: number): Played {
  const { fromMs, loadRps, chargeMs } = trace;
  const chargedFrom = (chargeMs - fromMs) / MINUTE_MS;
  const count = loadRps.length - chargedFrom;
  const billedUnits = new Int32Array(count);
  const servingUnits = new Int32Array(count);
  const lag = KNOWN_AFTER_MINUTES + IN_FORCE_AFTER_MINUTES;
  let { first: state } = policy;
  let units = firstUnits;
  let newest = 0;
  const learnTo = (minute: number): void => {
    for (; newest < minute; newest += 1) {
      state = policy.learn?.(state, { atMs: fromMs + newest * MINUTE_MS, loadRps: loadRps[newest] ?? 0 }) ?? state;
    }
  };
  for (let nth = 0; nth < count; nth += 1) {
    const seenAt = chargedFrom + nth - lag;
    const inForceMs = chargeMs + nth * MINUTE_MS;
    learnTo(Math.min(seenAt + 1, chargedFrom));
    const seen =
      nth < lag
        ? undefined
        : { atMs: fromMs + seenAt * MINUTE_MS, loadRps: loadRps[seenAt] ?? 0, servingUnits: servingUnits[nth - lag] ?? 0 };
    const decision = policy.decide(state, seen, { inForceMs, desiredUnits: units });
    ({ state, units } = decision);
    billedUnits[nth] = units;
    servingUnits[nth] = servingAt(billedUnits, nth, unit.startUpMinutes, firstUnits);
  }
  return { chargeMs, billedUnits, servingUnits };
}

/** The youngest go first, so what serves is the fewest that were asked for in any minute since one start-up ago. */
function servingAt(askedUnits: Int32Array, nth: number, startUpMinutes: number, firstUnits: number): number {
  let fewest = nth < startUpMinutes ? firstUnits : Number.POSITIVE_INFINITY;
  for (let at = Math.max(0, nth - startUpMinutes); at <= nth; at += 1) fewest = Math.min(fewest, askedUnits[at] ?? 0);
  return fewest;
}

/** Units that just serve a load; one at least. */
export function oracleUnits(unit: Unit, loadRps: number): number {
  return Math.max(1, Math.ceil(loadRps / unit.throughputRps - ROUNDING));
}

// A load that fills its units exactly must not cost one more because of binary.
const ROUNDING = 1e-9;

/** What a stretch of minutes came to. */
export type Outcome = {
  /** Unit-minutes asked for ÷ the oracle's. */
  readonly ratio: number;
  readonly unservedPerMillion: number;
  readonly unitHours: number;
  readonly oracleUnitHours: number;
};

/** The outcome over the minutes for which `counts` holds, by their start. */
export function outcomeOf(played: Played, trace: Trace, unit: Unit, counts: (atMs: number) => boolean = () => true): Outcome {
  const { chargeMs, billedUnits, servingUnits } = played;
  const chargedFrom = (chargeMs - trace.fromMs) / MINUTE_MS;
  let billed = 0;
  let oracle = 0;
  let load = 0;
  let unserved = 0;
  for (let nth = 0; nth < billedUnits.length; nth += 1) {
    if (!counts(chargeMs + nth * MINUTE_MS)) continue;
    const loadRps = trace.loadRps[chargedFrom + nth] ?? 0;
    billed += billedUnits[nth] ?? 0;
    oracle += oracleUnits(unit, loadRps);
    load += loadRps;
    unserved += Math.max(0, loadRps - (servingUnits[nth] ?? 0) * unit.throughputRps);
  }
  return {
    ratio: oracle === 0 ? 0 : billed / oracle,
    unservedPerMillion: load === 0 ? 0 : (unserved / load) * 1e6,
    unitHours: billed / 60,
    oracleUnitHours: oracle / 60,
  };
}
