import { expect } from "vitest";
import type { CapacityControl, TargetState } from "../../shared/app/ports.ts";
import { laws, type Exceptions } from "./law.ts";

/** A fresh control for each law, over targets whose control plane takes every call; each has room of at least two units above its minimum. */
export type MakeCapacityControl = () => Promise<{ readonly capacity: CapacityControl; readonly targetIds: readonly [string, string] }>;

type Known = Extract<TargetState, { kind: "known" }>;

async function stateOf(capacity: CapacityControl, targetId: string): Promise<Known> {
  const [state] = await capacity.describe([targetId]);
  if (state?.kind !== "known") throw new Error(`${targetId} should be known, got ${JSON.stringify(state)}`);
  return state;
}

/** What every capacity control keeps to. */
export function capacityControlLaws(name: string, makeControl: MakeCapacityControl, exceptions: Exceptions = {}): void {
  laws(`capacity control: ${name}`, exceptions, (law) => {
    law("describes every target asked for, in the order asked, and none when none is asked for", async () => {
      const { capacity, targetIds } = await makeControl();
      const [a, b] = targetIds;
      for (const asked of [[a, b], [b, a], [a], []]) {
        expect((await capacity.describe(asked)).map(({ targetId }) => targetId)).toEqual(asked);
      }
    });

    law("a target it does not know is unknown in its place, with a reason", async () => {
      const { capacity, targetIds } = await makeControl();
      const [a, b] = targetIds;
      const states = await capacity.describe([a, "no-such-target", b]);
      expect(states.map(({ kind, targetId }) => [targetId, kind])).toEqual([
        [a, "known"],
        ["no-such-target", "unknown"],
        [b, "known"],
      ]);
      expect(states[1]).toMatchObject({ reason: expect.stringMatching(/\S/) as string });
    });

    law("counts whole units, within the maximum", async () => {
      const { capacity, targetIds } = await makeControl();
      for (const targetId of targetIds) {
        const { minimumUnits, maximumUnits, desiredUnits, servingUnits } = await stateOf(capacity, targetId);
        for (const units of [minimumUnits, maximumUnits, desiredUnits, servingUnits])
          expect(units === undefined || (Number.isInteger(units) && units >= 0)).toBe(true);
        expect(minimumUnits).toBeLessThanOrEqual(maximumUnits);
      }
    });

    law("an accepted minimum is the one described next, and at least that many units are asked for", async () => {
      const { capacity, targetIds } = await makeControl();
      const [a, b] = targetIds;
      const before = await stateOf(capacity, a);
      const other = await stateOf(capacity, b);
      const units = before.minimumUnits + 2;
      expect(await capacity.setMinimum(a, units)).toEqual({ kind: "accepted" });
      const after = await stateOf(capacity, a);
      expect(after.minimumUnits).toBe(units);
      expect(after.desiredUnits).toBeGreaterThanOrEqual(units);
      expect(after.maximumUnits).toBe(before.maximumUnits);
      expect(await stateOf(capacity, b)).toEqual(other);
    });

    law("takes the maximum itself as a minimum", async () => {
      const { capacity, targetIds } = await makeControl();
      const { maximumUnits } = await stateOf(capacity, targetIds[0]);
      expect(await capacity.setMinimum(targetIds[0], maximumUnits)).toEqual({ kind: "accepted" });
      expect((await stateOf(capacity, targetIds[0])).minimumUnits).toBe(maximumUnits);
    });

    law("refuses a minimum above the maximum and changes nothing", async () => {
      const { capacity, targetIds } = await makeControl();
      const before = await stateOf(capacity, targetIds[0]);
      expect(await capacity.setMinimum(targetIds[0], before.maximumUnits + 1)).toMatchObject({
        kind: "refused",
        code: expect.stringMatching(/\S/) as string,
        reason: expect.stringMatching(/\S/) as string,
      });
      expect(await stateOf(capacity, targetIds[0])).toEqual(before);
    });

    law("refuses what is no whole number of units and changes nothing", async () => {
      const { capacity, targetIds } = await makeControl();
      const before = await stateOf(capacity, targetIds[0]);
      for (const units of [-1, before.minimumUnits + 0.5, Number.NaN]) {
        expect({ units, outcome: await capacity.setMinimum(targetIds[0], units) }).toMatchObject({ units, outcome: { kind: "refused" } });
      }
      expect(await stateOf(capacity, targetIds[0])).toEqual(before);
    });

    law("the same call a second time is harmless", async () => {
      const { capacity, targetIds } = await makeControl();
      const units = (await stateOf(capacity, targetIds[0])).minimumUnits + 1;
      expect(await capacity.setMinimum(targetIds[0], units)).toEqual({ kind: "accepted" });
      const once = await stateOf(capacity, targetIds[0]);
      expect(await capacity.setMinimum(targetIds[0], units)).toEqual({ kind: "accepted" });
      expect(await stateOf(capacity, targetIds[0])).toEqual(once);
    });

    law("lowering a minimum removes nothing by itself", async () => {
      const { capacity, targetIds } = await makeControl();
      const { minimumUnits } = await stateOf(capacity, targetIds[0]);
      await capacity.setMinimum(targetIds[0], minimumUnits + 2);
      const raised = await stateOf(capacity, targetIds[0]);
      expect(await capacity.setMinimum(targetIds[0], minimumUnits)).toEqual({ kind: "accepted" });
      expect(await stateOf(capacity, targetIds[0])).toEqual({ ...raised, minimumUnits });
    });

    law("refuses a target it does not know instead of throwing", async () => {
      const { capacity } = await makeControl();
      expect(await capacity.setMinimum("no-such-target", 1)).toMatchObject({ kind: "refused" });
    });
  });
}
