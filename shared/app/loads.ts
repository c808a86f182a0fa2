import type { LoadMinute } from "../core/measurement.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { Context } from "./context.ts";

/** Load of a target in [fromMs, toMs); when its source fails, these minutes are unknown, and nobody else's are touched. */
export async function readLoad(
  context: Context,
  targetId: string,
  fromMs: number,
  toMs: number,
  oldestMs?: number,
): Promise<readonly LoadMinute[]> {
  try {
    return await context.ports.loads.load(targetId, fromMs, toMs, oldestMs);
  } catch (error) {
    const reason = `${targetId}: its load could not be read: ${error instanceof Error ? error.message : String(error)}`;
    const minutes: LoadMinute[] = [];
    for (let atMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; atMs < toMs; atMs += MINUTE_MS)
      minutes.push({ kind: "unknown", atMs, reason });
    return minutes;
  }
}
