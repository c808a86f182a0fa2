import type { AnyEvent } from "../../events/index.ts";
import { EMPTY_AIR, type AirLog } from "../../shared/app/air-log.ts";
import { contextOf, type Context, type Settings } from "../../shared/app/context.ts";
import { readDocument } from "../../shared/app/documents.ts";
import { ingest } from "../../shared/app/ingest.ts";
import { readLearned } from "../../shared/app/model.ts";
import { setMode } from "../../shared/app/modes.ts";
import { listOverrides, setOverride, withdrawOverride, type AskedOverride } from "../../shared/app/override.ts";
import { plan } from "../../shared/app/plan.ts";
import type { Ports, SetMinimumOutcome } from "../../shared/app/ports.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { tick } from "../../shared/app/tick.ts";
import { warm } from "../../shared/app/warm.ts";
import { DEFAULT_CUE_OFFSETS } from "../../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { ARRIVAL_MS, DECAY_MS } from "../../shared/core/forecast/shape.ts";
import { leadMs } from "../../shared/core/plan/capacity.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import { shortMinutes, type Answerable, type EvidentMinute } from "../../shared/core/reliability.ts";
import { derive } from "../../shared/core/simulate/seeded.ts";
import { prepareWorld, type PreparedWorld } from "../../shared/core/simulate/prepare.ts";
import {
  beginWorld,
  describe,
  putScheduledAction,
  removeScheduledAction,
  scheduledActions,
  setMinimum,
  stepWorld,
  type WorldState,
} from "../../shared/core/simulate/step.ts";
import type { Target } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import type { History } from "../memory/history.ts";
import { measuredOf, type Happened } from "../memory/measured.ts";
import { plainDocuments, plainJournal, plainSchedules } from "../memory/plain.ts";
import { zoneOffsets, ZONE_MARGIN_MS } from "../zone.ts";
import { disorderlyBus, type DisorderlyBus } from "./bus.ts";
import { makeEvening, type ChaosEvening, type Happening } from "./evening.ts";
import { EVENING_MINUTES } from "./family.ts";
import { faultsOf, type Faults } from "./faults.ts";
import { foldOver, type NeededNow } from "./fold.ts";
import { historyOf } from "./history.ts";
import { emptyTally, type EveningOutcome, type Violation } from "./outcome.ts";
import type { Plant } from "./plants.ts";

function settingsOf({ family, targets, expectations }: ChaosEvening): Settings {
  const toMs = family.fromMs + EVENING_MINUTES * MINUTE_MS;
  return {
    targets,
    expectations,
    zone: zoneOffsets(family.zone, family.fromMs - ZONE_MARGIN_MS, toMs + ZONE_MARGIN_MS),
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: DEFAULT_PLAN_POLICY,
  };
}

/** A minimum that came down, by whose doing. */
type Lowered = { readonly atMs: number; readonly targetId: string; readonly fromUnits: number; readonly toUnits: number };

/** The world of one evening, and everything that was done to it. */
class Playground {
  readonly happened: Happened;
  readonly lowered: Lowered[] = [];
  readonly loweredByAction: (Lowered & { readonly name: string })[] = [];
  /** By minute: the targets that somebody outside took from, and those of which a call failed. */
  readonly undone = new Map<number, Set<string>>();
  readonly failed = new Map<number, Set<string>>();
  readonly troubles: Record<string, number> = {};
  state: WorldState;
  private readonly world: PreparedWorld;
  private readonly faults: Faults;
  private calls = 0;
  private callsAtMs = 0;

  constructor(world: PreparedWorld, fromMs: number, { lately }: History, faults: Faults) {
    this.world = world;
    this.faults = faults;
    this.state = beginWorld(world, fromMs);
    this.happened = { fromMs: lately[0]?.atMs ?? fromMs, minutes: [...lately] };
  }

  readonly now = (): number => this.state.atMs;

  count(name: string): void {
    this.troubles[name] = (this.troubles[name] ?? 0) + 1;
  }

  private note(notes: Map<number, Set<string>>, targetId: string): void {
    const known = notes.get(this.now()) ?? new Set<string>();
    notes.set(this.now(), known.add(targetId));
  }

