import type { Context } from "./context.ts";
import { readLastSeen } from "./ingest.ts";
import { readVerdicts } from "./operate.ts";
import { readUnsent } from "./publish.ts";

/** What somebody has to be called for, as numbers that an alarm can look at. */
export type Vitals = {
  /** How long ago the feed that waits longest was last uploaded, whatever became of it; undefined where no feed was ever taken in. */
  readonly feedAgeMs: number | undefined;
  /** Verdicts given at `now` that page. */
  readonly verdictsPaging: number;
  /** Events that the bus has not taken yet. */
  readonly unsentEvents: number;
};

/** The vitals of a deployment at `now`; call it after the tick of that minute. */
export async function readVitals(context: Context, now: number): Promise<Vitals> {
  const feedIds = await context.ports.schedules.feeds();
  const seen = await Promise.all(feedIds.map((feedId) => readLastSeen(context, feedId)));
  const receivedAtMs = seen.flatMap((upload) => upload?.receivedAtMs ?? []);
  const verdicts = await readVerdicts(context);
  return {
    feedAgeMs: receivedAtMs.length === 0 ? undefined : Math.max(0, now - Math.min(...receivedAtMs)),
    verdictsPaging: verdicts.filter(({ atMs, pages }) => atMs === now && pages).length,
    unsentEvents: (await readUnsent(context)).length,
  };
}
