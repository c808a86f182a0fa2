import { onTestFinished } from "vitest";
import type { AnyEvent } from "../../events/index.ts";
import type { DeliverySettings } from "../../local/bus.ts";
import type { StorePlace } from "../../local/database.ts";
import { openEvening, type Evening, type EveningHere } from "../../local/evening.ts";
import type { Settings } from "../../shared/app/context.ts";
import type { JournalEntry } from "../../shared/app/ports.ts";
import { DEFAULT_CUE_OFFSETS } from "../../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type { World } from "../../shared/core/simulate/world.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { at, target } from "../app/made.ts";

const clock = (ms: number): string => `${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14)} +0000`;

/** One slot of the small evening's feed. */
function line(channel: string, title: string, startsAtMs: number, endsAtMs: number): string {
  return `<programme start="${clock(startsAtMs)}" stop="${clock(endsAtMs)}" channel="${channel}"><title>${title}</title></programme>`;
}

/** Three channels from 17:00 to midnight; the final is on the first, from 19:00 to 20:00. */
export const LINES: readonly string[] = [
  line("one", "Garden Hour", at(17), at(19)),
  line("one", "Cup Final", at(19), at(20)),
  line("one", "Late News", at(20), at(22)),
  line("one", "Night Film", at(22), at(24)),
  line("two", "Old Songs", at(17), at(20)),
  line("two", "Quiz", at(20), at(24)),
  line("three", "Harbour", at(17), at(21)),
  line("three", "Snow on the Line", at(21), at(24)),
];

/** A feed of these slots. */
export function feedOf(lines: readonly string[]): string {
  const channels = ["one", "two", "three"].map((id) => `<channel id="${id}"><display-name>${id}</display-name></channel>`);
  return `<?xml version="1.0" encoding="UTF-8"?><tv>${channels.join("")}${lines.join("")}</tv>`;
}

const FINAL = { occasion: "the cup final", title: "cup final", channels: ["one"], windowStartMs: at(18), windowEndMs: at(20) };

/** What may be otherwise in a small evening. */
export type Changes = {
  readonly place?: StorePlace;
  readonly fromMs?: number | undefined;
  readonly seed?: number;
  readonly lines?: readonly string[];
  readonly settings?: Partial<Settings>;
  readonly world?: Partial<World>;
  readonly endsLateMinutes?: number;
  readonly delivery?: DeliverySettings;
};

/** The setting of a small evening from 18:00 on: 100,000 viewers come to a final of which 100,000 are expected. */
export function settingOf(changes: Changes = {}): EveningHere {
  return {
    place: changes.place ?? { kind: "memory" },
    seed: changes.seed ?? 1,
    ...(changes.delivery !== undefined && { delivery: changes.delivery }),
    fromMs: "fromMs" in changes ? changes.fromMs : at(18),
    world: {
      usualPeakViewers: 10_000,
      occasions: [{ ...FINAL, viewers: 100_000, startsLateMinutes: 0, endsLateMinutes: changes.endsLateMinutes ?? 0 }],
      targets: {
        api: { requestsPerViewerMinute: 1.2, requestsPerArrival: 6, requestsPerDeparture: 3, startUpMs: 95_000, startUpSpread: 0.2 },
      },
      refusals: [],
      ...changes.world,
    },
    settings: {
      targets: [target("api", { loadPerViewerRps: 0.02 })],
      expectations: [{ ...FINAL, viewers: 100_000 }],
      zone: [],
      threshold: DEFAULT_IMPACT_THRESHOLD,
      cueOffsets: DEFAULT_CUE_OFFSETS,
      policy: DEFAULT_PLAN_POLICY,
      ...changes.settings,
    },
    feed: { feedId: "guide", name: "guide.xml", read: () => inChunks(feedOf(changes.lines ?? LINES)) },
  };
}

/** A service whose units open ten connections each, and readers of which each takes a hundred: two are enough for a usual evening. */
export const DEPENDENT_TARGETS = [
  target("api", { loadPerViewerRps: 0.02, connections: { database: "db", poolPerUnit: 10 } }),
  target("db", {
    kind: "aurora-readers",
    throughputRps: 3000,
    baselineUnits: 2,
    ceilingUnits: 15,
    loadPerViewerRps: 0.006,
    startUpMs: 15 * MINUTE_MS,
    launchUnitsPerMinute: 15,
    maxConnectionsPerUnit: 100,
  }),
];

/** A small evening whose service depends on its database. */
export const dependent = (changes: Changes = {}): Changes => ({
  ...changes,
  settings: { targets: DEPENDENT_TARGETS },
  world: {
    connectionLimits: true,
    targets: {
      api: { requestsPerViewerMinute: 1.2, requestsPerArrival: 6, requestsPerDeparture: 3, startUpMs: 95_000, startUpSpread: 0.2 },
    },
  },
});

/** A small evening, open until the test is over. */
export async function smallEvening(changes: Changes = {}): Promise<Evening> {
  const evening = await openEvening(settingOf(changes));
  onTestFinished(() => evening.close());
  return evening;
}

/** Lets the evening run until `atMs`. */
export async function runTo(evening: Evening, atMs: number): Promise<void> {
  while (evening.nowMs() < atMs) await evening.step();
}

/** Every event so far, in the order in which the bus took it. */
export async function eventsOf(evening: Evening): Promise<readonly AnyEvent[]> {
  return (await evening.log.read()).map(({ event }) => event);
}

/** What was decided for the service at `atMs`. */
export async function decidedAt(evening: Evening, atMs: number): Promise<JournalEntry["tick"]> {
  const [entry] = await evening.context.ports.journal.read("api", atMs, atMs + 60_000);
  if (entry === undefined) throw new RangeError(`nothing was decided at ${atMs}`);
  return entry.tick;
}

/** The service as it was in the minute of `atMs`. */
export async function serviceAt(evening: Evening, atMs: number) {
  const [minute] = await evening.world.trueMinutes(atMs, atMs + 60_000);
  const service = minute?.targets["api"];
  if (service === undefined) throw new RangeError(`${atMs} did not happen`);
  return service;
}
