import { CAUSES, type Cause } from "../../shared/core/score.ts";
import { derive, uniform } from "../../shared/core/simulate/seeded.ts";

/** What must never happen, each found by an evening's judge. */
const BROKEN_PROMISES = [
  "needed-floor-lowered",
  "short-without-cause",
  "scheduled-action-lowered",
  "override-lost",
  "dead-letter-unaccounted",
  "feed-overspent",
] as const;
type BrokenPromise = (typeof BROKEN_PROMISES)[number];

/** One promise broken: where, when, and what was seen. */
export type Violation = {
  readonly kind: BrokenPromise;
  readonly atMs: number;
  readonly targetId: string | undefined;
  readonly what: string;
};

/** Short minutes and the requests lost in them, by cause. */
export type CauseTally = Readonly<Record<Cause, { readonly minutes: number; readonly unservedRequests: number }>>;

/** What one evening came to. Plain data: it is kept as a line of JSON. */
export type EveningOutcome = {
  readonly seed: number;
  readonly minutes: number;
  readonly requests: number;
  /** Requests that the forecast's promise allows to be left unserved. */
  readonly budgetRequests: number;
  readonly causes: CauseTally;
  readonly violations: readonly Violation[];
  /** How often each kind of trouble really happened, so that a run that troubled nobody shows. */
  readonly troubles: Readonly<Record<string, number>>;
};

/** No short minute at all. */
export function emptyTally(): Record<Cause, { minutes: number; unservedRequests: number }> {
  return Object.fromEntries(CAUSES.map((cause) => [cause, { minutes: 0, unservedRequests: 0 }])) as Record<
    Cause,
    { minutes: number; unservedRequests: number }
  >;
}

/** Unserved volume under `tail` against its budget, per million requests, with a 99 % interval over evenings. */
export type TailScore = {
  readonly budgetPerMillion: number;
  readonly unservedPerMillion: number;
  readonly lowerPerMillion: number;
  readonly upperPerMillion: number;
  /** The lower end of the interval is within the budget. */
  readonly withinBudget: boolean;
};

/** All evenings together. */
export type ChaosSummary = {
  readonly evenings: number;
  readonly minutes: number;
  readonly requests: number;
  readonly causes: CauseTally;
  readonly tail: TailScore;
  readonly violations: readonly (Violation & { readonly seed: number })[];
  readonly troubles: Readonly<Record<string, number>>;
};

/** Sums evenings up. The order in which they come makes no difference. */
export function summarise(outcomes: readonly EveningOutcome[]): ChaosSummary {
  const sorted = outcomes.toSorted((a, b) => a.seed - b.seed);
  const causes = emptyTally();
  const troubles: Record<string, number> = {};
  for (const outcome of sorted) {
    for (const cause of CAUSES) {
      causes[cause].minutes += outcome.causes[cause].minutes;
      causes[cause].unservedRequests += outcome.causes[cause].unservedRequests;
    }
    for (const [name, count] of Object.entries(outcome.troubles)) troubles[name] = (troubles[name] ?? 0) + count;
  }
  return {
    evenings: sorted.length,
    minutes: sum(sorted, ({ minutes }) => minutes),
    requests: sum(sorted, ({ requests }) => requests),
    causes,
    tail: tailScore(sorted),
    violations: sorted.flatMap(({ seed, violations }) => violations.map((violation) => ({ ...violation, seed }))),
    troubles: Object.fromEntries(Object.entries(troubles).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const RESAMPLES = 2_000;
const BOOTSTRAP_SEED = 1;

/** The bootstrap over evenings (Efron 1979), seeded: the same evenings give the same interval. */
function tailScore(outcomes: readonly EveningOutcome[]): TailScore {
  const of = (some: readonly EveningOutcome[]): number =>
    perMillion(
      sum(some, ({ causes }) => causes.tail.unservedRequests),
      sum(some, ({ requests }) => requests),
    );
  const budgetPerMillion = perMillion(
    sum(outcomes, ({ budgetRequests }) => budgetRequests),
    sum(outcomes, ({ requests }) => requests),
  );
  const resampled = Float64Array.from({ length: RESAMPLES }, (_, round) => {
    const seed = derive(BOOTSTRAP_SEED, "resample", round);
    let unserved = 0;
    let requests = 0;
    for (let nth = 0; nth < outcomes.length; nth += 1) {
      const outcome = outcomes[Math.floor(uniform(seed, nth) * outcomes.length)];
      unserved += outcome?.causes.tail.unservedRequests ?? 0;
      requests += outcome?.requests ?? 0;
    }
    return perMillion(unserved, requests);
  }).sort();
  const lowerPerMillion = resampled[Math.floor(0.005 * RESAMPLES)] ?? 0;
  const upperPerMillion = resampled[Math.ceil(0.995 * RESAMPLES) - 1] ?? 0;
  return {
    budgetPerMillion,
    unservedPerMillion: of(outcomes),
    lowerPerMillion,
    upperPerMillion,
    withinBudget: lowerPerMillion <= budgetPerMillion,
  };
}

/** The summary in words and columns. `replay` makes the command that plays one seed again. */
export function textOfSummary(summary: ChaosSummary, replay: (seed: number) => string): readonly string[] {
  const { tail } = summary;
  const lines = [
    `chaos    ${whole(summary.evenings)} evenings, ${whole(summary.minutes)} target-minutes, ${whole(summary.requests)} requests`,
    `         cause              minutes     unserved requests   per million`,
    ...CAUSES.map((cause) => {
      const { minutes, unservedRequests } = summary.causes[cause];
      const share = perMillion(unservedRequests, summary.requests).toFixed(2);
      return `         ${cause.padEnd(16)} ${whole(minutes).padStart(9)} ${whole(unservedRequests).padStart(21)} ${share.padStart(13)}`;
    }),
    `         tail: ${tail.unservedPerMillion.toFixed(2)} per million unserved, 99 % interval ${tail.lowerPerMillion.toFixed(2)}–${tail.upperPerMillion.toFixed(2)}, ` +
      `budget ${tail.budgetPerMillion.toFixed(2)}: ${tail.withinBudget ? "kept" : "NOT KEPT"}`,
    `         troubles: ${Object.entries(summary.troubles)
      .map(([name, count]) => `${name} ${whole(count)}`)
      .join(", ")}`,
  ];
  const byKind = BROKEN_PROMISES.map((kind) => ({ kind, found: summary.violations.filter((violation) => violation.kind === kind) }));
  for (const { kind, found } of byKind) {
    lines.push(`         ${kind}: ${found.length === 0 ? "never" : `${found.length} times`}`);
    for (const { seed, atMs, targetId, what } of found.slice(0, LISTED)) {
      lines.push(
        `           ${new Date(atMs).toISOString().slice(0, 16)}Z ${targetId ?? ""} ${what}`,
        `           replay: ${replay(seed)}`,
      );
    }
    if (found.length > LISTED) lines.push(`           … and ${found.length - LISTED} more`);
  }
  return lines;
}

const LISTED = 3;

/** Every promise was kept, the tail's budget too. */
export function isKept({ violations, tail }: ChaosSummary): boolean {
  return violations.length === 0 && tail.withinBudget;
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}

function perMillion(part: number, all: number): number {
  return all === 0 ? 0 : (part / all) * 1e6;
}

function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
