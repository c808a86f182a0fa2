import {
  DeleteScheduledActionCommand,
  DescribeScheduledActionsCommand,
  PutScheduledActionCommand,
  type ScheduledAction as AwsAction,
} from "@aws-sdk/client-application-auto-scaling";
import type { BookingControl, ScheduledAction, SetMinimumOutcome, TargetActions } from "../app/ports.ts";
import { MACHINE_PACE } from "../app/ports/machine-pace.ts";
import { isOurs } from "../core/warm/bookings.ts";
import { CalltimeError } from "../core/error.ts";
import { compareText } from "../core/schedule/programme.ts";
import type { Target } from "../core/target.ts";
import { DESCRIBE_LIMIT_MS, WRITE_LIMIT_MS, type ControlSettings } from "./capacity-control.ts";
import { cronOf, rateOf, zonedInstant } from "./cron.ts";
import { codeOf, outcomeOf, reasonOf } from "./target-failure.ts";
import { placeOf } from "./place.ts";
import { namesOf, type ScalablePlace } from "./scalable-targets.ts";
import type { TargetClients } from "./target-clients.ts";
import { withinLimit } from "./within-limit.ts";

/** Actions on one page. A target has 200 at the most; a paginator that goes round for ever ends after twice as many. */
const ACTIONS_A_PAGE = 50;
const MOST_PAGES = 8;

type Located = { readonly targetId: string; readonly place: ScalablePlace; readonly clients: TargetClients };
type Nowhere = { readonly kind: "unsupported" | "unknown"; readonly targetId: string; readonly reason: string };

/**
 * Raises booked as one-time scheduled actions of Application Auto Scaling, with the minimum alone. Only actions of ours, by the start of
 * their name, are written. A target whose minimum is not set there can have none: while Calltime is down nothing raises it.
 */
export function awsBookings(settings: ControlSettings): BookingControl {
  const { pace = MACHINE_PACE, describeLimitMs = DESCRIBE_LIMIT_MS, writeLimitMs = WRITE_LIMIT_MS } = settings;
  const targets = new Map(settings.targets.map((target) => [target.id, target]));
  const locate = (targetId: string): Located | Nowhere => {
    const target = targets.get(targetId);
    if (target === undefined) return { kind: "unknown", targetId, reason: `${targetId}: there is no such target` };
    const place = scalableOf(target);
    if (place === undefined) return { kind: "unsupported", targetId, reason: `${targetId}: only scalable targets have scheduled actions` };
    return { targetId, place, clients: settings.clients(placeOf(target.aws ?? {}, settings.homeRegion)) };
  };

  const listOne = async (targetId: string): Promise<TargetActions> => {
    const located = locate(targetId);
    if ("kind" in located) return located;
    try {
      const all = await withinLimit(describeLimitMs, targetId, () => describeActions(located));
      const now = pace.nowMs();
      const actions = all.flatMap((action) => toCome(action, now) ?? []);
      return { kind: "known", targetId, actions: actions.sort((a, b) => a.atMs - b.atMs || compareText(a.name, b.name)) };
    } catch (error) {
      return { kind: "unknown", targetId, reason: reasonOf(error) };
    }
  };

  const write = async (targetId: string, work: (located: Located, signal: AbortSignal) => Promise<void>): Promise<SetMinimumOutcome> => {
    const located = locate(targetId);
    if ("kind" in located)
      return { kind: "refused", code: located.kind === "unknown" ? "target-unknown" : "no-bookings", reason: located.reason };
    try {
      await withinLimit(writeLimitMs, targetId, (signal) => work(located, signal));
      return { kind: "accepted" };
    } catch (error) {
      return outcomeOf(targetId, error);
    }
  };

  return {
    list: (targetIds) => Promise.all(targetIds.map(listOne)),
    put: async (targetId, { name, atMs, minimumUnits }) => {
      const refused = (code: string, what: string): SetMinimumOutcome => ({ kind: "refused", code, reason: `${targetId}: ${what}` });
      if (!isOurs(name)) return refused("not-ours", `the name ${name} is not one of ours, and no other action is written`);
      if (atMs <= pace.nowMs()) return refused("in-the-past", `${new Date(atMs).toISOString()} has passed, and would never fire`);
      if (!Number.isInteger(minimumUnits) || minimumUnits < 0) return refused("no-whole-units", `${minimumUnits} is no number of units`);
      return write(targetId, (located, signal) => put(located, { name, atMs, minimumUnits }, { signal, now: pace.nowMs() }));
    },
    remove: async (targetId, name) => {
      if (!isOurs(name)) {
        const reason = `${targetId}: the name ${name} is not one of ours, and no other action is removed`;
        return { kind: "refused", code: "not-ours", reason };
      }
      return write(targetId, (located, signal) => remove(located, name, signal));
    },
  };
}

