import type { AnyEvent } from "../../events/index.ts";
import { memoryDocumentStore } from "../../local/memory/document-store.ts";
import { memorySchedules } from "../../local/memory/schedule-store.ts";
import { memorySections } from "../../local/memory/sections.ts";
import { contextOf, type Context, type Settings } from "../../shared/app/context.ts";
import { plan, type Planned } from "../../shared/app/plan.ts";
import type {
  BookingControl,
  CapacityControl,
  EventBus,
  Journal,
  JournalEntry,
  LoadSource,
  Ports,
  ScheduledAction,
  SetMinimumOutcome,
} from "../../shared/app/ports.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { DEFAULT_CUE_OFFSETS } from "../../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import type { Expectation } from "../../shared/core/schedule/expectation.ts";
import type { Programme } from "../../shared/core/schedule/programme.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { publishSchedule } from "../schedules.ts";

/** An instant of Saturday 13 June 2026, UTC. */
export function at(hour: number, minute = 0): number {
  return Date.UTC(2026, 5, 13, hour, minute);
}

/** A service of 100 requests a second a unit, with 4 units of its own and three minutes of start-up. */
export function target(id: string, more: Partial<Target> = {}): Target {
  return {
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
  };
}

/** A slot of the guide; its id is its title. */
export function slot(channelId: string, title: string, startsAtMs: number, endsAtMs: number): Programme {
  return { id: title, channelId, title, categories: [], live: false, startsAtMs, endsAtMs };
}

/** The final at 19:00 on channel one, with magazines before it and news after it. */
export const FINAL = slot("one", "Cup Final", at(19), at(21));
export const EVENING: readonly Programme[] = [
  slot("one", "Garden Hour", at(16), at(19)),
  FINAL,
  slot("one", "Late News", at(21), at(22)),
  slot("one", "Night Film", at(22), at(24)),
  slot("two", "Old Songs", at(16), at(20)),
  slot("two", "Quiz", at(20), at(24)),
];

const EXPECTED: Expectation = {
  occasion: "the cup final",
  title: "cup final",
  channels: ["one"],
  windowStartMs: at(18),
  windowEndMs: at(21),
  viewers: 200_000,
};

/** How a call to set a minimum goes; `lost`: it takes effect and the answer is lost, `dropped`: it is lost on its way. */
export type Answer = SetMinimumOutcome | "lost" | "dropped";

type Cloud = {
  minimumUnits: number;
  maximumUnits: number;
  desiredUnits: number;
  servingUnits: number;
  remarks?: readonly string[];
  deployingTimes?: number;
  pending?: string;
};

/** A control plane that does what it is told at once, unless an answer was laid out for it. */
function madeCapacity(targets: readonly Target[]) {
  const clouds = new Map<string, Cloud>();
  for (const { id, baselineUnits, ceilingUnits } of targets) {
    clouds.set(id, { minimumUnits: baselineUnits, maximumUnits: ceilingUnits, desiredUnits: baselineUnits, servingUnits: baselineUnits });
  }
  const calls: { readonly targetId: string; readonly units: number }[] = [];
  const answers = new Map<string, Answer[]>();
  const dark = new Set<string>();
  const opaque = new Set<string>();
  const waits = new Map<string, Promise<unknown>>();
  let down = false;
  const capacity: CapacityControl = {
    describe: async (targetIds) => {
      if (down) throw new Error("no route to the control plane");
      for (const targetId of targetIds) await waits.get(targetId);
      return targetIds.map((targetId) => {
        const cloud = clouds.get(targetId);
        if (cloud === undefined || dark.has(targetId)) return { kind: "unknown", targetId, reason: `${targetId} is dark` };
        if (opaque.has(targetId)) return { kind: "known", targetId, ...cloud, desiredUnits: undefined, servingUnits: undefined };
        return { kind: "known", targetId, ...cloud };
      });
    },
    setMinimum: async (targetId, units) => {
      calls.push({ targetId, units });
      const answer = answers.get(targetId)?.shift() ?? { kind: "accepted" };
      const cloud = clouds.get(targetId);
      const effective = answer === "lost" || (typeof answer === "object" && answer.kind === "accepted");
      if (effective && cloud !== undefined) {
        cloud.minimumUnits = units;
        cloud.desiredUnits = Math.max(cloud.desiredUnits, units);
      }
      if (typeof answer === "string") throw new Error("the connection was reset");
      return answer;
    },
  };
  return {
    capacity,
    calls,
    cloud: (targetId: string): Cloud => {
      const cloud = clouds.get(targetId);
      if (cloud === undefined) throw new RangeError(`no target ${targetId}`);
      return cloud;
    },
    /** The next answers of one target, in this order. */
    answer: (targetId: string, ...next: Answer[]) => answers.set(targetId, next),
    dark,
    /** Targets of which nobody says how many units are asked for or serve. */
    opaque,
    /** What a description waits for, by target. */
    waits,
    goDown: (is: boolean) => void (down = is),
    /** Everything asked for is serving. */
    serve: () => clouds.forEach((cloud) => (cloud.servingUnits = cloud.desiredUnits)),
  };
}

