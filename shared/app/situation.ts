import type { Model } from "../core/forecast/model.ts";
import type { Override } from "../core/plan/override.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { AIR_KEY, calledOffOf, EMPTY_AIR, occasionsKnown, type AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";
import { readModel } from "./model.ts";
import { listOverrides } from "./override.ts";

/** What is known at an instant, read once, so that everything decided at that instant rests on the same. */
export type Situation = {
  readonly now: number;
  readonly model: Model;
  readonly log: AirLog;
  /** Those that hold or will. */
  readonly overrides: readonly Override[];
  /** What the guide lists, and what it dropped while on air, as overrides make them. */
  readonly occasions: readonly Occasion[];
  /** What people called off: nothing is asked for it. */
  readonly calledOff: readonly Occasion[];
};

/** What is known at `now`, with the overrides in force or with others. */
export async function situationAt(context: Context, now: number, instead?: readonly Override[]): Promise<Situation> {
  const log = await readAirLog(context);
  const overrides = instead ?? (await listOverrides(context, now));
  const guide = await context.guide(now);
  const occasions = occasionsKnown(guide, log, overrides, now);
  return { now, model: await readModel(context), log, overrides, occasions, calledOff: calledOffOf(guide, log, overrides, now) };
}

/** The air log as stored. */
export async function readAirLog(context: Context): Promise<AirLog> {
  return (await readDocument<AirLog>(context.ports.documents, AIR_KEY))?.value ?? EMPTY_AIR;
}

/** Occasions of which some part lies in [fromMs, toMs), by the guide. */
export function occasionsAround(occasions: readonly Occasion[], fromMs: number, toMs: number): readonly Occasion[] {
  return occasions.filter((occasion) => occasion.startsAtMs < toMs && occasion.endsAtMs > fromMs);
}
