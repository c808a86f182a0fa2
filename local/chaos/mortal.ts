import type { Ports } from "../../shared/app/ports.ts";

/** Thrown by every port once a tick has been stopped dead. */
class StoppedDead extends Error {}

/** Ports that stop working for good after some calls, as if the process had been killed there; `undefined`: never. */
export function mortal(ports: Ports, left: { calls: number | undefined }): Ports {
  const wrapped =
    (member: (...given: unknown[]) => unknown): typeof member =>
    (...given) => {
      if (left.calls !== undefined && (left.calls -= 1) < 0) return Promise.reject(new StoppedDead("killed"));
      return member(...given);
    };
  // A port is a plain object of functions that need no `this`.
  const wrap = <P extends object>(port: P): P =>
    Object.fromEntries(
      Object.entries(port).map(([name, member]: [string, unknown]) => [
        name,
        typeof member === "function" ? wrapped(member as Parameters<typeof wrapped>[0]) : member,
      ]),
    ) as P;
  return {
    documents: wrap(ports.documents),
    schedules: wrap(ports.schedules),
    chunks: wrap(ports.chunks),
    bus: wrap(ports.bus),
    journal: wrap(ports.journal),
    loads: wrap(ports.loads),
    capacity: wrap(ports.capacity),
    bookings: wrap(ports.bookings),
  };
}
