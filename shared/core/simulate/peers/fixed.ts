import { oracleUnits, type ScalingPolicy, type Trace, type Unit } from "./policy.ts";
import { MINUTE_MS } from "../../time.ts";

/** As many units at every minute as the busiest one takes: what is bought by whoever cannot scale in time. It knows the future. */
export function staticPeak(unit: Unit, trace: Trace): ScalingPolicy<null> {
  let peakRps = 0;
  for (let nth = (trace.chargeMs - trace.fromMs) / MINUTE_MS; nth < trace.loadRps.length; nth += 1) {
    peakRps = Math.max(peakRps, trace.loadRps[nth] ?? 0);
  }
  const units = oracleUnits(unit, peakRps);
  return { first: null, decide: () => ({ state: null, units }) };
}

/** What nobody can beat: it knows the load of every minute and asks for it one start-up ahead, to the unit. */
export function oracleWithStartUp(unit: Unit, trace: Trace): ScalingPolicy<null> {
  return {
    first: null,
    decide: (_, __, { inForceMs }) => {
      const at = (inForceMs - trace.fromMs) / MINUTE_MS;
      let units = 1;
      for (let ahead = 0; ahead <= unit.startUpMinutes; ahead += 1) {
        units = Math.max(units, oracleUnits(unit, trace.loadRps[at + ahead] ?? 0));
      }
      return { state: null, units };
    },
  };
}
