import { isoOf, newEvent, releaseWithheld, type AnyEvent } from "../../events/index.ts";
import type { Air } from "../core/forecast/air.ts";
import { DECAY_MS } from "../core/forecast/shape.ts";
import { hasFreshLoad, NO_FRESH_LOAD, SUDDEN_FALL } from "../core/plan/demand.ts";
import { stepAt } from "../core/plan/plan.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { minuteOf } from "../core/time.ts";
import type { AirLog } from "./air-log.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { Planned } from "./plan.ts";
import type { Situation } from "./situation.ts";

const WITHHELD_KEY = "withheld";

/** Since when floors are held that somebody has to look at, by target and code. */
type StoredWithheld = Readonly<Record<string, number>>;

type Withheld = {
  readonly made: Planned;
  readonly code: "sudden-fall" | "end-unseen";
  readonly reason: string;
  readonly occasions: readonly Occasion[];
};

/** Events for floors that are held, from now on, though the audience may be gone (design rule 6); one that was told of is not told again while it lasts. */
export async function withheldEvents(
  context: Context,
  situation: Situation,
  planned: readonly Planned[],
  correlationId: string | undefined,
): Promise<readonly AnyEvent[]> {
  const { documents } = context.ports;
  const present = new Map(planned.flatMap((made) => withheldOf(situation, made)).map((each) => [keyOf(each), each]));
  const before = (await readDocument<StoredWithheld>(documents, WITHHELD_KEY))?.value ?? {};
  const fresh = [...present].filter(([key]) => before[key] === undefined);
  if (fresh.length === 0 && Object.keys(before).every((key) => present.has(key))) return [];
  const sinceMs = minuteOf(situation.now);
  await updateDocument<StoredWithheld>(documents, WITHHELD_KEY, (kept = {}) =>
    Object.fromEntries([...present.keys()].map((key) => [key, kept[key] ?? sinceMs])),
  );
  return fresh.map(([, each]) => eventOf(each, sinceMs, situation.now, correlationId));
}

function keyOf({ made, code }: Withheld): string {
  return `${made.target.id}/${code}`;
}

function withheldOf({ log, now }: Situation, made: Planned): readonly Withheld[] {
  const found: Withheld[] = [];
  if (made.forecast.nowcast.suddenFall) {
    found.push({ made, code: "sudden-fall", reason: SUDDEN_FALL, occasions: followed(log, ({ kind }) => kind === "on-air") });
  }
  if (!hasFreshLoad(made.forecast, now)) {
    const occasions = followed(log, (air) => air.kind === "ended" && air.by === "cap" && now < air.endedAtMs + DECAY_MS);
    if (occasions.length > 0) found.push({ made, code: "end-unseen", reason: NO_FRESH_LOAD, occasions });
  }
  return found;
}

/** The occasions that were followed on air and stand so. */
function followed({ air, occasions }: AirLog, stands: (air: Air) => boolean): readonly Occasion[] {
  return Object.entries(air).flatMap(([id, stand]) => (stands(stand) ? (occasions[id] ?? []) : []));
}

function eventOf(
  { made: { target, plan }, code, reason, occasions }: Withheld,
  sinceMs: number,
  now: number,
  correlationId: string | undefined,
): AnyEvent {
  const data = {
    targetId: target.id,
    code,
    floorUnits: stepAt(plan, now)?.floorUnits ?? target.baselineUnits,
    since: isoOf(sinceMs),
    occasions: occasions.map(({ id: occasionId, name }) => ({ occasionId, name })),
    reason,
    pages: target.mode !== "observe",
  };
  return newEvent(releaseWithheld, { id: `release.withheld/${target.id}/${code}/${isoOf(sinceMs)}`, atMs: now, correlationId, data });
}
