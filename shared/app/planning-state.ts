import type { LoadMinute } from "../core/measurement.ts";
import { byStart, compareText, type Schedule } from "../core/schedule/programme.ts";
import { DAY_MS, minuteOf, type ZoneOffsets } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readLoad } from "./loads.ts";
import { MOST_READ_MS } from "./near.ts";
import { OPERATE_HORIZON_MS } from "./operate.ts";
import type { Generation, Json } from "./ports.ts";

/** What a plan rests on, other than what its owner wrote and its code: who has it can plan anew, with other targets or other rules. */
export type PlanningState = {
  readonly now: number;
  readonly zone: ZoneOffsets;
  readonly measuredApart: boolean;
  readonly documents: readonly { readonly key: string; readonly value: Json }[];
  readonly feeds: readonly { readonly generation: Generation; readonly schedule: Schedule }[];
  readonly loads: readonly { readonly targetId: string; readonly minutes: readonly LoadMinute[] }[];
};

/** Documents that plans are made from, by the beginning of their keys. */
export const PLANNED_FROM: readonly string[] = [
  "air",
  "correction/",
  "floor/",
  "model/learned",
  "model/near/",
  "model/usual/",
  "model/viewers/",
  "override/",
  "plan/",
  "proposal/",
  "spending",
];

/** What is on so long before and after counts for no plan of the hours ahead. */
const AROUND_MS = DAY_MS;

/** What plans of the hours ahead rest on at `now`; reads only. */
export async function readPlanningState(context: Context, now: number): Promise<PlanningState> {
  const { ports, settings } = context;
  const from = minuteOf(now);
  const documents = (await Promise.all(PLANNED_FROM.map((prefix) => ports.documents.list(prefix)))).flat();
  const generations = await Promise.all((await ports.schedules.feeds()).map((feedId) => ports.schedules.current(feedId)));
  const feeds = await Promise.all(
    generations
      .filter((generation) => generation !== undefined)
      .map(async (generation) => ({ generation, schedule: around(await context.schedule(generation), now) })),
  );
  const loads = await Promise.all(
    settings.targets.map(async ({ id }) => ({ targetId: id, minutes: await readLoad(context, id, from - MOST_READ_MS, from) })),
  );
  return {
    now,
    zone: settings.zone,
    measuredApart: settings.measuredApart === true,
    documents: documents.map(({ key, value }) => ({ key, value })),
    feeds,
    loads,
  };
}

function around({ channels, programmes }: Schedule, now: number): Schedule {
  const [fromMs, untilMs] = [now - AROUND_MS, now + OPERATE_HORIZON_MS + AROUND_MS];
  return { channels, programmes: programmes.filter(({ startsAtMs, endsAtMs }) => endsAtMs > fromMs && startsAtMs < untilMs) };
}

/** A piece of a planning state that fits into an answer of the API. */
export type PlanningPart =
  | { readonly kind: "document"; readonly key: string; readonly value: Json }
  | { readonly kind: "feed"; readonly generation: Generation; readonly channels: Schedule["channels"] }
  | { readonly kind: "load"; readonly targetId: string; readonly minutes: readonly LoadMinute[] }
  /** Those of one channel. */
  | { readonly kind: "programmes"; readonly feedId: string; readonly channelId: string; readonly programmes: Schedule["programmes"] }
  | { readonly kind: "settings"; readonly zone: ZoneOffsets; readonly measuredApart: boolean };

/** A planning state in pieces, by name. What is added meanwhile gets no other piece a new name: whoever reads on after a name misses none. */
export function partsOf(state: PlanningState): readonly (readonly [name: string, part: PlanningPart])[] {
  const { zone, measuredApart } = state;
  const parts: [string, PlanningPart][] = [["settings", { kind: "settings", zone, measuredApart }]];
  for (const { key, value } of state.documents) parts.push([`document/${key}`, { kind: "document", key, value }]);
  for (const { generation, schedule } of state.feeds) {
    const { feedId } = generation;
    parts.push([`feed/${feedId}`, { kind: "feed", generation, channels: schedule.channels }]);
    for (const [channelId, programmes] of Map.groupBy(schedule.programmes, (programme) => programme.channelId))
      parts.push([`programmes/${feedId}/${channelId}`, { kind: "programmes", feedId, channelId, programmes }]);
  }
  for (const { targetId, minutes } of state.loads) parts.push([`load/${targetId}`, { kind: "load", targetId, minutes }]);
  return parts.sort(([a], [b]) => compareText(a, b));
}

/** The planning state that was taken apart, at the instant it is of. */
export function assembled(now: number, parts: readonly PlanningPart[]): PlanningState {
  const of = <Kind extends PlanningPart["kind"]>(kind: Kind) =>
    parts.filter((part): part is Extract<PlanningPart, { readonly kind: Kind }> => part.kind === kind);
  const [settings] = of("settings");
  return {
    now,
    zone: settings?.zone ?? [],
    measuredApart: settings?.measuredApart ?? false,
    documents: of("document"),
    feeds: of("feed").map(({ generation, channels }) => {
      const programmes = of("programmes").flatMap((part) => (part.feedId === generation.feedId ? part.programmes : []));
      return { generation, schedule: { channels, programmes: programmes.sort(byStart) } };
    }),
    loads: of("load"),
  };
}
