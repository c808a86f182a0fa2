import fc from "fast-check";
import { expect } from "vitest";
import type { AnyEvent } from "../../events/index.ts";
import { lookAgain } from "../../local/look-again.ts";
import { contextOf, type Context } from "../../shared/app/context.ts";
import { setMode } from "../../shared/app/modes.ts";
import { listOverrides, setOverride, withdrawOverride } from "../../shared/app/override.ts";
import type { Json, Ports } from "../../shared/app/ports.ts";
import { tick } from "../../shared/app/tick.ts";
import type * as FloorModule from "../../shared/core/warm/floor.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { slot } from "../app/made.ts";
import { behind, calltimeWith, measuredPlatform, minute, rule, type Calltime } from "./made.ts";

type Subscriber = { readonly type: AnyEvent["type"]; readonly handle: (event: AnyEvent) => Promise<void> };

/** What listens to events, and what Calltime's ports are behind it. */
type System = Pick<Calltime, "tick"> & {
  readonly ports: (ports: Ports, heard: ReadonlySet<string>) => Ports;
  readonly listens: (context: Context, now: () => number) => readonly Subscriber[];
};

function listeners(context: Context, now: () => number): readonly Subscriber[] {
  const all: Subscriber[] = [];
  lookAgain({ subscribe: (_, type, handle) => void all.push({ type, handle: handle as unknown as Subscriber["handle"] }) }, context, now);
  return all;
}

const MINUTES = 40;
const final = slot("one", "Cup Final", minute(15), minute(30));
const guideWith = (startsAt: number) => [
  slot("one", "Garden Hour", minute(-60), minute(startsAt)),
  { ...final, startsAtMs: minute(startsAt), endsAtMs: minute(startsAt + 15) },
  slot("one", "Late News", minute(startsAt + 15), minute(240)),
];

const anyOverride = fc.record({
  kind: fc.constant("override" as const),
  floorUnits: fc.integer({ min: 120, max: 300 }),
  forMinutes: fc.integer({ min: 1, max: 5 }),
});
const anyHappening = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("guide" as const), startsAt: fc.integer({ min: 12, max: 25 }) }) },
  { weight: 3, arbitrary: anyOverride },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdrawal" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("mode" as const), mode: fc.constantFrom("frozen" as const, "active" as const) }),
  },
);
const anyEvening = fc.record({
  early: fc.record({ at: fc.integer({ min: 1, max: 6 }), what: anyOverride }),
  later: fc.array(fc.record({ at: fc.integer({ min: 2, max: 25 }), what: anyHappening }), { minLength: 1, maxLength: 4 }),
  /** Of each event in turn: how many minutes later it is handed out, as often as there are entries. */
  deliveries: fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 5 }), { minLength: 2, maxLength: 6 }),
  restarts: fc.array(fc.integer({ min: 1, max: MINUTES }), { maxLength: 12 }),
  /** Minutes in which the tick comes twice. */
  twice: fc.array(fc.integer({ min: 1, max: MINUTES }), { maxLength: 12 }),
});
type Evening = typeof anyEvening extends fc.Arbitrary<infer Each> ? Each : never;

/** The minimum after each tick, where events are handed out as the evening says, or none at all is. */
async function minimums(
  system: System,
  { early, later, deliveries, restarts, twice }: Evening,
  hears: boolean,
): Promise<readonly number[]> {
  const made = await measuredPlatform({
    programmes: guideWith(15),
    expectations: [
      {
        occasion: "the cup final",
        title: "cup final",
        channels: ["one"],
        windowStartMs: minute(0),
        windowEndMs: minute(90),
        viewers: 200_000,
      },
    ],
  });
  const heard = new Set<string>();
  const begin = (): Context => behind(made, (ports) => system.ports(ports, heard));
  let context = begin();
  const due = new Map<number, AnyEvent[]>();
  let known = 0;
  const after: number[] = [];
  for (let n = 0; n < MINUTES; n += 1) {
    const now = minute(n);
    made.goTo(now);
    made.control.serve();
    if (hears && restarts.includes(n)) context = begin();
    for (const { at, what } of [early, ...later]) if (at === n) await happen(made, what, now, n);
    if (hears) {
      const subscribers = system.listens(context, made.now);
      // Later ones first: they overtake one another too.
      for (const event of (due.get(n) ?? []).toReversed()) {
        heard.add(event.type);
        for (const { type, handle } of subscribers) if (type === event.type) await handle(event);
      }
    }
    await system.tick(context, now);
    if (hears && twice.includes(n)) await system.tick(context, now);
    for (const event of made.bus.events.slice(known)) {
      for (const minutes of deliveries[known % deliveries.length] ?? []) due.set(n + minutes, [...(due.get(n + minutes) ?? []), event]);
      known += 1;
    }
    after.push(made.control.cloud("api").minimumUnits);
  }
  return after;
}

