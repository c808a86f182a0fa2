import { expect } from "vitest";
import { loadMeasured, modelUpdated, newEvent, scheduleChanged, type AnyEvent } from "../../events/index.ts";
import type { EventBus } from "../../shared/app/ports.ts";
import { laws, type Exceptions } from "./law.ts";

/** A fresh bus for each law. `arrived` gives what reached a subscriber of every type so far, in any order, doubled perhaps. */
export type MakeEventBus = () => Promise<{ readonly bus: EventBus; readonly arrived: () => Promise<readonly AnyEvent[]> }>;

const AT_MS = 1_767_200_400_000;

const learned = (id: string, what = "the usual load of Wednesday evening"): AnyEvent =>
  newEvent(modelUpdated, { id, atMs: AT_MS, data: { modelVersion: 2, previousVersion: 1, cause: "lead", what } });

const broken = (id: string): AnyEvent => ({ ...learned(id), data: { modelVersion: "two" } }) as unknown as AnyEvent;

const ids = (events: readonly AnyEvent[]): readonly string[] => [...new Set(events.map(({ id }) => id))].sort();

const failed = (code: string) => ({ kind: "failed", code, reason: expect.stringMatching(/\S/) as string });

/** What every bus keeps to. */
export function eventBusLaws(name: string, makeBus: MakeEventBus, exceptions: Exceptions = {}): void {
  laws(`event bus: ${name}`, exceptions, (law) => {
    law("publishing nothing has no outcome", async () => {
      const { bus, arrived } = await makeBus();
      expect(await bus.publish([])).toEqual([]);
      expect(await arrived()).toEqual([]);
    });

    law("an accepted event arrives as it was published", async () => {
      const { bus, arrived } = await makeBus();
      const events: readonly AnyEvent[] = [modelUpdated.example, loadMeasured.example, scheduleChanged.example];
      expect(await bus.publish(events)).toEqual(events.map(() => ({ kind: "accepted" })));
      const got = await arrived();
      for (const event of events) expect(got).toContainEqual(event);
      expect(ids(got)).toEqual(ids(events));
    });

    law("gives one outcome per event in the order given, and one bad event does not hold back the others", async () => {
      const { bus, arrived } = await makeBus();
      const outcomes = await bus.publish([
        learned("a"),
        broken("b"),
        learned("c"),
        { ...learned("d"), type: "calltime.unheard-of" } as unknown as AnyEvent,
      ]);
      expect(outcomes).toEqual([{ kind: "accepted" }, failed("event-invalid"), { kind: "accepted" }, failed("event-type-unknown")]);
      expect(ids(await arrived())).toEqual(["a", "c"]);
    });

    law("an event larger than the bus carries is not accepted, counted in UTF-8", async () => {
      const { bus, arrived } = await makeBus();
      const fits = learned("fits", "é".repeat(120_000));
      const large = { ...fits, id: "large", data: { ...fits.data, what: "é".repeat(130_000) } } as AnyEvent;
      expect(await bus.publish([large, fits])).toEqual([failed("event-too-large"), { kind: "accepted" }]);
      expect(ids(await arrived())).toEqual(["fits"]);
    });

    law("takes more events in one call than any bus takes in one request", async () => {
      const { bus, arrived } = await makeBus();
      const events = Array.from({ length: 25 }, (_, index) => learned(`m${index}`));
      expect(await bus.publish(events)).toEqual(events.map(() => ({ kind: "accepted" })));
      expect(ids(await arrived())).toEqual(ids(events));
    });

    law("the same event published twice is accepted twice", async () => {
      const { bus, arrived } = await makeBus();
      for (let time = 0; time < 2; time += 1) expect(await bus.publish([learned("a")])).toEqual([{ kind: "accepted" }]);
      expect(ids(await arrived())).toEqual(["a"]);
    });
  });
}