  /** Somebody outside sets a minimum. */
  interfere(targetId: string, units: number): void {
    const before = this.state.clouds[targetId]?.minimumUnits ?? 0;
    this.state = setMinimum(this.world, this.state, targetId, units).state;
    if (units >= before) return;
    this.count("outside changes");
    this.note(this.undone, targetId);
  }

  step(): void {
    const next = stepWorld(this.world, this.state);
    this.state = next.state;
    this.happened.minutes.push(next.minute);
    for (const [targetId, { fired = [] }] of Object.entries(next.minute.targets)) {
      for (const { name, fromUnits, toUnits } of fired) {
        this.count("bookings fired");
        if (toUnits < fromUnits) this.loweredByAction.push({ atMs: next.minute.atMs, targetId, fromUnits, toUnits, name });
      }
    }
  }

  private nextCall(): number {
    if (this.callsAtMs !== this.now()) this.calls = 0;
    this.callsAtMs = this.now();
    return (this.calls += 1);
  }

  /** The control plane and the metrics as Calltime meets them. */
  ports(): Pick<Ports, "capacity" | "loads" | "bookings"> {
    const published = measuredOf(this.happened, this.now, this.faults.readableFrom);
    const metrics = <T>(what: string, read: () => Promise<T>): Promise<T> => {
      if (!this.faults.metricsThrottled(what, this.now())) return read();
      this.count("metrics throttled");
      this.note(this.failed, what);
      return Promise.reject(new Error("Rate exceeded"));
    };
    return {
      loads: {
        load: (targetId, fromMs, toMs) => metrics(targetId, () => published.load(targetId, fromMs, toMs)),
        audience: (fromMs, toMs) => metrics("audience", () => published.audience(fromMs, toMs)),
      },
      capacity: {
        describe: async (targetIds) =>
          targetIds.map((targetId) => {
            if (!this.faults.dark(targetId, this.now())) return describe(this.world, this.state, targetId);
            this.count("targets dark");
            this.note(this.failed, targetId);
            return { kind: "unknown", targetId, reason: "no route to it" };
          }),
        setMinimum: (targetId, units) =>
          this.called(targetId, () => {
            const before = this.state.clouds[targetId]?.minimumUnits ?? 0;
            const changed = setMinimum(this.world, this.state, targetId, units);
            if (changed.outcome.kind === "accepted") this.count(units < before ? "releases" : "raises");
            if (changed.outcome.kind === "accepted" && units < before) {
              this.lowered.push({ atMs: this.now(), targetId, fromUnits: before, toUnits: units });
            }
            return changed;
          }),
      },
      bookings: {
        list: async (targetIds) =>
          targetIds.map((targetId) => {
            if (this.faults.dark(`bookings of ${targetId}`, this.now())) {
              this.note(this.failed, targetId);
              return { kind: "unknown", targetId, reason: "no route to it" };
            }
            const actions = scheduledActions(this.world, this.state, targetId);
            if (actions === undefined) return { kind: "unsupported", targetId, reason: "its kind has no scheduled actions" };
            return { kind: "known", targetId, actions: actions.map((action) => ({ ...action, recurring: false })) };
          }),
        put: (targetId, action) =>
          this.called(targetId, () => {
            this.count("bookings");
            return putScheduledAction(this.world, this.state, targetId, action);
          }),
        remove: (targetId, name) => this.called(targetId, () => removeScheduledAction(this.world, this.state, targetId, name)),
      },
    };
  }

  /** One call to a control plane, with the fate that it meets. */
  private async called(
    targetId: string,
    make: () => { readonly state: WorldState; readonly outcome: SetMinimumOutcome },
  ): Promise<SetMinimumOutcome> {
    const fate = this.faults.call(targetId, this.now(), this.nextCall());
    if (fate !== "served") {
      this.count(`calls ${fate}`);
      this.note(this.failed, targetId);
    }
    if (fate === "throttled") return { kind: "deferred", code: "ThrottlingException", reason: "Rate exceeded" };
    if (fate === "refused") return { kind: "refused", code: "AccessDeniedException", reason: "not authorised" };
    if (fate === "lost") throw new Error("the connection timed out");
    const { state, outcome } = make();
    this.state = state;
    if (fate === "lost-done") throw new Error("the connection was reset");
    return outcome;
  }
}

