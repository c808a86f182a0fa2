import { HARD_CAP_MS, type Air } from "../core/forecast/air.ts";
import { unstretched } from "../core/forecast/audience.ts";
import { impactOf, type Impact } from "../core/forecast/impact.ts";
import type { Model } from "../core/forecast/model.ts";
import { normalQuantile } from "../core/forecast/samples.ts";
import type { ExpectedAudience } from "../core/cue/cue.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { occasionsAround, type Context } from "./context.ts";
import { readDocument } from "./documents.ts";
import { readAirLog, type AirLog } from "./air-log.ts";
import { readModel } from "./model.ts";

/** An occasion above the impact threshold, with the targets it is above it for. */
export type Subject = {
  readonly occasion: Occasion;
  readonly air: Air;
  readonly expected: ExpectedAudience;
  readonly targets: readonly Target[];
};

/** The occasions between two instants, sorted into those above the threshold, and how many there are whose audience nobody knows. */
export type Subjects = { readonly above: readonly Subject[]; readonly below: number; readonly unknown: readonly Occasion[] };

const LEVEL = 0.9;
const EDGE = normalQuantile(0.5 + LEVEL / 2);

/** Judges every occasion that is on air in [fromMs, toMs), or was lately. */
export async function subjectsBetween(context: Context, fromMs: number, toMs: number): Promise<Subjects> {
  const log = await readAirLog(context);
  const model = await readModel(context);
  const above: Subject[] = [];
  const unknown: Occasion[] = [];
  let below = 0;
  for (const occasion of occasionsAround(await context.occasions(), fromMs - HARD_CAP_MS, toMs)) {
    // What was thought when it started stands: an occasion is not announced after the fact.
    const thought = log.judged[occasion.id]?.impact;
    const judged = thought === undefined || thought === "above" ? judge(context, model, occasion) : thought;
    if (judged === "unknown-audience") unknown.push(occasion);
    else if (judged === "below") below += 1;
    else above.push({ occasion, air: log.air[occasion.id] ?? { kind: "ahead" }, ...judged });
  }
  return { above, below, unknown };
}

function judge(context: Context, model: Model, occasion: Occasion): "unknown-audience" | "below" | Pick<Subject, "expected" | "targets"> {
  const { settings } = context;
  const targets: Target[] = [];
  let known: Extract<Impact, { kind: "above" | "below" }> | undefined;
  for (const target of settings.targets) {
    const impact = impactOf({ model, target, occasion, zone: settings.zone, threshold: settings.threshold });
    if (impact.kind === "unknown-audience") return "unknown-audience";
    known = impact;
    if (impact.kind === "above") targets.push(target);
  }
  if (known === undefined || targets.length === 0) return "below";
  return { targets, expected: expectedOf(known.audience.mean, Math.sqrt(known.audience.variance), known.audience.basis) };
}

function expectedOf(mean: number, spread: number, basis: "expectation" | "measured"): ExpectedAudience {
  const viewers = (z: number): number => Math.max(0, Math.round(unstretched(mean + spread * z)));
  return { median: viewers(0), lower: viewers(-EDGE), upper: viewers(EDGE), level: LEVEL, basis };
}
