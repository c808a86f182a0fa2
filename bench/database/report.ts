/** How long questions took, in milliseconds: the middle of the rounds. */
export type Asked = { readonly firstMs: number; readonly medianMs: number; readonly p99Ms: number };

/** What was read into the cache, and the share of the hot blocks in it before and after. */
export type WarmUp = { readonly bytes: number; readonly tookMs: number; readonly before: number; readonly after: number };

/** What was measured. */
export type Measured = { readonly cold: Asked; readonly warmed: Asked; readonly warmUps: readonly WarmUp[] };

/** The first question and the next ones, cold and warmed, and what warming took. */
export function tableOf({ cold, warmed, warmUps }: Measured): string {
  const row = (name: string, { firstMs, medianMs, p99Ms }: Asked, cached: string): string =>
    `| ${name} | ${cached} | ${firstMs} | ${medianMs} | ${p99Ms} |`;
  const share = (of: (warmUp: WarmUp) => number): string => `${Math.floor(100 * Math.min(...warmUps.map(of)))} %`;
  return [
    "| | hot blocks cached | first question, ms | next ones: median, ms | 99th percentile, ms |",
    "|---|---|---|---|---|",
    row(
      "cold",
      cold,
      share(({ before }) => before),
    ),
    row(
      "warmed",
      warmed,
      share(({ after }) => after),
    ),
  ].join("\n");
}

/** Seconds that the slowest of the warm-ups took. */
export function slowestSeconds({ warmUps }: Pick<Measured, "warmUps">): number {
  return Math.ceil(Math.max(...warmUps.map(({ tookMs }) => tookMs)) / 100) / 10;
}