async function happen(
  made: Awaited<ReturnType<typeof measuredPlatform>>,
  what: Evening["later"][number]["what"],
  now: number,
  n: number,
): Promise<void> {
  const context = contextOf(made.context.ports, made.context.settings);
  const by = { author: "ops", why: "to see" };
  if (what.kind === "guide") {
    await made.air(guideWith(what.startsAt));
    const generation = (await made.context.ports.schedules.current("guide"))?.generation ?? 1;
    await made.bus.bus.publish([changed(generation, now)]);
  } else if (what.kind === "override") {
    const asked = { id: `o${n}`, targetIds: ["api"], floorUnits: what.floorUnits, untilMs: now + what.forMinutes * MINUTE_MS, ...by };
    await setOverride(context, asked, now).catch(() => undefined);
  } else if (what.kind === "withdrawal") {
    for (const { id } of await listOverrides(context, now)) await withdrawOverride(context, id, by, now);
  } else await setMode(context, { mode: what.mode, ...by }, now);
}

function changed(generation: number, now: number): AnyEvent {
  const counts = { added: 0, cancelled: 0, moved: 1, extended: 0, shortened: 0, retitled: 0, revised: 0 };
  const data = { feedId: "guide", generation, previousGeneration: generation - 1, counts, changes: [], truncated: false };
  const id = `schedule.changed/guide/${generation}`;
  return { id, type: "calltime.schedule.changed", version: 1, at: new Date(now).toISOString(), data } as unknown as AnyEvent;
}

const real: System = { tick, ports: (ports) => ports, listens: listeners };

rule<System>("events that are lost, late, doubled, out of order or from long ago change no floor, nor does a restart", {
  holds: (system) =>
    fc.asyncProperty(anyEvening, async (evening) => {
      expect(await minimums(system, evening, true)).toEqual(await minimums(system, evening, false));
    }),
  real,
  planted: {
    "the guide is read again only when an event says that it changed": () => ({
      ...real,
      ports: (ports, heard) => {
        const read = new Map<string, ReturnType<Ports["schedules"]["current"]>>();
        return {
          ...ports,
          schedules: {
            ...ports.schedules,
            current: async (feedId) => {
              if (heard.has("calltime.schedule.changed")) read.delete(feedId);
              const known = read.get(feedId) ?? ports.schedules.current(feedId);
              read.set(feedId, known);
              return known;
            },
          },
        };
      },
    }),
    "the floor of an override is set from the event that tells of it": () => ({
      ...real,
      listens: (context, now) => [
        ...listeners(context, now),
        {
          type: "calltime.override.changed",
          handle: async ({ data }) => {
            const { floorUnits = 0 } = data as { readonly floorUnits?: number };
            const [state] = await context.ports.capacity.describe(["api"]);
            if (state?.kind === "known" && floorUnits > state.minimumUnits) await context.ports.capacity.setMinimum("api", floorUnits);
          },
        },
      ],
    }),
    "what the last tick computed is remembered by the process alone": () => ({ ...real, ports: (ports) => forgetful(ports) }),
    "a release that was computed twice is taken for two ticks": async () => ({
      ...real,
      ...(await calltimeWith<typeof FloorModule>("../../shared/core/warm/floor.ts", ({ decideFloor }) => ({
        decideFloor: (input) => {
          const { floor, now } = input;
          return decideFloor(
            floor?.lower === undefined ? input : { ...input, floor: { ...floor, lower: { ...floor.lower, atMs: now - MINUTE_MS } } },
          );
        },
      }))),
    }),
  },
  numRuns: 12,
});

/** Ports of a process that keeps a release that is due to itself, and stores the rest. */
function forgetful(ports: Ports): Ports {
  const lower = new Map<string, Json>();
  return {
    ...ports,
    documents: {
      ...ports.documents,
      read: async (key) => {
        const stored = await ports.documents.read(key);
        const known = lower.get(key);
        if (stored === undefined || known === undefined) return stored;
        return { ...stored, value: { ...(stored.value as { readonly [name: string]: Json }), lower: known } };
      },
      write: async (key, value, expected) => {
        if (!key.startsWith("floor/")) return ports.documents.write(key, value, expected);
        const { lower: due, ...rest } = value as { readonly [name: string]: Json };
        if (due === undefined) lower.delete(key);
        else lower.set(key, due);
        return ports.documents.write(key, rest, expected);
      },
    },
  };
}
