import { AIR_KEY, EMPTY_AIR, type AirLog } from "../../shared/app/air-log.ts";
import { contextOf, type Context, type Settings } from "../../shared/app/context.ts";
import { readDocument } from "../../shared/app/documents.ts";
import { ingest } from "../../shared/app/ingest.ts";
import { readLearned } from "../../shared/app/model.ts";
import { listOverrides } from "../../shared/app/override.ts";
import type { EventBus, Ports } from "../../shared/app/ports.ts";
import { readWithinIds } from "../../shared/app/spending.ts";
import { tick } from "../../shared/app/tick.ts";
import { DEFAULT_CUE_OFFSETS } from "../../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../../shared/core/plan/plan.ts";
import type { Answerable } from "../../shared/core/reliability.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { derive } from "../../shared/core/simulate/seeded.ts";
import { prepareWorld } from "../../shared/core/simulate/prepare.ts";
import type { TargetMode } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { lookAgain } from "../look-again.ts";
import { measuredOf } from "../memory/measured.ts";
import { plainDocuments, plainJournal, plainSchedules } from "../memory/plain.ts";
import { NOT_BEGUN } from "../not-begun.ts";
import { zoneOffsets, ZONE_MARGIN_MS } from "../../shared/config/zone.ts";
import { disorderlyBus } from "./bus.ts";
import { makeEvening, type ChaosEvening } from "./evening.ts";
import { EVENING_MINUTES } from "./family.ts";
import { faultsOf } from "./faults.ts";
import { foldOver } from "./fold.ts";
import { bytesOf } from "./guide.ts";
import { historyOf } from "./history.ts";
import { judged, lateFor, overspent, type Judged, unknownAudiences } from "./judge.ts";
import { mortal } from "./mortal.ts";
import { persons } from "./orders.ts";
import type { EveningOutcome, Violation } from "./outcome.ts";
import type { Plant } from "./plants.ts";
import { Playground } from "./playground.ts";

function settingsOf({ family, targets, expectations }: ChaosEvening): Settings {
  const toMs = family.fromMs + EVENING_MINUTES * MINUTE_MS;
  return {
    targets,
    expectations,
    zone: zoneOffsets(family.zone, family.fromMs - ZONE_MARGIN_MS, toMs + ZONE_MARGIN_MS),
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: DEFAULT_CUE_OFFSETS,
    policy: { ...DEFAULT_PLAN_POLICY, feedOnlyUsdPerHour: family.feedOnlyUsdPerHour, unservedPerMillion: family.unservedPerMillion },
  };
}

