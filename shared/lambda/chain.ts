import type { AnyEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";

/** What set an invocation off, and how many functions it has gone through since. */
export type Chain = {
  /** What set off the chain: the id of its first event, or the tick. */
  readonly root: string;
  readonly hops: number;
};

const ARROW = " > ";

/** From the feed to the minimum there are two hops: ingest, plan. More than this go round in a circle. */
export const MOST_HOPS = 6;

/** The chain that an event belongs to. Throws CalltimeError `chain-too-long`: what it would set off would never end. */
export function chainOf({ id, correlationId }: Pick<AnyEvent, "id" | "correlationId">): Chain {
  if (correlationId === undefined) return { root: id, hops: 0 };
  const [root = id, ...through] = correlationId.split(ARROW);
  if (through.length > MOST_HOPS) {
    const what = `${id} went through ${through.length} functions (${through.join(", ")})`;
    throw new CalltimeError("chain-too-long", `${what}; at most ${MOST_HOPS} would be right: events set each other off in a circle`);
  }
  return { root, hops: through.length };
}

/** The correlation id of what a function publishes because of an event: the same root, one hop further. */
export function onwards({ id, correlationId }: Pick<AnyEvent, "id" | "correlationId">, functionName: string): string {
  return `${correlationId ?? id}${ARROW}${functionName}`;
}
