import { eventContracts, type AnyEvent } from "../../events/index.ts";
import { memoryDocumentStore } from "../../local/memory/document-store.ts";
import { memorySchedules } from "../../local/memory/schedule-store.ts";
import { memorySections } from "../../local/memory/sections.ts";
import { createApi, type ApiInput } from "../../shared/api/api.ts";
import { contextOf, type Context } from "../../shared/app/context.ts";
import { ingest } from "../../shared/app/ingest.ts";
import type { JournalEntry, Ports, TargetState } from "../../shared/app/ports.ts";
import { tick } from "../../shared/app/tick.ts";
import { DEFAULT_CUE_OFFSETS } from "../../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import type { Target } from "../../shared/core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { inChunks } from "../feeds/feed-bytes.ts";

/** 13 June 2026, 17:00 UTC. */
export const NOW_MS = Date.parse("2026-06-13T17:00:00.000Z");
/** When the final begins. */
export const KICK_OFF_MS = NOW_MS + 40 * MINUTE_MS;
export const TOKEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

const target = (id: string, more: Partial<Target> = {}): Target => ({
  id,
  kind: "ecs-service",
  mode: "active",
  throughputRps: 100,
  targetUtilisation: 0.7,
  baselineUnits: 4,
  ceilingUnits: 400,
  loadPerViewerRps: 0.03,
  startUpMs: 3 * MINUTE_MS,
  launchUnitsPerMinute: 60,
  zones: 1,
  scalesIn: "target-tracking",
  ...more,
});

/** The feed of the small evening: a final at 17:40 after a magazine, on one channel, and news after it. */
export function feedText(more = ""): string {
  const slot = (start: string, stop: string, title: string) =>
    `<programme start="20260613${start}00 +0000" stop="20260613${stop}00 +0000" channel="one.example"><title>${title}</title></programme>`;
  return `<?xml version="1.0" encoding="UTF-8"?><tv>
<channel id="one.example"><display-name>One</display-name></channel>
${slot("1600", "1740", "Garden Hour")}
${slot("1740", "1930", "National Cup Final")}
${slot("1930", "2030", "Late News")}
${slot("2030", "2200", "A Night Film")}
${more}
</tv>`;
}

/** Everything in memory, with a usual load of 300 requests a second and targets that serve what is asked of them at once. */
export type Platform = {
  readonly context: Context;
  readonly events: readonly AnyEvent[];
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly api: ReturnType<typeof createApi>;
  readonly upload: (
    body: NonNullable<RequestInit["body"]>,
    more?: { readonly id?: string; readonly headers?: Record<string, string> },
  ) => Promise<Response>;
  readonly reported: readonly unknown[];
  /** Platform time from now on. */
  readonly goTo: (atMs: number) => void;
  readonly now: () => number;
};

/** What a test may want otherwise. */
export type PlatformChanges = {
  readonly ports?: Partial<Ports>;
  readonly input?: Partial<ApiInput>;
  /** Targets that cannot be described. */
  readonly dark?: readonly string[];
  readonly occasionName?: string;
};