/** Thrown by every port once a tick has been stopped dead. */
class StoppedDead extends Error {}

/** Ports that stop working for good after some calls, as if the process had been killed there; `undefined`: never. */
function mortal(ports: Ports, left: { calls: number | undefined }): Ports {
  const wrap = <P extends object>(port: P): P =>
    new Proxy(port, {
      get: (of, name) => {
        const member = Reflect.get(of, name) as unknown;
        if (typeof member !== "function") return member;
        return (...given: unknown[]): unknown => {
          if (left.calls !== undefined && (left.calls -= 1) < 0) return Promise.reject(new StoppedDead("killed"));
          return (member as (...given: unknown[]) => unknown).apply(of, given);
        };
      },
    });
  return {
    documents: wrap(ports.documents),
    schedules: wrap(ports.schedules),
    bus: wrap(ports.bus),
    journal: wrap(ports.journal),
    loads: wrap(ports.loads),
    capacity: wrap(ports.capacity),
    bookings: wrap(ports.bookings),
  };
}

/** Plays the evening of a seed, with a bug planted or without, and judges it. */
export async function playEvening(seed: number, plant: Plant | undefined): Promise<EveningOutcome> {
  const evening = makeEvening(seed);
  const { family, targets } = evening;
  const settings = settingsOf(evening);
  const history = await historyOf(family, settings);
  const faults = faultsOf(family, seed);

  const journal = plainJournal();
  const schedules = plainSchedules();
  const documents = plainDocuments(history.learned);
  const left: { calls: number | undefined } = { calls: undefined };
  const stage: { ground?: Playground; calltime?: Context } = {};
  const now = (): number => stage.ground?.now() ?? family.fromMs;

  const looksAgain = (event: AnyEvent): boolean =>
    ["calltime.schedule.changed", "calltime.override.changed", "calltime.mode.changed"].includes(event.type);
  const bus: DisorderlyBus = disorderlyBus(derive(seed, "bus"), faults, now, looksAgain, async () => {
    if (stage.calltime === undefined) return;
    await plan(stage.calltime, await situationAt(stage.calltime, now()));
    await warm(stage.calltime, now());
  });

  // The world is made from the guide as it first was: what a later edition says changes nothing of what is true.
  const first = contextOf({ ...closed, documents: plainDocuments(), schedules, bus: silentBus, journal }, settings);
  await ingest(first, { feedId: "guide", bytes: bytesOf(evening.guide) }, family.fromMs);
  const schedule = (await schedules.current("guide"))?.schedule;
  if (schedule === undefined) throw new Error(`evening ${seed}: its guide was not taken`);
  const truth = { usualPeakViewers: family.usualPeakViewers, occasions: evening.occasions, targets: {}, refusals: [] };
  const ground = (stage.ground = new Playground(
    prepareWorld({ world: truth, schedule, targets, seed: family.seed }),
    family.fromMs,
    history,
    faults,
  ));

  const real: Ports = { documents, schedules, bus, journal, ...ground.ports() };
  const calltime = (stage.calltime = contextOf(mortal(plant === undefined ? real : plant.ports(real), left), settings));

  const fold = foldOver({
    documents: plainDocuments(history.learned),
    schedules: plainSchedules(),
    loads: measuredOf(ground.happened, now, faults.readableFrom),
    settings,
  });
  await fold.feed(evening.guide, family.fromMs);

  const needed: (readonly NeededNow[])[] = [];
  const violations: Violation[] = [];
  const answerable: Answerable[] = [];
  const uploads: string[] = [];
  const acknowledged = new Map<string, number>();

  for (let minute = 0; minute < EVENING_MINUTES; minute += 1) {
    const atMs = now();
    // What a tick measures of its raises counts from the next one on.
    const { leads } = await readLearned(contextOf(real, settings));
    for (const outside of faults.outside) if (outside.atMs === atMs) interfere(ground, targets, outside);
    const due = evening.happenings.filter((happening) => happening.atMs === atMs);
    for (const happening of due) {
      if (happening.kind !== "feed") continue;
      uploads.push(happening.text);
      ground.count("feeds");
      await fold.feed(happening.text, atMs);
      if (happening.what.startsWith("lists")) answerable.push(...lateFor(evening, atMs, happening.what.slice(6)));
    }
    if (evening.outages.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)) ground.count("ticks down");
    else {
      const crash = evening.crashes.find((each) => each.atMs === atMs);
      if (crash !== undefined) ground.count("crashes");
      left.calls = crash?.afterCalls;
      for (const text of uploads.splice(0)) await takeIn(calltime, text, atMs);
      for (const happening of due) {
        if (await persons(calltime, happening, atMs)) {
          // What is needed does not depend on what Calltime may do.
          if (happening.kind !== "mode") await persons(fold.context, happening, atMs);
          if (happening.kind === "withdraw") acknowledged.delete(happening.id);
          else if ("untilMs" in happening) acknowledged.set(happening.id, happening.untilMs);
          ground.count("orders acknowledged");
          answerable.push(...lateFor(evening, atMs, happening));
        }
      }
      await tick(calltime, atMs).catch(() => ground.count("ticks with failures"));
      await bus.deliver(atMs).catch(() => undefined);
      left.calls = undefined;
    }
    needed.push(await fold.minute(atMs, leads));
    for (const { kind, what } of await overridesLost(contextOf(real, settings), acknowledged, atMs)) {
      violations.push({ kind, atMs, targetId: undefined, what });
    }
    ground.step();
  }
  await bus.settle(now());
  const { accepted, delivered, waiting, dead } = bus.accounts();
  ground.troubles["dead letters"] = dead.length;
  if (accepted !== delivered + waiting + dead.length || waiting > 0) {
    const what = `${accepted} events were accepted, ${delivered} delivered, ${dead.length} died and ${waiting} wait`;
    violations.push({ kind: "dead-letter-unaccounted", atMs: now(), targetId: undefined, what });
  }
  const air = (await readDocument<AirLog>(fold.context.ports.documents, "air"))?.value ?? EMPTY_AIR;
  return judged({ evening, ground, needed, journal, violations, answerable: [...answerable, ...unknownAudiences(air, now())] });
}

