import { memoryWorld } from "../../local/memory/world.ts";
import { simulatedBookings } from "../../local/simulated-bookings.ts";
import { bookingControlLaws } from "./booking-control.laws.ts";
import { EVENING_MS, runningWorld, servedWorld, smallWorld, SMALL_TARGETS } from "./simulated.ts";

const targets = SMALL_TARGETS.map((target) => (target.id === "player" ? { ...target, kind: "alb-lcu" as const } : target));

bookingControlLaws("simulated world", async () => {
  const world = await runningWorld(0, smallWorld({}, targets));
  return {
    bookings: simulatedBookings(world),
    targetId: "web",
    unsupportedId: "player",
    fromMs: EVENING_MS,
    passTo: async (atMs) => {
      while (world.nowMs() < atMs) await world.step();
    },
    minimumOf: async (targetId) => {
      const described = await world.describe(targetId);
      return described.kind === "known" ? described.minimumUnits : Number.NaN;
    },
  };
});

bookingControlLaws("simulated world in memory", async () => {
  const world = memoryWorld(smallWorld({}, targets), EVENING_MS, []);
  return {
    bookings: world.bookings,
    targetId: "web",
    unsupportedId: "player",
    fromMs: EVENING_MS,
    passTo: async (atMs) => {
      while (world.nowMs() < atMs) world.step();
    },
    minimumOf: async (targetId) => {
      const [described] = await world.capacity.describe([targetId]);
      return described?.kind === "known" ? described.minimumUnits : Number.NaN;
    },
  };
});

bookingControlLaws("world over HTTP", async () => {
  const world = await servedWorld(0, smallWorld({}, targets));
  return {
    bookings: world.bookings,
    targetId: "web",
    unsupportedId: "player",
    fromMs: EVENING_MS,
    passTo: async (atMs) => {
      while (world.nowMs() < atMs) await world.step();
    },
    minimumOf: async (targetId) => {
      const [described] = await world.capacity.describe([targetId]);
      return described?.kind === "known" ? described.minimumUnits : Number.NaN;
    },
  };
});