function scalableOf({ aws }: Target): ScalablePlace | undefined {
  return aws?.scaling?.kind === "scalable-target" ? aws.scaling : undefined;
}

async function describeActions({ place, clients }: Located): Promise<readonly AwsAction[]> {
  const found: AwsAction[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    await clients.scalingTurns.turn();
    const answer = await clients.scaling().send(
      new DescribeScheduledActionsCommand({
        ...namesOf(place),
        MaxResults: ACTIONS_A_PAGE,
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
    found.push(...(answer.ScheduledActions ?? []));
    ({ NextToken } = answer);
    if (NextToken === undefined) return found;
  }
  throw new CalltimeError("endless-pages", `${place.resourceId}: its scheduled actions had more than ${MOST_PAGES} pages`);
}

async function put(
  located: Located,
  action: { readonly name: string; readonly atMs: number; readonly minimumUnits: number },
  { signal, now }: { readonly signal: AbortSignal; readonly now: number },
): Promise<void> {
  try {
    await putOnce(located, action, signal);
  } catch (error) {
    if (codeOf(error) !== "LimitExceededException") throw error;
    // Actions that have fired may still be there, and count.
    const fired = (await describeActions(located)).filter(
      (each) => isOurs(each.ScheduledActionName ?? "") && toCome(each, now) === undefined,
    );
    if (fired.length === 0) throw error;
    for (const { ScheduledActionName = "" } of fired) await remove(located, ScheduledActionName, signal);
    await putOnce(located, action, signal);
  }
}

async function putOnce(
  { place, clients }: Located,
  { name, atMs, minimumUnits }: { readonly name: string; readonly atMs: number; readonly minimumUnits: number },
  abortSignal: AbortSignal,
): Promise<void> {
  await clients.scalingTurns.turn();
  await clients.scaling().send(
    new PutScheduledActionCommand({
      ...namesOf(place),
      ScheduledActionName: name,
      Schedule: `at(${new Date(atMs).toISOString().slice(0, 19)})`,
      Timezone: "UTC",
      ScalableTargetAction: { MinCapacity: minimumUnits },
    }),
    { abortSignal },
  );
}

async function remove({ place, clients }: Located, name: string, abortSignal: AbortSignal): Promise<void> {
  await clients.scalingTurns.turn();
  try {
    await clients.scaling().send(new DeleteScheduledActionCommand({ ...namesOf(place), ScheduledActionName: name }), { abortSignal });
  } catch (error) {
    // It is not there: what was wanted.
    if (codeOf(error) !== "ObjectNotFoundException") throw error;
  }
}

/** An action that is still to come at `now`, with the instant at which it fires next; undefined when it is over, or not understood. */
function toCome(action: AwsAction, now: number): ScheduledAction | undefined {
  const { ScheduledActionName: name, Schedule: schedule = "", Timezone: zone = "UTC", ScalableTargetAction: bounds } = action;
  const once = /^at\((.*)\)$/u.exec(schedule)?.[1];
  const atMs = once === undefined ? nextOf(action, schedule, zone, now) : zonedInstant(once, zone);
  if (name === undefined || atMs === undefined || atMs <= now) return undefined;
  const { MinCapacity, MaxCapacity } = bounds ?? {};
  return {
    name,
    atMs,
    recurring: once === undefined,
    ...(MinCapacity !== undefined && { minimumUnits: MinCapacity }),
    ...(MaxCapacity !== undefined && { maximumUnits: MaxCapacity }),
  };
}

/** When a recurring action fires next, between its start and its end. */
function nextOf({ StartTime, EndTime, CreationTime }: AwsAction, schedule: string, zone: string, now: number): number | undefined {
  const startMs = StartTime?.getTime() ?? CreationTime?.getTime() ?? 0;
  const next = rateOf(schedule, startMs) ?? cronOf(schedule, zone);
  const atMs = next?.(Math.max(now, StartTime === undefined ? now : startMs - 1));
  return atMs === undefined || (EndTime !== undefined && atMs > EndTime.getTime()) ? undefined : atMs;
}
