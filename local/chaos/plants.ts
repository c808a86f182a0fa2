import type { Settings } from "../../shared/app/context.ts";
import type { Ports } from "../../shared/app/ports.ts";
import { CalltimeError } from "../../shared/core/error.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";

/** A bug planted to see it caught: what Calltime's ports or settings become under it. Nothing of it is in the shipped code. */
export type Plant = {
  readonly name: string;
  readonly about: string;
  readonly ports?: (ports: Ports) => Ports;
  readonly settings?: (settings: Settings) => Settings;
};

/** The bugs that can be planted, one for each kind of broken promise. */
export const PLANTS: readonly Plant[] = [
  {
    name: "gap-is-zero",
    about: "a gap in the metrics is read as no load at all",
    ports: (ports) => ({
      ...ports,
      loads: {
        ...ports.loads,
        load: async (targetId, fromMs, toMs) =>
          (await ports.loads.load(targetId, fromMs, toMs)).map((minute) =>
            minute.kind === "unknown" ? { kind: "known", atMs: minute.atMs, loadRps: 0, unservedRps: 0, servingUnits: 0 } : minute,
          ),
      },
    }),
  },
  {
    name: "raise-not-sent",
    about: "a raise is taken for done and never sent, and a booking for made",
    ports: (ports) => ({
      ...ports,
      capacity: {
        ...ports.capacity,
        setMinimum: async (targetId, units) => {
          const [state] = await ports.capacity.describe([targetId]);
          return state?.kind === "known" && units > state.minimumUnits ? { kind: "accepted" } : ports.capacity.setMinimum(targetId, units);
        },
      },
      bookings: { ...ports.bookings, put: async () => ({ kind: "accepted" }) },
    }),
  },
  {
    name: "override-forgotten",
    about: "an override is acknowledged and not kept",
    ports: (ports) => ({
      ...ports,
      documents: {
        ...ports.documents,
        write: async (key, value, expected) => (key.startsWith("override/") ? "written" : ports.documents.write(key, value, expected)),
      },
    }),
  },
  {
    name: "event-swallowed",
    about: "an event is taken for published and goes nowhere",
    ports: (ports) => ({
      ...ports,
      bus: {
        publish: async (events) =>
          events.some(({ type }) => type === "calltime.override.changed")
            ? events.map(() => ({ kind: "accepted" }))
            : ports.bus.publish(events),
      },
    }),
  },
  {
    name: "booking-that-lowers",
    about: "a step down is booked as well",
    ports: (ports) => ({
      ...ports,
      bookings: {
        ...ports.bookings,
        put: async (targetId, action) => {
          const outcome = await ports.bookings.put(targetId, action);
          const after = { name: `${action.name}-end`, atMs: action.atMs + 10 * MINUTE_MS, minimumUnits: 1 };
          await ports.bookings.put(targetId, after);
          return outcome;
        },
      },
    }),
  },
  {
    name: "cap-forgotten",
    about: "what rests on the feed alone may spend what it likes",
    settings: (settings) => ({ ...settings, policy: { ...settings.policy, feedOnlyUsdPerHour: Number.POSITIVE_INFINITY } }),
  },
];

/** The plant of that name; undefined for none. Throws `chaos-plant-unknown`. */
export function planted(name: string | undefined): Plant | undefined {
  if (name === undefined) return undefined;
  const found = PLANTS.find((plant) => plant.name === name);
  if (found !== undefined) return found;
  throw new CalltimeError(
    "chaos-plant-unknown",
    `${name}: there is no such bug to plant; there are ${PLANTS.map((plant) => plant.name).join(", ")}`,
  );
}
