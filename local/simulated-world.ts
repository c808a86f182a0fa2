import type { AudienceFlow } from "../shared/core/simulate/audience.ts";
import type { SimulatedAction } from "../shared/core/simulate/cloud.ts";
import type { PreparedWorld } from "../shared/core/simulate/prepare.ts";
import {
  beginWorld,
  callDescribe,
  callPutScheduledAction,
  callRemoveScheduledAction,
  callScheduledActions,
  callSetMinimum,
  clockAt,
  historyMinute,
  stepWorld,
  type ActionsDescription,
  type CallOutcome,
  type TargetDescription,
  type WorldMinute,
  type WorldState,
} from "../shared/core/simulate/step.ts";
import { metricDelayMs } from "../shared/core/simulate/troubles.ts";
import type { Json } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { DAY_MS, minuteOf, MINUTE_MS } from "../shared/core/time.ts";
import type { Database } from "./database.ts";
import { runState } from "./run-state.ts";
import { storedJson } from "../shared/app/ports/stored-json.ts";

/** One minute of all targets, by target id. */
export type TargetsMinute = Pick<WorldMinute, "atMs" | "targets">;

/** The simulated world of one run. It is kept in the run's store: inside the tick's transaction it moves with the tick or not at all. */
export type SimulatedWorld = {
  /** The world's present, in epoch milliseconds: all minutes before it have happened. */
  nowMs(): number;
  /** What Calltime's clock says at that instant: the same, unless the world has it step. */
  clockMs(): number;
  /** Targets the world has. */
  readonly targetIds: readonly string[];
  /** Lets one minute pass. */
  step(): Promise<WorldMinute>;
  describe(targetId: string): Promise<TargetDescription>;
  setMinimum(targetId: string, units: number): Promise<CallOutcome>;
  /** Scheduled actions to come; `unsupported` where a target can have none. */
  scheduledActions(targetId: string): Promise<ActionsDescription>;
  putScheduledAction(targetId: string, action: SimulatedAction): Promise<CallOutcome>;
  removeScheduledAction(targetId: string, name: string): Promise<CallOutcome>;
  /** How much later than usual the metrics of a minute are published; infinity: never. `what` is a target's id, or `audience`. */
  metricDelayMs(what: string, atMs: number): number;
  /** Targets in the minutes of [fromMs, toMs) that have happened or lie in the measured history, oldest first. */
  targetMinutes(fromMs: number, toMs: number): Promise<readonly TargetsMinute[]>;
  /** The audience in the same minutes. */
  audienceMinutes(fromMs: number, toMs: number): Promise<readonly AudienceFlow[]>;
};

/** How much was measured before the run began. What is left out takes the value named here. */
export type HistorySettings = {
  /** How far the measured history goes back from the run's start, in milliseconds; eight weeks. */
  readonly historyMs?: number;
};

type Kept = { readonly fromMs: number; readonly seed: number; readonly state: WorldState };

const KEY = "world";

/**
 * The world of the run in `database`, begun at `fromMs` or resumed where its last tick left it. Throws `run-mismatch` when the store
 * holds a run from another start or of another seed.
 */
