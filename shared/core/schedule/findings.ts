/** Something in a feed that was mended or left out, with a `code` to match on, a sentence, and where it stood. */
export type Finding = {
  readonly kind: "repaired" | "rejected";
  readonly code: string;
  readonly what: string;
  /** Line of the feed. */
  readonly line?: number;
  readonly channelId?: string;
};

/** How often one thing was mended or left out. */
export type FindingCount = { readonly kind: Finding["kind"]; readonly code: string; readonly count: number };

/** What was mended and left out in a feed: all of it counted, and of each code the first `MOST_LISTED`, in the order in which they were found. */
export type Findings = { readonly findings: readonly Finding[]; readonly findingCounts: readonly FindingCount[] };

/** Findings that are still being made. One that was made several times is listed once and counted as often. */
export type FindingsUnderway = { readonly add: (finding: Finding, times?: number) => void; readonly all: () => Findings };

/**
 * How many findings of one code are listed. A feed of bare ampersands has one for each byte, and their sentences would take a hundred times
 * what the feed does; no real feed at hand has more than 4,529 of a kind.
 */
export const MOST_LISTED = 5_000;

/** Findings, with those that were made before. */
export function beginFindings(before: Findings = { findings: [], findingCounts: [] }): FindingsUnderway {
  const listed = [...before.findings];
  // A map, never an object: a code is a key.
  const counts = new Map<string, { readonly kind: Finding["kind"]; readonly code: string; count: number }>(
    before.findingCounts.map((each) => [`${each.kind} ${each.code}`, { ...each }]),
  );
  return {
    add: (finding, times = 1) => {
      const { kind, code } = finding;
      const key = `${kind} ${code}`;
      let counted = counts.get(key);
      if (counted === undefined) counts.set(key, (counted = { kind, code, count: 0 }));
      if (counted.count < MOST_LISTED) listed.push(finding);
      counted.count += times;
    },
    all: () => ({ findings: [...listed], findingCounts: [...counts.values()].map((each) => ({ ...each })) }),
  };
}

/** How many findings there were, of one kind or of both. */
export function countOf(counts: readonly FindingCount[], kind?: Finding["kind"]): number {
  return counts.reduce((sum, each) => (kind === undefined || each.kind === kind ? sum + each.count : sum), 0);
}