/** A platform in memory at `NOW_MS`, without a schedule. */
export function platform({ ports = {}, input = {}, dark = [], occasionName = "the National Cup Final" }: PlatformChanges = {}): Platform {
  let now = NOW_MS;
  const targets = [
    target("player-api"),
    target("catalogue-db", { kind: "aurora-readers", throughputRps: 800, baselineUnits: 1, ceilingUnits: 15, mode: "observe" }),
  ];
  const events: AnyEvent[] = [];
  const reported: unknown[] = [];
  const sections = memorySections();
  const settings = {
    targets,
    expectations: [
      {
        occasion: occasionName,
        title: "national cup final",
        channels: ["one.example"],
        windowStartMs: KICK_OFF_MS - HOUR_MS,
        windowEndMs: KICK_OFF_MS + HOUR_MS,
        viewers: 200_000,
        interval: { lower: 150_000, upper: 260_000 },
      },
    ],
    zone: [],
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: DEFAULT_PLAN_POLICY,
  };
  const context = contextOf(
    {
      documents: memoryDocumentStore(sections),
      ...memorySchedules(sections),
      bus: {
        publish: async (published) => {
          events.push(...published);
          return published.map(() => ({ kind: "accepted" as const }));
        },
      },
      journal: memoryJournal(),
      loads: usualLoads(),
      capacity: obedientCapacity(targets, dark),
      bookings: {
        list: async (targetIds) => targetIds.map((targetId) => ({ kind: "unsupported", targetId, reason: "it can have none" })),
        put: async () => ({ kind: "accepted" }),
        remove: async () => ({ kind: "accepted" }),
      },
      ...ports,
    },
    settings,
  );
  const api = createApi({
    context,
    now: () => now,
    writers: { kind: "token", token: TOKEN },
    exclusively: (work) => sections.transaction(work),
    report: (error) => void reported.push(error),
    ...input,
  });
  const ask: Platform["ask"] = async (path, init) => api.request(path, init);
  return {
    context,
    events,
    api,
    ask,
    reported,
    upload: (body, { id = "guide", headers = {} } = {}) =>
      ask(`/v1/feeds/${id}`, {
        method: "PUT",
        body,
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
        // Node wants to be told that a stream is sent before the answer is read.
        ...(body instanceof ReadableStream && { duplex: "half" as const }),
      }),
    goTo: (atMs) => void (now = atMs),
    now: () => now,
  };
}

/** The platform with its schedule in force and the ticks of the last minutes behind it. */
export async function runningPlatform(changes: PlatformChanges = {}, minutes = 3): Promise<Platform> {
  const running = platform(changes);
  await ingest(running.context, { feedId: "guide", read: () => inChunks(feedText()) }, NOW_MS - HOUR_MS);
  for (let minute = 0; minute < minutes; minute += 1) {
    running.goTo(NOW_MS + minute * MINUTE_MS);
    await tick(running.context, running.now());
  }
  return running;
}

function memoryJournal(): Ports["journal"] {
  const entries = new Map<string, JournalEntry>();
  return {
    append: async (added) => {
      for (const entry of added) entries.set(`${entry.targetId}/${entry.atMs}`, entry);
    },
    read: async (targetId, fromMs, toMs) =>
      [...entries.values()]
        .filter((entry) => entry.targetId === targetId && entry.atMs >= fromMs && entry.atMs < toMs)
        .sort((a, b) => a.atMs - b.atMs),
  };
}

function usualLoads(): Ports["loads"] {
  const minutes = <T>(fromMs: number, toMs: number, entry: (atMs: number) => T): readonly T[] =>
    Array.from({ length: Math.max(0, Math.ceil((toMs - fromMs) / MINUTE_MS)) }, (_, i) => entry(fromMs + i * MINUTE_MS));
  // A load with a day in it, and no noise.
  const loadAt = (atMs: number): number => 300 + 60 * Math.sin(((atMs % DAY_MS) / DAY_MS) * 2 * Math.PI);
  return {
    load: async (_, fromMs, toMs) =>
      minutes(fromMs, toMs, (atMs) => ({ kind: "known", atMs, loadRps: loadAt(atMs), unservedRps: 0, servingUnits: 6 })),
    audience: async (fromMs, toMs) =>
      minutes(fromMs, toMs, (atMs) => ({ kind: "known", atMs, viewers: { "one.example": 20 * loadAt(atMs) } })),
  };
}

function obedientCapacity(targets: readonly Target[], dark: readonly string[]): Ports["capacity"] {
  const minimum = new Map(targets.map(({ id, baselineUnits }) => [id, baselineUnits]));
  return {
    describe: async (targetIds) =>
      targetIds.map((targetId): TargetState => {
        const units = minimum.get(targetId);
        if (units === undefined || dark.includes(targetId)) return { kind: "unknown", targetId, reason: "the control plane is silent" };
        const maximumUnits = targets.find(({ id }) => id === targetId)?.ceilingUnits ?? 0;
        return { kind: "known", targetId, minimumUnits: units, maximumUnits, desiredUnits: units, servingUnits: units };
      }),
    setMinimum: async (targetId, units) => {
      minimum.set(targetId, units);
      return { kind: "accepted" };
    },
  };
}

/** Types of the events that crossed the bus. */
export function typesOf(events: readonly AnyEvent[]): readonly string[] {
  return eventContracts.map(({ type }) => type).filter((type) => events.some((event) => event.type === type));
}