function interfere(ground: Playground, targets: readonly Target[], { targetId, share }: Faults["outside"][number]): void {
  const target = targets.find(({ id }) => id === targetId);
  const minimum = ground.state.clouds[targetId]?.minimumUnits;
  if (target === undefined || minimum === undefined || minimum <= target.baselineUnits) return;
  ground.interfere(targetId, Math.round(target.baselineUnits + share * (minimum - target.baselineUnits)));
}

async function takeIn(context: Context, text: string, now: number): Promise<void> {
  await ingest(context, { feedId: "guide", bytes: bytesOf(text) }, now).catch(() => undefined);
}

/** Does what a person asks for; true when it was acknowledged. */
async function persons(context: Context, happening: Happening, now: number): Promise<boolean> {
  try {
    switch (happening.kind) {
      case "feed":
        return false;
      case "mode":
        await setMode(context, { mode: happening.mode, targetId: happening.targetId, author: "chaos", why: "to see" }, now);
        return true;
      case "withdraw":
        await withdrawOverride(context, happening.id, { author: "chaos" }, now);
        return true;
      default:
        await setOverride(context, await askedOf(context, happening), now);
        return true;
    }
  } catch {
    return false;
  }
}

type Ordered = Exclude<Happening, { readonly kind: "feed" | "mode" | "withdraw" }>;