/** Scheduled actions that are kept and listed; a target named in `unsupported` can have none, and those of one in `dark` nobody sees. */
function madeBookings(targets: readonly Target[]) {
  const actions = new Map<string, ScheduledAction[]>(targets.map(({ id }) => [id, []]));
  const unsupported = new Set<string>();
  const dark = new Set<string>();
  const answers = new Map<string, Answer[]>();
  const calls: string[] = [];
  const answered = (targetId: string, call: string, change: () => void): SetMinimumOutcome => {
    calls.push(call);
    const answer = answers.get(targetId)?.shift() ?? { kind: "accepted" };
    if (answer === "lost" || (typeof answer === "object" && answer.kind === "accepted")) change();
    if (typeof answer === "string") throw new Error("the connection was reset");
    return answer;
  };
  const others = (targetId: string, name: string) => (actions.get(targetId) ?? []).filter((action) => action.name !== name);
  const bookings: BookingControl = {
    list: async (targetIds) =>
      targetIds.map((targetId) => {
        if (dark.has(targetId)) return { kind: "unknown", targetId, reason: "no route to it" };
        const known = actions.get(targetId);
        if (known === undefined || unsupported.has(targetId)) return { kind: "unsupported", targetId, reason: "it can have none" };
        return { kind: "known", targetId, actions: known.toSorted((a, b) => a.atMs - b.atMs) };
      }),
    put: async (targetId, action) =>
      answered(targetId, `put ${action.minimumUnits}`, () =>
        actions.set(targetId, [...others(targetId, action.name), { ...action, recurring: false }]),
      ),
    remove: async (targetId, name) => answered(targetId, `remove ${name}`, () => actions.set(targetId, others(targetId, name))),
  };
  return {
    bookings,
    actions,
    unsupported,
    dark,
    calls,
    answer: (targetId: string, ...next: Answer[]) => answers.set(targetId, next),
  };
}

/** A bus that keeps what it takes, refuses what `refuses` names, and throws while it is down. */
function madeBus() {
  const events: AnyEvent[] = [];
  let refuses: (event: AnyEvent) => boolean = () => false;
  let down = false;
  const bus: EventBus = {
    publish: async (offered) => {
      if (down) throw new Error("the bus is gone");
      return offered.map((event) => {
        if (refuses(event)) return { kind: "failed", code: "throttled", reason: "too many" };
        events.push(event);
        return { kind: "accepted" };
      });
    },
  };
  return {
    bus,
    events,
    refuse: (which: (event: AnyEvent) => boolean) => void (refuses = which),
    goDown: (is: boolean) => void (down = is),
  };
}

/** What is measured: by default 300 requests a second a target and 1,000 viewers a channel, readable one minute after the minute. */
function madeLoads(now: () => number) {
  const reads: { readonly of: string; readonly fromMs: number; readonly toMs: number; readonly oldestMs?: number }[] = [];
  const world = {
    loadRps: (_targetId: string, _atMs: number): number | undefined => 300,
    viewers: (_channelId: string, _atMs: number): number | undefined => 1_000,
    broken: new Set<string>(),
  };
  const minutes = (fromMs: number, toMs: number): readonly number[] =>
    Array.from({ length: Math.max(0, Math.floor((toMs - fromMs) / MINUTE_MS)) }, (_, index) => fromMs + index * MINUTE_MS);
  const isOut = (atMs: number): boolean => atMs + 2 * MINUTE_MS <= now();
  const loads: LoadSource = {
    load: async (targetId, fromMs, toMs, oldestMs) => {
      reads.push({ of: targetId, fromMs, toMs, ...(oldestMs !== undefined && { oldestMs }) });
      if (world.broken.has(targetId)) throw new Error("metrics are throttled");
      return minutes(fromMs, toMs).map((atMs) => {
        const loadRps = isOut(atMs) ? world.loadRps(targetId, atMs) : undefined;
        if (loadRps === undefined) return { kind: "unknown", atMs, reason: "a gap" };
        return { kind: "known", atMs, loadRps, unservedRps: 0, servingUnits: 4 };
      });
    },
    audience: async (fromMs, toMs) => {
      reads.push({ of: "audience", fromMs, toMs });
      if (world.broken.has("audience")) throw new Error("metrics are throttled");
      return minutes(fromMs, toMs).map((atMs) => {
        const entries = ["one", "two"].flatMap((channelId) => {
          const viewers = isOut(atMs) ? world.viewers(channelId, atMs) : undefined;
          return viewers === undefined ? [] : [[channelId, viewers] as const];
        });
        return entries.length === 0
          ? { kind: "unknown", atMs, reason: "a gap" }
          : { kind: "known", atMs, viewers: Object.fromEntries(entries) };
      });
    },
  };
  return { loads, world, reads };
}

