import type { Json, Versioned } from "../../shared/app/ports.ts";
import type { Settings } from "../../shared/app/context.ts";
import { stretched } from "../../shared/core/forecast/audience.ts";
import { firstLearned, type Learned } from "../../shared/core/forecast/model.ts";
import { learnHistory, type History } from "../memory/history.ts";
import { normaliseTitle } from "../../shared/core/schedule/title.ts";
import type { Family } from "./family.ts";
import { seriesOf } from "./guide.ts";

const histories = new Map<number, Promise<History>>();

/** The history of a family: learned once for all its evenings. */
export function historyOf(family: Family, settings: Settings): Promise<History> {
  const known = histories.get(family.index) ?? learned(family, settings);
  histories.set(family.index, known);
  return known;
}

async function learned(family: Family, settings: Settings): Promise<History> {
  const { channels, usualPeakViewers, seed, fromMs } = family;
  const history = await learnHistory({ settings, channels, world: { usualPeakViewers, targets: {} }, seed, fromMs });
  return family.provenChannels.length === 0 ? history : withProven(history, family);
}

const LEARNED_KEY = "model/learned";

/** The history with broadcasts that drew crowds on some channels, none of them of the series that are on: these drew nobody more than usual. */
function withProven(history: History, { provenChannels, usualPeakViewers }: Family): History {
  const before = history.learned.find(([key]) => key === LEARNED_KEY)?.[1];
  const model = (before?.value as unknown as Learned | undefined) ?? firstLearned();
  const level = (viewers: number) => ({ count: 20, mean: stretched(viewers), squares: 1.5 });
  const proven = Object.fromEntries([
    ...provenChannels.map((id) => [`channel/${id}`, level(0.4 * usualPeakViewers)] as const),
    ...provenChannels.flatMap((id) => seriesOf(id).map((title) => [`series/${id}/${normaliseTitle(title)}`, level(0)] as const)),
  ]);
  const value: Learned = {
    ...model,
    audience: { ...model.audience, all: level(1_000), ...proven },
    reach: { viewers: usualPeakViewers, broadcasts: 60 },
  };
  const stored: Versioned<Json> = { value: value as unknown as Json, version: before?.version ?? 1 };
  return { ...history, learned: [...history.learned.filter(([key]) => key !== LEARNED_KEY), [LEARNED_KEY, stored]] };
}