async function askedOf(context: Context, happening: Ordered): Promise<AskedOverride> {
  const { kind, id, untilMs } = happening;
  const lease = { kind, id, untilMs, author: "chaos", why: "to see" };
  switch (happening.kind) {
    case "floor":
      return { ...lease, targetIds: [happening.targetId], floorUnits: happening.floorUnits };
    case "factor":
      return { ...lease, targetIds: [happening.targetId], factor: happening.factor };
    case "hold":
      return { ...lease, targetIds: [happening.targetId] };
    case "overrun":
    case "delay":
      return { ...lease, occasionId: await occasionNamed(context, happening.occasion), byMinutes: happening.byMinutes };
    case "cancel":
      return { ...lease, occasionId: await occasionNamed(context, happening.occasion) };
    case "expected-audience": {
      // 90 % of a normal distribution lies within this many standard deviations.
      const reach = Math.exp(1.645 * happening.spread);
      const { viewers } = happening;
      return {
        ...lease,
        occasionId: await occasionNamed(context, happening.occasion),
        viewers,
        interval: [viewers / reach, viewers * reach],
      };
    }
    default:
      return happening satisfies never;
  }
}

/** The occasion that people call so, by its title in the guide. */
async function occasionNamed(context: Context, name: string): Promise<string | undefined> {
  const [, nth = "", seed = ""] = /^big (\d+) of evening (\d+)$/.exec(name) ?? [];
  const { occasions } = await context.guide();
  return occasions.find(
    (occasion) => occasion.name === name || occasion.programmes.some(({ title }) => title === `Occasion ${seed}-${nth}`),
  )?.id;
}

async function overridesLost(
  context: Context,
  acknowledged: ReadonlyMap<string, number>,
  now: number,
): Promise<readonly Pick<Violation, "kind" | "what">[]> {
  const held = new Set((await listOverrides(context, now)).map(({ id }) => id));
  return [...acknowledged].flatMap(([id, untilMs]) =>
    untilMs > now && !held.has(id) ? [{ kind: "override-lost" as const, what: `override ${id} was acknowledged and is not there` }] : [],
  );
}

// From knowing of a need to the last unit for it serving, on the slowest target there is.
const LONGEST_LEAD_MS = 25 * MINUTE_MS;

/** The stretches in which something answers for a shortage because it was known later than its lead. */
function lateFor(
  { occasions, targets }: Pick<ChaosEvening, "occasions" | "targets">,
  knownAtMs: number,
  what: string | Happening,
): readonly Answerable[] {
  if (typeof what !== "string") {
    if (what.kind === "floor") {
      const target = targets.find(({ id }) => id === what.targetId);
      const lead = target === undefined ? 0 : leadMs(target, target.startUpMs, what.floorUnits) + 3 * MINUTE_MS;
      return [{ cause: "late", fromMs: knownAtMs, toMs: knownAtMs + lead, what: `override ${what.id}` }];
    }
    if (what.kind === "factor" && what.factor > 1) {
      return [{ cause: "late", fromMs: knownAtMs, toMs: knownAtMs + LONGEST_LEAD_MS, what: `override ${what.id}` }];
    }
    if (what.kind === "expected-audience") return lateFor({ occasions, targets }, knownAtMs, what.occasion);
    return [];
  }
  const occasion = occasions.find((each) => each.occasion === what);
  const startsAtMs = occasion?.startsAtMs;
  if (startsAtMs === undefined || startsAtMs - ARRIVAL_MS - knownAtMs >= LONGEST_LEAD_MS) return [];
  return [{ cause: "late", fromMs: Math.min(knownAtMs, startsAtMs - ARRIVAL_MS), toMs: knownAtMs + LONGEST_LEAD_MS, what }];
}

/** The stretches of occasions that turned out above the threshold although nobody knew their audience. */
function unknownAudiences({ revealed, air }: AirLog, now: number): readonly Answerable[] {
  return Object.entries(revealed).flatMap(([id, { impact, name, startsAtMs, endsAtMs }]) => {
    if (impact !== "unknown-audience") return [];
    const stand = air[id];
    const overMs = stand?.kind === "ended" ? stand.endedAtMs : Math.max(endsAtMs, now);
    return [{ cause: "unknown-audience", fromMs: startsAtMs - ARRIVAL_MS, toMs: overMs + DECAY_MS + MINUTE_MS, what: name } as const];
  });
}