function madeJournal() {
  const entries: JournalEntry[] = [];
  const journal: Journal = {
    append: async (more) => {
      for (const entry of more) {
        if (!entries.some(({ atMs, targetId }) => atMs === entry.atMs && targetId === entry.targetId)) entries.push(entry);
      }
    },
    read: async (targetId, fromMs, toMs) =>
      entries.filter((entry) => entry.targetId === targetId && entry.atMs >= fromMs && entry.atMs < toMs),
  };
  return { journal, entries };
}

/** A deployment in memory, at 17:00, with the evening's guide in force and the final expected. */
export async function platform(more: Partial<Settings> & { readonly programmes?: readonly Programme[] } = {}) {
  let now = at(17);
  const { programmes = EVENING, ...settings } = more;
  const targets = settings.targets ?? [target("api")];
  const sections = memorySections();
  const documents = memoryDocumentStore(sections);
  const guides = memorySchedules(sections);
  const control = madeCapacity(targets);
  const booking = madeBookings(targets);
  const bus = madeBus();
  const measured = madeLoads(() => now);
  const journal = madeJournal();
  const context: Context = contextOf(
    {
      documents,
      ...guides,
      bus: bus.bus,
      journal: journal.journal,
      loads: measured.loads,
      capacity: control.capacity,
      bookings: booking.bookings,
    },
    {
      targets,
      expectations: [EXPECTED],
      zone: [],
      threshold: DEFAULT_IMPACT_THRESHOLD,
      cueOffsets: DEFAULT_CUE_OFFSETS,
      policy: DEFAULT_PLAN_POLICY,
      ...settings,
    },
  );
  const air = async (next: readonly Programme[]): Promise<void> => {
    const generation = ((await guides.schedules.current("guide"))?.generation ?? 0) + 1;
    const channels = ["one", "two"].map((id) => ({ id, name: id }));
    const schedule = { channels, programmes: next };
    await publishSchedule(guides, { feedId: "guide", generation, publishedAtMs: now }, schedule);
  };
  await air(programmes);
  return {
    context,
    documents,
    control,
    booking,
    bus: {
      ...bus,
      of: <T extends AnyEvent["type"]>(type: T) =>
        bus.events.filter((event): event is Extract<AnyEvent, { type: T }> => event.type === type),
    },
    measured,
    journal: journal.entries,
    /** Puts another generation of the guide in force. */
    air,
    now: () => now,
    goTo: (atMs: number) => void (now = atMs),
  };
}

export type Platform = Awaited<ReturnType<typeof platform>>;

/** Everything that is stored, by key. */
export async function stored({ documents }: Platform): Promise<Readonly<Record<string, unknown>>> {
  return Object.fromEntries((await documents.list("")).map(({ key, value }) => [key, value]));
}

/** Plans as plain data, with the reasons of each need put into words. */
export function said(plans: readonly Planned[]): unknown {
  return JSON.parse(JSON.stringify(plans, (_, value: unknown) => (typeof value === "function" ? (value as () => unknown)() : value)));
}

/** Plans at an instant. */
export async function plansAt({ context, goTo }: Platform, atMs: number): Promise<readonly Planned[]> {
  goTo(atMs);
  return plan(context, await situationAt(context, atMs));
}

/** The crowd of the final as it really is: there between two instants, gone half an hour later. */
export function crowd(viewers: number, fromMs: number, toMs: number) {
  return (channelId: string, atMs: number): number => {
    if (channelId !== "one") return 1_000;
    const left = atMs < toMs ? 1 : Math.max(0, 1 - (atMs - toMs) / (HOUR_MS / 6));
    return 1_000 + (atMs >= fromMs ? viewers * left : 0);
  };
}

/** A context whose every call to the store and to the control plane waits until it is let go, before it is made and before it is answered. */
export function slowed({ context }: Platform, wait: (what: string) => Promise<unknown>): Context {
  const slow = <P extends object>(port: P): P =>
    new Proxy(port, {
      get: (of, name) => {
        const member = Reflect.get(of, name) as unknown;
        if (typeof member !== "function") return member;
        return async (...given: unknown[]): Promise<unknown> => {
          await wait(String(name));
          const answer = await (member as (...given: unknown[]) => Promise<unknown>).apply(of, given);
          await wait(`${String(name)} answered`);
          return answer;
        };
      },
    });
  const ports: Ports = {
    ...context.ports,
    documents: slow(context.ports.documents),
    capacity: slow(context.ports.capacity),
    bookings: slow(context.ports.bookings),
  };
  return { ...context, ports };
}
