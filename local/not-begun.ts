import type { Ports } from "../shared/app/ports.ts";

const refused = { kind: "refused", code: "not-begun", reason: "the run has not begun" } as const;

/** Ports of a world that has not begun: there is nothing to measure yet, and nothing can be set. */
export const NOT_BEGUN: Pick<Ports, "loads" | "capacity" | "bookings"> = {
  loads: { load: async () => [], audience: async () => [] },
  capacity: { describe: async () => [], setMinimum: async () => refused },
  bookings: { list: async () => [], put: async () => refused, remove: async () => refused },
};
