import { contextOf, type Context, type Settings } from "../../shared/app/context.ts";
import { readDocument, updateDocument } from "../../shared/app/documents.ts";
import { ingest } from "../../shared/app/ingest.ts";
import { measure } from "../../shared/app/measure.ts";
import { expireOverrides } from "../../shared/app/override.ts";
import { makePlans } from "../../shared/app/plan.ts";
import type { ChunkStore, DocumentStore, Json, LoadSource, Ports, ScheduleStore } from "../../shared/app/ports.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { keepSpending } from "../../shared/app/spending.ts";
import { firstLearned, type Learned } from "../../shared/core/forecast/model.ts";
import { stepAt, type Plan } from "../../shared/core/plan/plan.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { bytesOf } from "./guide.ts";

/** What was needed of one target at one minute, and what was stated of the minutes after it. */
export type NeededNow = {
  readonly targetId: string;
  /** The floor of rule 1's function, folded without faults. */
  readonly neededUnits: number;
  /** Nothing calls for it any more: a person holds it, or nobody can see that it may go. */
  readonly keptUp: boolean;
  /** By minute: the load that is stated not to expect to be exceeded. */
  readonly statedRps: ReadonlyMap<number, number>;
  readonly plan: Plan;
};

/** What Calltime had applied by a minute: the leads that it had measured of its raises, and what it had let through under the cap. */
export type Applied = { readonly leads: Learned["leads"]; readonly withinIds: readonly string[] };

/** Rule 1's function, folded without faults over all that was accepted or readable, minute by minute. */
export type Fold = {
  readonly context: Context;
  /** Takes in a feed that was stored at `now`. */
  readonly feed: (text: string, now: number) => Promise<void>;
  /** What was needed at `now`, by what was last applied: the fold applies nothing itself. */
  readonly minute: (now: number, applied: Applied) => Promise<readonly NeededNow[]>;
};

// How far ahead of a minute its forecast may be asked for: beyond the longest lead.
const STATED_MS = 90 * MINUTE_MS;

// What is needed now rests on the minutes within the longest lead, which a plan looks at however short it is.
const FOLDED_MS = 5 * MINUTE_MS;

/** A fold over stores of its own, which hold what was learned before the run. */
export function foldOver(parts: {
  readonly documents: DocumentStore;
  readonly schedules: ScheduleStore;
  readonly chunks: ChunkStore;
  readonly loads: LoadSource;
  readonly settings: Settings;
}): Fold {
  const { documents, schedules, chunks, loads } = parts;
  // Stages of release are a courtesy, not a need: the fold comes down as soon as nothing asks for more.
  const settings: Settings = { ...parts.settings, policy: { ...parts.settings.policy, releaseEveryMinutes: 1, releaseShare: 1 } };
  const context = contextOf({ ...silent, documents, schedules, chunks, loads }, settings);
  return {
    context,
    feed: async (text, now) => {
      try {
        await ingest(context, { feedId: "guide", read: () => bytesOf(text) }, now);
      } catch {
        // What cannot be read changes nothing, as in the run itself.
      }
    },
    minute: async (now, { leads, withinIds }) => {
      await updateDocument<Learned>(documents, "model/learned", (before = firstLearned()) => ({ ...before, leads }));
      await expireOverrides(context, now);
      await measure(context, now);
      await keepSpending(context, { withinIds });
      const planned = await makePlans(context, await situationAt(context, now), FOLDED_MS);
      return Promise.all(
        planned.map(async ({ target, plan: made, forecast }) => {
          const step = stepAt(made, now);
          const neededUnits = step?.floorUnits;
          if (neededUnits === undefined) throw new RangeError(`${target.id}: the fold has no floor for ${now}`);
          await keepFloor(documents, target.id, neededUnits, target.baselineUnits);
          const statedRps = new Map<number, number>();
          for (const [index, minute] of forecast.minutes.entries()) {
            if (minute.atMs >= now + STATED_MS) break;
            if (minute.kind === "unknown") continue;
            // Far ahead not every minute is looked at: what was stated of one stands until the next, as what it needs does.
            const nextMs = forecast.minutes[index + 1]?.atMs ?? minute.atMs + MINUTE_MS;
            for (let atMs = minute.atMs; atMs < nextMs; atMs += MINUTE_MS) statedRps.set(atMs, minute.tailRps);
          }
          const keptUp = step?.reasons.some(({ type }) => type === "hold" || type === "unknown") === true;
          return { targetId: target.id, neededUnits, keptUp, statedRps, plan: made };
        }),
      );
    },
  };
}

/** The floor that the next minute's plan starts from. */
async function keepFloor(documents: DocumentStore, targetId: string, intendedUnits: number, customerUnits: number): Promise<void> {
  const key = `floor/${targetId}`;
  const before = await readDocument(documents, key);
  await documents.write(key, { intendedUnits, customerUnits, failures: 0 } as unknown as Json, before?.version ?? 0);
}

/** Ports that take everything and say nothing: the fold speaks to nobody. */
const silent: Omit<Ports, "documents" | "schedules" | "chunks" | "loads"> = {
  bus: { publish: async (events) => events.map(() => ({ kind: "accepted" })) },
  journal: { append: async () => undefined, read: async () => [] },
  capacity: {
    describe: async (targetIds) => targetIds.map((targetId) => ({ kind: "unknown", targetId, reason: "the fold describes nothing" })),
    setMinimum: async () => ({ kind: "refused", code: "fold", reason: "the fold sets nothing" }),
  },
  bookings: {
    list: async (targetIds) => targetIds.map((targetId) => ({ kind: "unsupported", targetId, reason: "the fold books nothing" })),
    put: async () => ({ kind: "refused", code: "fold", reason: "the fold books nothing" }),
    remove: async () => ({ kind: "refused", code: "fold", reason: "the fold books nothing" }),
  },
};
