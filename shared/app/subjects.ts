import { HARD_CAP_MS, type Air } from "../core/forecast/air.ts";
import { unstretched } from "../core/forecast/audience.ts";
import type { Impact } from "../core/forecast/impact.ts";
import type { Model } from "../core/forecast/model.ts";
import { normalQuantile } from "../core/forecast/samples.ts";
import type { ExpectedAudience } from "../core/cue/cue.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import type { Target } from "../core/target.ts";
import { HOUR_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { impactsOf } from "./impacts.ts";
import { occasionsAround, type Situation } from "./situation.ts";

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

/** The subjects between two instants, and whose. */
type Judged = { readonly context: Context; readonly fromMs: number; readonly toMs: number; readonly above: readonly Subject[] };

// Cues look two hours ahead and verdicts three, every minute.
const TOGETHER_MS = 3 * HOUR_MS;
const judgedLast = new WeakMap<Situation, Judged>();

/** The occasions above the threshold of those that `subjectsBetween` judges; what a tick asks for from one instant on is judged once. */
export function subjectsAbove(context: Context, situation: Situation, fromMs: number, toMs: number): readonly Subject[] {
  let judged = judgedLast.get(situation);
  if (judged === undefined || judged.context !== context || judged.fromMs !== fromMs || judged.toMs < toMs) {
    const untilMs = Math.max(toMs, fromMs + TOGETHER_MS);
    judged = { context, fromMs, toMs: untilMs, above: subjectsBetween(context, situation, fromMs, untilMs).above };
    judgedLast.set(situation, judged);
  }
  return judged.above.filter(({ occasion }) => occasion.startsAtMs < toMs);
}

/** Judges every occasion that is on air in [fromMs, toMs), or was followed lately. */
export function subjectsBetween(context: Context, situation: Situation, fromMs: number, toMs: number): Subjects {
  const { log, model } = situation;
  const above: Subject[] = [];
  const unknown: Occasion[] = [];
  let below = 0;
  for (const occasion of occasionsAround(situation.occasions, fromMs - HARD_CAP_MS, toMs)) {
    const air = log.air[occasion.id];
    // What nobody followed is over when the guide says so.
    if (air === undefined && occasion.endsAtMs <= fromMs) continue;
    // What was thought when it started stands: an occasion is not announced after the fact.
    const thought = log.judged[occasion.id]?.impact;
    const judged = thought === undefined || thought === "above" ? judge(context, model, occasion) : thought;
    if (judged === "unknown-audience") unknown.push(occasion);
    else if (judged === "below") below += 1;
    else above.push({ occasion, air: air ?? { kind: "ahead" }, ...judged });
  }
  return { above, below, unknown };
}

type Known = Exclude<Impact, { kind: "unknown-audience" }>;

function judge(context: Context, model: Model, occasion: Occasion): "unknown-audience" | "below" | Pick<Subject, "expected" | "targets"> {
  const { byTarget, verdict } = impactsOf(context, model, occasion);
  if (verdict !== "above") return verdict;
  const targets = context.settings.targets.filter(({ id }) => byTarget.get(id)?.kind === "above");
  const known = [...byTarget.values()].find((impact): impact is Known => impact.kind === "above");
  if (known === undefined) return "below";
  return { targets, expected: expectedOf(known.audience.mean, Math.sqrt(known.audience.variance), known.audience.basis) };
}

function expectedOf(mean: number, spread: number, basis: "expectation" | "measured"): ExpectedAudience {
  const viewers = (z: number): number => Math.max(0, Math.round(unstretched(mean + spread * z)));
  return { median: viewers(0), lower: viewers(-EDGE), upper: viewers(EDGE), level: LEVEL, basis };
}
