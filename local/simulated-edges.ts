import type { EdgeAsk, EdgeCache, EdgeReply } from "../shared/app/ports.ts";
import { derive } from "../shared/core/simulate/seeded.ts";
import { isDark, metricDelayMs, type Troubles } from "../shared/core/simulate/troubles.ts";
import { HOUR_MS } from "../shared/core/time.ts";
import type { RunState } from "./run-state.ts";

/** What an answer may be held for, wherever it is asked for. */
const LIFETIME_MS = 2 * HOUR_MS;
const RENDITIONS = ["1080p", "720p", "360p"];
const SEGMENTS = 6;
const LARGEST_BYTES = 400_000;

/**
 * Edges of the simulated world, each before an origin that has everything: what is asked for once is held for two hours. An address that
 * ends in `.m3u8` is a film in three renditions. Troubles at an edge's id: `dark`, it cannot be reached; `unpublished`, it does not say
 * whether it had what it was asked for. What edges hold is kept with the run.
 */
export function simulatedEdges(runs: RunState, troubles: Troubles | undefined, nowMs: () => number): EdgeCache {
  return {
    get: async (ask) => {
      const now = nowMs();
      if (isDark(troubles, ask.edgeId, "capacity", now)) {
        return { kind: "failed", code: "edge-unreachable", reason: `${ask.edgeId} does not answer`, bytes: 0, refused: false };
      }
      // Each object by itself: edges are asked for several at once. Kept is when it was first asked for.
      const key = ["edge", ask.edgeId, ask.url, ask.acceptEncoding ?? ""].join(" ");
      const since = (await runs.read(key)) as number | undefined;
      const fresh = since !== undefined && now < since + LIFETIME_MS;
      if (!fresh) await runs.write(key, now);
      const says = metricDelayMs(troubles, ask.edgeId, now) === 0;
      return answered(ask, says ? (fresh ? "hit" : "miss") : "unknown", fresh ? now - since : 0);
    },
  };
}

function answered(ask: EdgeAsk, held: "hit" | "miss" | "unknown", ageMs: number): EdgeReply {
  const text = manifestAt(new URL(ask.url).pathname);
  const body = text === undefined ? undefined : new TextEncoder().encode(text);
  const bytes = body?.length ?? 1 + (derive(0, ask.url) % LARGEST_BYTES);
  const whole = bytes <= ask.mostBytes;
  const said = {
    kind: "answered",
    status: 200,
    held,
    lifetimeMs: LIFETIME_MS,
    ageMs,
    bytes: whole ? bytes : ask.mostBytes,
    whole,
  } as const;
  return whole && body !== undefined && bytes <= ask.keepBytes ? { ...said, body } : said;
}

/** A film's playlist lists its renditions, and a rendition's its segments. */
function manifestAt(path: string): string | undefined {
  if (!path.endsWith(".m3u8")) return undefined;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!RENDITIONS.some((rendition) => name === `${rendition}.m3u8`)) {
    return [
      "#EXTM3U",
      ...RENDITIONS.map((rendition, index) => `#EXT-X-STREAM-INF:BANDWIDTH=${4_000_000 >> index}\n${rendition}.m3u8`),
      "",
    ].join("\n");
  }
  const rendition = name.slice(0, -".m3u8".length);
  const segments = Array.from({ length: SEGMENTS }, (_, index) => `#EXTINF:6.0,\n${rendition}-${index}.m4s`);
  return ["#EXTM3U", "#EXT-X-TARGETDURATION:6", `#EXT-X-MAP:URI="${rendition}-init.mp4"`, ...segments, "#EXT-X-ENDLIST", ""].join("\n");
}
