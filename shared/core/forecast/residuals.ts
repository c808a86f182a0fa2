/**
 * How far fact lay from forecast, as a histogram of ln(fact ÷ forecast): the tail is read from what happened, not from a fitted
 * curve. Until there is data, a normal spread of `PRIOR_SPREAD` stands in with the weight of `PRIOR_COUNT` minutes.
 */
export type Residuals = { readonly counts: readonly number[]; readonly total: number };

const BIN = 0.02;
const BINS = 101;
const MIDDLE = 50;
const PRIOR_SPREAD = 0.08;
const PRIOR_COUNT = 60;
// About four weeks of minutes; beyond it old minutes fade.
const MEMORY = 40_000;

/** Only the prior. */
export function emptyResiduals(): Residuals {
  const shape = Array.from({ length: BINS }, (_, i) => Math.exp(-0.5 * (((i - MIDDLE) * BIN) / PRIOR_SPREAD) ** 2));
  const sum = shape.reduce((a, b) => a + b, 0);
  return { counts: shape.map((value) => (value / sum) * PRIOR_COUNT), total: PRIOR_COUNT };
}

/** The histogram after more ratios fact ÷ forecast; ratios that are not above zero are left out. */
export function learnResiduals(residuals: Residuals, ratios: readonly number[]): Residuals {
  const counts = [...residuals.counts];
  let total = residuals.total;
  for (const ratio of ratios) {
    if (!(ratio > 0)) continue;
    const bin = Math.min(BINS - 1, Math.max(0, Math.round(Math.log(ratio) / BIN) + MIDDLE));
    counts[bin] = (counts[bin] ?? 0) + 1;
    total += 1;
  }
  if (total <= MEMORY) return { counts, total };
  const fade = MEMORY / total;
  return { counts: counts.map((count) => count * fade), total: MEMORY };
}

/** fact ÷ forecast at each of the ascending probabilities `ps`. */
export function residualQuantiles(residuals: Residuals, ps: readonly number[]): readonly number[] {
  let bin = 0;
  let below = 0;
  return ps.map((p) => {
    const rank = p * residuals.total;
    while (bin < BINS - 1 && below + (residuals.counts[bin] ?? 0) < rank) {
      below += residuals.counts[bin] ?? 0;
      bin += 1;
    }
    const inBin = residuals.counts[bin] ?? 0;
    const share = inBin > 0 ? Math.min(1, (rank - below) / inBin) : 0.5;
    return Math.exp((bin - MIDDLE + share - 0.5) * BIN);
  });
}

/** Half the distance between the 16th and the 84th percentile of ln(fact ÷ forecast): a robust standard deviation. */
export function residualSpread(residuals: Residuals): number {
  const [low = 1, high = 1] = residualQuantiles(residuals, [0.1587, 0.8413]);
  return Math.log(high / low) / 2;
}
