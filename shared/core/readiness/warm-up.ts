import { lengthText } from "../instant-text.ts";
import { MINUTE_MS } from "../time.ts";
import type { Verdict } from "./verdict.ts";

/** What is warmed by asking it: a cache before the origin, or the memory of one instance of a database. */
export const WARM_UP_KINDS = ["edge", "buffer-cache"] as const;
export type WarmUpKind = (typeof WARM_UP_KINDS)[number];

/** Shares of all that is wanted there, 0 … 1 each. What is in none of them failed, and may go well another time. */
export type WarmUpShares = {
  /** Proved to be there. */
  readonly held: number;
  /** Never to be had: no warm-up changes that. */
  readonly refused: number;
  /** Asked for, and nobody says whether it is there. */
  readonly unproven: number;
};

/** One warm-up as it stands before one occasion. */
export type WarmUpEvidence = {
  readonly kind: WarmUpKind;
  readonly id: string;
  /** When the crowd comes. */
  readonly neededByMs: number;
  /** The share that has to be held, above 0. */
  readonly goal: number;
  /** When it was looked at, and what was seen; `shares` is undefined where that could not be found out. Undefined: nobody looked. */
  readonly seen: { readonly atMs: number; readonly shares: WarmUpShares | undefined } | undefined;
  /** Why not all of it is held, for a person. */
  readonly why: string;
  /** Nothing is fetched unless the switch for all lets it. */
  readonly mode: "active" | "observe" | "frozen";
};

/** How long before a start it is warmed: earlier, caches would have to hold it longer than many do. */
export const WARM_UP_FROM_MS = 30 * MINUTE_MS;

/** When it is warmed once more: what has expired, failed or joined since. */
const WARM_UP_AGAIN_MS = 10 * MINUTE_MS;

// What was seen at the first warm-up stands until just after the second.
const STALE_MS = 25 * MINUTE_MS;

/** The verdict of one warm-up, with a note that says why. What nobody looked at, or looked at long ago, is unknown. */
export function judgeWarmUp(
  { goal, seen, why, mode, neededByMs }: WarmUpEvidence,
  now: number,
): { readonly verdict: Verdict; readonly note: string } {
  const leftMs = neededByMs - now;
  if (seen === undefined || now - seen.atMs > STALE_MS) {
    if (mode !== "active") return { verdict: "unknown", note: `the switch for all is ${mode}: nothing is fetched` };
    if (leftMs >= WARM_UP_FROM_MS) return { verdict: "planned", note: `it is warmed from ${lengthText(WARM_UP_FROM_MS)} before the start` };
    return { verdict: "unknown", note: seen === undefined ? "no warm-up has told of it" : `it was last looked at ${ago(now - seen.atMs)}` };
  }
  const { shares } = seen;
  const because = why === "" ? "" : `: ${why}`;
  if (shares === undefined) return { verdict: "unknown", note: `what it holds could not be found out${because}` };
  const { held, refused, unproven } = shares;
  const said = `${percentText(held)} held of ${percentText(goal)} at least, ${ago(now - seen.atMs)}`;
  if (held >= goal) return { verdict: "ready", note: `${said}${because}` };
  if (1 - refused < goal) return { verdict: "short", note: `${said}; ${percentText(refused)} cannot be${because}` };
  if (held + unproven >= goal) return { verdict: "unknown", note: `${said}; ${percentText(unproven)} could not be proved${because}` };
  if (leftMs >= WARM_UP_AGAIN_MS) return { verdict: "warming-on-time", note: `${said}; it is tried again${because}` };
  return { verdict: "late", note: `${said}${because}` };
}

function ago(ms: number): string {
  return ms < MINUTE_MS ? "just now" : `${lengthText(ms)} ago`;
}

/** Rounded down: 99.9 % of it is not all of it. */
function percentText(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}