/** Plays the evening of a seed, with a bug planted or without, and judges it. */
export async function playEvening(seed: number, plant: Plant | undefined): Promise<EveningOutcome> {
  const evening = makeEvening(seed);
  const { family, targets } = evening;
  const settings = settingsOf(evening);
  const told = plant?.settings?.(settings) ?? settings;
  const history = await historyOf(family, settings);
  const faults = faultsOf(family, seed);

  const journal = plainJournal();
  const guides = plainSchedules();
  const documents = plainDocuments(history.learned);
  const left: { calls: number | undefined } = { calls: undefined };
  const stage: { ground?: Playground } = {};
  const now = (): number => stage.ground?.now() ?? family.fromMs;

  const bus = disorderlyBus(derive(seed, "bus"), faults, now);

  // The world is made from the guide as it first was: what a later edition says changes nothing of what is true.
  const first = contextOf({ ...NOT_BEGUN, documents: plainDocuments(), ...guides, bus: silentBus, journal }, settings);
  await ingest(first, { feedId: "guide", read: () => bytesOf(evening.guide) }, family.fromMs);
  const taken = await guides.schedules.current("guide");
  if (taken === undefined) throw new Error(`evening ${seed}: its guide was not taken`);
  const ground = (stage.ground = new Playground(
    prepareWorld({ world: evening.world, schedule: await first.schedule(taken), targets, seed: family.seed }),
    family.fromMs,
    history,
    faults,
  ));

  const real: Ports = { documents, ...guides, bus, journal, ...ground.ports() };
  const seen = plant?.ports?.(real) ?? real;
  let accepted = 0;
  const counted: EventBus = {
    publish: async (events) => {
      const outcomes = await seen.bus.publish(events);
      for (const [index, { type }] of events.entries()) if (outcomes[index]?.kind === "accepted" && bus.hears(type)) accepted += 1;
      return outcomes;
    },
  };
  const calltime = contextOf(mortal({ ...seen, bus: counted }, left), told);
  lookAgain(bus, calltime, now);

  const foldWith = (others: Settings) =>
    foldOver({
      documents: plainDocuments(history.learned),
      ...plainSchedules(),
      loads: measuredOf(ground.happened, now, faults.readableFrom),
      settings: others,
    });
  const fold = foldWith(told);
  // The same with nothing that rests on the feed alone: what is needed beyond it, before anybody comes, is what the feed alone spends.
  const folds = [
    fold,
    ...(evening.madeUpFromMs !== undefined ? [foldWith({ ...settings, policy: { ...settings.policy, feedOnlyUsdPerHour: 0 } })] : []),
  ];
  const [, frugal] = folds;
  for (const each of folds) await each.feed(evening.guide, family.fromMs);

  const needed: (readonly Judged[])[] = [];
  // What people last said of a target, and (for the name of none) of all of them.
  const modes = new Map<string | undefined, TargetMode>();
  const violations: Violation[] = [];
  const answerable: Answerable[] = [];
  const uploads: Upload[] = [];
  const acknowledged = new Map<string, number>();

  for (let minute = 0; minute < EVENING_MINUTES; minute += 1) {
    const atMs = now();
    // What a tick measures of its raises, and what it lets through, counts from the next one on.
    const applied = {
      leads: (await readLearned(contextOf(real, settings))).leads,
      withinIds: await readWithinIds(contextOf(real, settings)),
    };
    for (const { targetId, share } of faults.outside.filter((outside) => outside.atMs === atMs)) {
      const target = targets.find(({ id }) => id === targetId);
      if (target !== undefined) await ground.interfere(target, share);
    }
    const due = evening.happenings.filter((happening) => happening.atMs === atMs);
    for (const happening of due) {
      if (happening.kind !== "feed") continue;
      uploads.push({ text: happening.text, storedAtMs: atMs });
      ground.count("feeds");
      for (const each of folds) await each.feed(happening.text, atMs);
      if (happening.what.startsWith("lists")) answerable.push(...lateFor(evening, atMs, happening.what.slice(6)));
    }
    if (evening.outages.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)) ground.count("ticks down");
    else {
      const crash = evening.crashes.find((each) => each.atMs === atMs);
      if (crash !== undefined) ground.count("crashes");
      left.calls = crash?.afterCalls;
      for (const upload of uploads.splice(0)) if (!(await takenIn(calltime, upload, atMs))) uploads.push(upload);
      for (const happening of due) {
        if (await persons(calltime, happening, atMs)) {
          // What is needed does not depend on what Calltime may do.
          if (happening.kind === "mode") modes.set(happening.targetId, happening.mode);
          else for (const each of folds) await persons(each.context, happening, atMs);
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
    const neededNow = await fold.minute(atMs, applied);
    needed.push(neededNow.map((each) => ({ ...each, mode: modes.get(each.targetId) ?? modes.get(undefined) ?? "active" })));
    if (frugal !== undefined && atMs < (evening.madeUpFromMs ?? 0))
      violations.push(...overspent(evening, atMs, neededNow, await frugal.minute(atMs, { ...applied, withinIds: [] })));
    for (const { kind, what } of await overridesLost(contextOf(real, settings), acknowledged, atMs)) {
      violations.push({ kind, atMs, targetId: undefined, what });
    }
    ground.step();
  }
  await bus.settle(now());
  const { delivered, waiting, dead } = bus.accounts();
  ground.troubles["dead letters"] = dead.length;
  if (accepted !== delivered + waiting + dead.length || waiting > 0) {
    const what = `${accepted} events were accepted, ${delivered} delivered, ${dead.length} died and ${waiting} wait`;
    violations.push({ kind: "dead-letter-unaccounted", atMs: now(), targetId: undefined, what });
  }
  const air = (await readDocument<AirLog>(fold.context.ports.documents, AIR_KEY))?.value ?? EMPTY_AIR;
  return judged({ evening, ground, needed, journal, violations, answerable: [...answerable, ...unknownAudiences(air, now())] });
}

type Upload = { readonly text: string; readonly storedAtMs: number };

/** Takes an upload in; whether it was read to its end, be it refused. Whoever was stopped meanwhile is told of it again. */
async function takenIn(context: Context, { text, storedAtMs }: Upload, now: number): Promise<boolean> {
  try {
    await ingest(context, { feedId: "guide", read: () => bytesOf(text), storedAtMs }, now);
    return true;
  } catch (error) {
    return error instanceof CalltimeError;
  }
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

const silentBus: Ports["bus"] = { publish: async (events) => events.map(() => ({ kind: "accepted" })) };
