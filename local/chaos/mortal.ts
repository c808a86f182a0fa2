import type { Ports } from "../../shared/app/ports.ts";

/** Thrown by every port once a tick has been stopped dead. */
class StoppedDead extends Error {}

/** Ports that stop working for good after some calls, as if the process had been killed there; `undefined`: never. */
export function mortal(ports: Ports, left: { calls: number | undefined }): Ports {
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