export async function simulatedWorld(
  database: Database,
  world: PreparedWorld,
  fromMs: number,
  { historyMs = 56 * DAY_MS }: HistorySettings = {},
): Promise<SimulatedWorld> {
  const runs = runState(database);
  const beginsAtMs = minuteOf(fromMs);
  const { seed } = world.setting;
  const kept = (await runs.read(KEY)) as Kept | undefined;
  if (kept !== undefined && (kept.fromMs !== beginsAtMs || kept.seed !== seed)) {
    throw new CalltimeError(
      "run-mismatch",
      `${database.directory ?? "the store"}: holds a run from ${kept.fromMs} with seed ${kept.seed}, not from ${beginsAtMs} with seed ${seed}; start it with the same, or name another directory`,
    );
  }
  let state = kept?.state ?? beginWorld(world, beginsAtMs);
  /** Every target reads the same weeks; only loads are remembered, since the audience of all channels is large. */
  const history = new Map<number, TargetsMinute["targets"]>();

  const { sql } = database;
  const insert = sql.prepare("INSERT INTO world_minute (minute_ms, audience_json, targets_json) VALUES (?, ?, ?)");
  const targetRows = sql.prepare(
    "SELECT minute_ms, targets_json AS json FROM world_minute WHERE minute_ms >= ? AND minute_ms < ? ORDER BY minute_ms",
  );
  const audienceRows = sql.prepare(
    "SELECT audience_json AS json FROM world_minute WHERE minute_ms >= ? AND minute_ms < ? ORDER BY minute_ms",
  );

  const keep = (next: WorldState): Promise<void> =>
    database.transaction(async () => {
      await database.operation((undo) => {
        const before = state;
        undo(() => void (state = before));
        state = next;
      });
      await runs.write(KEY, { fromMs: beginsAtMs, seed, state: next } satisfies Kept as unknown as Json);
    });

  const change = (make: () => { readonly state: WorldState; readonly outcome: CallOutcome }): Promise<CallOutcome> =>
    database.transaction(async () => {
      const next = make();
      if (next.state !== state) await keep(next.state);
      return next.outcome;
    });

  const targetsBefore = (atMs: number): TargetsMinute["targets"] => {
    const known = history.get(atMs) ?? historyMinute(world, atMs).targets;
    history.set(atMs, known);
    return known;
  };

  /** Minutes of the measured history that lie in [fromMs, toMs). */
  const historyMinutes = (from: number, to: number): readonly number[] => {
    const minutes: number[] = [];
    const first = Math.max(Math.ceil(from / MINUTE_MS) * MINUTE_MS, beginsAtMs - historyMs);
    for (let atMs = first; atMs < Math.min(to, beginsAtMs); atMs += MINUTE_MS) minutes.push(atMs);
    return minutes;
  };

  return {
    nowMs: () => state.atMs,
    clockMs: () => clockAt(world, state.atMs),
    targetIds: world.targets.map(({ target }) => target.id),
    step: () =>
      database.transaction(async () => {
        const next = stepWorld(world, state);
        const { targets, ...audience } = next.minute;
        await database.operation(() => insert.run(audience.atMs, storedJson("audience", audience), storedJson("targets", targets)));
        await keep(next.state);
        return next.minute;
      }),
    describe: (targetId) => database.operation(() => callDescribe(world, state, targetId)),
    setMinimum: (targetId, units) => change(() => callSetMinimum(world, state, targetId, units)),
    scheduledActions: (targetId) => database.operation(() => callScheduledActions(world, state, targetId)),
    putScheduledAction: (targetId, action) => change(() => callPutScheduledAction(world, state, targetId, action)),
    removeScheduledAction: (targetId, name) => change(() => callRemoveScheduledAction(world, state, targetId, name)),
    metricDelayMs: (what, atMs) => metricDelayMs(world.troubles, what, atMs),
    targetMinutes: (from, to) =>
      database.operation(() => [
        ...historyMinutes(from, to).map((atMs) => ({ atMs, targets: targetsBefore(atMs) })),
        ...targetRows
          .all(from, to)
          .map((row) => ({ atMs: Number(row["minute_ms"]), targets: JSON.parse(String(row["json"])) as TargetsMinute["targets"] })),
      ]),
    audienceMinutes: (from, to) =>
      database.operation(() => [
        ...historyMinutes(from, to).map((atMs) => {
          const { viewers, arrivals, departures } = historyMinute(world, atMs);
          return { atMs, viewers, arrivals, departures };
        }),
        ...audienceRows.all(from, to).map((row) => JSON.parse(String(row["json"])) as AudienceFlow),
      ]),
  };
}
