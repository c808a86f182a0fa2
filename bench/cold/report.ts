/** One function: medians over the runs, and the ratio of the pairs. Times in ms. */
export type ColdRow = {
  readonly name: string;
  /** The clients that its bundle holds, which the bare bundle makes. */
  readonly clients: readonly string[];
  /** Of what is compiled before there is a handler; the bare bundle is one file. */
  readonly bundleBytes: number;
  readonly bareBytes: number;
  readonly functionMs: number;
  readonly bareMs: number;
  /** The median over rounds of function ÷ bare, and the quarter and three quarters of them. */
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  /** The same of the processor's time, which others on the machine lengthen less. */
  readonly cpuRatio: number;
  readonly functionCpuMs: number;
  /** Beside a bare bundle that is split into files as the function is. */
  readonly alikeRatio: number;
};

/** What is aimed at. */
export const MOST_RATIO = 1.4;

/** The rows as a table of Markdown. */
export function coldTable(rows: readonly ColdRow[]): string {
  const lines = rows.map(
    ({ name, clients, bundleBytes, bareBytes, functionMs, bareMs, ratio, quartiles, cpuRatio, functionCpuMs, alikeRatio }) => {
      const cells = [
        `\`${name}\``,
        String(clients.length),
        `${kilobytes(bundleBytes)} / ${kilobytes(bareBytes)}`,
        `${functionMs.toFixed(0)} / ${bareMs.toFixed(0)}`,
        `${ratio.toFixed(2)} (${quartiles.map((each) => each.toFixed(2)).join("–")})`,
        cpuRatio.toFixed(2),
        functionCpuMs.toFixed(0),
        alikeRatio.toFixed(2),
      ];
      return `| ${cells.join(" | ")} |`;
    },
  );
  return [
    "| function | clients | bundle / bare, KB | import / bare, ms | ratio (quartiles) | CPU ratio | CPU, ms | beside one split alike |",
    "|---|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(0);
}