/** Judges what was played. */
function judged(played: {
  readonly evening: ChaosEvening;
  readonly ground: Playground;
  readonly needed: readonly (readonly NeededNow[])[];
  readonly journal: ReturnType<typeof plainJournal>;
  readonly violations: readonly Violation[];
  readonly answerable: readonly Answerable[];
}): EveningOutcome {
  const { evening, ground, needed, journal, answerable } = played;
  const { family, targets, seed } = evening;
  const violations = [...played.violations];
  const causes = emptyTally();
  let requests = 0;
  for (const [place, target] of targets.entries()) {
    const minutes = needed.map((all, index): EvidentMinute => {
      const atMs = family.fromMs + index * MINUTE_MS;
      const minute = ground.happened.minutes[(atMs - ground.happened.fromMs) / MINUTE_MS]?.targets[target.id];
      const now = all[place];
      if (minute === undefined || now === undefined) throw new Error(`evening ${seed}: minute ${index} of ${target.id} is missing`);
      requests += minute.loadRps * 60;
      const lead = Math.ceil(leadMs(target, target.startUpMs, now.neededUnits - target.baselineUnits) / MINUTE_MS) + 1;
      const before = needed[Math.max(0, index - lead)]?.[place];
      const failed = ground.failed.get(atMs);
      const tick = journal.at(target.id, atMs)?.tick;
      // What was refused is what the world says was, not what Calltime says.
      return {
        atMs,
        loadRps: minute.loadRps,
        unservedRps: minute.unservedRps,
        servingUnits: minute.servingUnits,
        desiredUnits: minute.desiredUnits,
        minimumUnits: minute.minimumUnits,
        tick: tick && { ...tick, refused: false },
        neededUnits: now.neededUnits,
        statedRps: before?.statedRps.get(atMs),
        callFailed: failed !== undefined && (failed.has(target.id) || failed.has("audience")),
        undone: ground.undone.get(atMs)?.has(target.id) === true,
      };
    });
    for (const short of shortMinutes({ target, startUpMs: target.startUpMs, minutes, answerable })) {
      if (short.cause === undefined) {
        const what = `${short.servingUnits} serving of ${short.requiredUnits} required, and nothing in evidence says why`;
        violations.push({ kind: "short-without-cause", atMs: short.atMs, targetId: target.id, what });
        continue;
      }
      const tally = causes[short.cause];
      tally.minutes += 1;
      tally.unservedRequests += short.unservedRequests;
    }
  }
  for (const { atMs, targetId, fromUnits, toUnits } of ground.lowered) {
    // What late events bring about after the last minute is not judged: nothing was folded there.
    const all = needed[(atMs - family.fromMs) / MINUTE_MS];
    if (all === undefined) continue;
    const neededUnits = all.find((each) => each.targetId === targetId)?.neededUnits;
    if (neededUnits === undefined) throw new Error(`evening ${seed}: what ${targetId} needed at ${atMs} is missing`);
    if (toUnits < neededUnits) {
      const what = `lowered from ${fromUnits} to ${toUnits} while ${neededUnits} were needed`;
      violations.push({ kind: "needed-floor-lowered", atMs, targetId, what });
    }
  }
  for (const { atMs, targetId, fromUnits, toUnits, name } of ground.loweredByAction) {
    violations.push({ kind: "scheduled-action-lowered", atMs, targetId, what: `${name} lowered it from ${fromUnits} to ${toUnits}` });
  }
  const budgetRequests = (requests * DEFAULT_PLAN_POLICY.unservedPerMillion) / 1e6;
  return { seed, minutes: EVENING_MINUTES * targets.length, requests, budgetRequests, causes, violations, troubles: ground.troubles };
}

const silentBus: Ports["bus"] = { publish: async (events) => events.map(() => ({ kind: "accepted" })) };

const notBegun = { kind: "refused", code: "not-begun", reason: "the evening has not begun" } as const;

/** Ports of a world that has not begun. */
const closed: Pick<Ports, "loads" | "capacity" | "bookings"> = {
  loads: { load: async () => [], audience: async () => [] },
  capacity: { describe: async () => [], setMinimum: async () => notBegun },
  bookings: { list: async () => [], put: async () => notBegun, remove: async () => notBegun },
};

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
