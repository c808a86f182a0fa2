import type { Programme } from "../../../shared/core/schedule/programme.ts";
import { prepareWorld } from "../../../shared/core/simulate/prepare.ts";
import type { PreparedWorld } from "../../../shared/core/simulate/prepare.ts";
import { beginWorld, stepWorld } from "../../../shared/core/simulate/step.ts";
import type { WorldMinute, WorldState } from "../../../shared/core/simulate/step.ts";
import type { TrueOccasion, World, WorldSetting } from "../../../shared/core/simulate/world.ts";
import type { Target } from "../../../shared/core/target.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";

/** An instant of the sample evening, Saturday 16 May 2026: `at(19, 30)`. Hours and minutes may run over. */
export function at(hour: number, minute = 0): number {
  return Date.UTC(2026, 4, 16, hour, minute);
}

function slot(channelId: string, title: string, startsAtMs: number, endsAtMs: number): Programme {
  return { id: `${channelId} ${startsAtMs}`, channelId, title, categories: [], live: false, startsAtMs, endsAtMs };
}

const FILMS = ["The Long Ferry", "Harbour", "A Quiet Field", "Nine Lives", "Snow on the Line", "Paper Boats", "The Clockmaker"];

/** Six channels of films from 15:00 to 23:00; on `one` and `two` a cup final at 19:00–21:00 and 19:00–20:55. */
export const SCHEDULE: WorldSetting["schedule"] = (() => {
  const ids = ["one", "two", "three", "four", "five", "six"];
  const programmes = ids.flatMap((id, channel) =>
    Array.from({ length: 8 }, (_, hour) => slot(id, FILMS[(hour + 3 * channel) % FILMS.length] ?? "", at(15 + hour), at(16 + hour))),
  );
  const films = programmes.filter(
    ({ channelId, startsAtMs }) => !(["one", "two"].includes(channelId) && startsAtMs >= at(19) && startsAtMs < at(21)),
  );
  const finals = [slot("one", "Cup Final: Rovers – United", at(19), at(21)), slot("two", "The CUP FINAL (live)", at(19), at(20, 55))];
  return { channels: ids.map((id) => ({ id, name: id })), programmes: [...films, ...finals] };
})();

export const CUP_FINAL: TrueOccasion = {
  occasion: "the cup final",
  title: "cup final",
  channels: ["one", "two"],
  windowStartMs: at(18, 50),
  windowEndMs: at(19, 10),
  viewers: 400_000,
  startsLateMinutes: 0,
  endsLateMinutes: 12,
};

export const API: Target = {
  id: "player-api",
  kind: "ecs-service",
  mode: "active",
  throughputRps: 150,
  targetUtilisation: 0.7,
  baselineUnits: 12,
  ceilingUnits: 300,
  loadPerViewerRps: 0.03,
  startUpMs: 3 * MINUTE_MS,
  launchUnitsPerMinute: 40,
  zones: 3,
  scalesIn: "target-tracking",
};
const DATABASE: Target = {
  ...API,
  id: "catalogue-db",
  kind: "aurora-readers",
  throughputRps: 2_600,
  baselineUnits: 2,
  ceilingUnits: 15,
  launchUnitsPerMinute: 15,
};
const EDGE: Target = {
  ...API,
  id: "edge",
  kind: "cdn-edge",
  throughputRps: 25_000,
  baselineUnits: 2,
  ceilingUnits: 40,
  launchUnitsPerMinute: 20,
};

/** The sample evening as a world of its own: what `change` names is different, the rest as above. */
export function worldWith(change: { world?: Partial<World>; targets?: readonly Target[]; seed?: number } = {}): PreparedWorld {
  return prepareWorld({
    schedule: SCHEDULE,
    targets: change.targets ?? [API, DATABASE, EDGE],
    seed: change.seed ?? 1,
    world: { usualPeakViewers: 60_000, occasions: [CUP_FINAL], targets: {}, refusals: [], ...change.world },
  });
}

/** The minutes of [fromMs, toMs) from `begun`, or from a world begun at `fromMs`; `between` may change the state before each minute. */
export function run(
  world: PreparedWorld,
  fromMs: number,
  toMs: number,
  between: (state: WorldState) => WorldState = (state) => state,
  begun: WorldState = beginWorld(world, fromMs),
): { readonly minutes: readonly WorldMinute[]; readonly state: WorldState } {
  const minutes: WorldMinute[] = [];
  let state = begun;
  while (state.atMs < toMs) {
    const step = stepWorld(world, between(state));
    minutes.push(step.minute);
    state = step.state;
  }
  return { minutes, state };
}

/** The minute of `atMs` among `minutes`. */
export function minuteAt(minutes: readonly WorldMinute[], atMs: number): WorldMinute {
  const found = minutes.find((minute) => minute.atMs === atMs);
  if (found === undefined) throw new RangeError(`no minute ${atMs} was run`);
  return found;
}

/** What a minute says of one target. */
export function targetIn(minute: WorldMinute, targetId: string): WorldMinute["targets"][string] {
  const found = minute.targets[targetId];
  if (found === undefined) throw new RangeError(`no target ${targetId} in the minute ${minute.atMs}`);
  return found;
}

/** The minute of [fromMs, toMs) with the highest `value`. */
export function highest(
  minutes: readonly WorldMinute[],
  fromMs: number,
  toMs: number,
  value: (minute: WorldMinute) => number,
): WorldMinute {
  const among = minutes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const [first] = among;
  if (first === undefined) throw new RangeError(`no minute in [${fromMs}, ${toMs}) was run`);
  return among.reduce((top, minute) => (value(minute) > value(top) ? minute : top), first);
}
