import { expect } from "vitest";
import type { BookingControl, TargetActions } from "../../shared/app/ports.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { laws, type Exceptions } from "./law.ts";

/** A fresh control for each law: a target that can have actions and has none, one that cannot, and an instant from which on all is to come. */
export type MakeBookingControl = () => Promise<{
  readonly bookings: BookingControl;
  readonly targetId: string;
  readonly unsupportedId: string;
  readonly fromMs: number;
  /** Lets the instants before `atMs` pass. */
  readonly passTo: (atMs: number) => Promise<void>;
  readonly minimumOf: (targetId: string) => Promise<number>;
}>;

type Known = Extract<TargetActions, { kind: "known" }>;

async function actionsOf(bookings: BookingControl, targetId: string): Promise<Known["actions"]> {
  const [listed] = await bookings.list([targetId]);
  if (listed?.kind !== "known") throw new Error(`${targetId} should be known, got ${JSON.stringify(listed)}`);
  return listed.actions;
}

/** What every booking control keeps to. */
export function bookingControlLaws(name: string, makeControl: MakeBookingControl, exceptions: Exceptions = {}): void {
  laws(`booking control: ${name}`, exceptions, (law) => {
    law("lists every target asked for, in the order asked: known, unsupported or unknown, never left out", async () => {
      const { bookings, targetId, unsupportedId } = await makeControl();
      const listed = await bookings.list([unsupportedId, "no-such-target", targetId]);
      expect(listed.map((each) => [each.targetId, each.kind])).toEqual([
        [unsupportedId, "unsupported"],
        ["no-such-target", "unknown"],
        [targetId, "known"],
      ]);
      for (const each of listed) if (each.kind !== "known") expect(each.reason).toMatch(/\S/);
      expect(await bookings.list([])).toEqual([]);
    });

    law("what was put is listed by instant, then name, with the minimum alone", async () => {
      const { bookings, targetId, fromMs } = await makeControl();
      const [late, early] = [fromMs + 30 * MINUTE_MS, fromMs + 10 * MINUTE_MS];
      for (const action of [
        { name: "c", atMs: late, minimumUnits: 9 },
        { name: "b", atMs: early, minimumUnits: 8 },
        { name: "a", atMs: early, minimumUnits: 7 },
      ]) {
        expect(await bookings.put(targetId, action)).toEqual({ kind: "accepted" });
      }
      expect(await actionsOf(bookings, targetId)).toEqual([
        { name: "a", atMs: early, minimumUnits: 7, recurring: false },
        { name: "b", atMs: early, minimumUnits: 8, recurring: false },
        { name: "c", atMs: late, minimumUnits: 9, recurring: false },
      ]);
    });

    law("an action put again under its name is replaced, the same one a second time is harmless", async () => {
      const { bookings, targetId, fromMs } = await makeControl();
      const action = { name: "a", atMs: fromMs + 10 * MINUTE_MS, minimumUnits: 7 };
      await bookings.put(targetId, action);
      await bookings.put(targetId, action);
      expect(await actionsOf(bookings, targetId)).toHaveLength(1);
      const other = { name: "a", atMs: fromMs + 20 * MINUTE_MS, minimumUnits: 5 };
      expect(await bookings.put(targetId, other)).toEqual({ kind: "accepted" });
      expect(await actionsOf(bookings, targetId)).toEqual([{ ...other, recurring: false }]);
    });

    law("a removed action is not listed and does not fire; one that is not there is accepted", async () => {
      const { bookings, targetId, fromMs, passTo, minimumOf } = await makeControl();
      const before = await minimumOf(targetId);
      await bookings.put(targetId, { name: "a", atMs: fromMs + MINUTE_MS, minimumUnits: before + 3 });
      for (let time = 0; time < 2; time += 1) expect(await bookings.remove(targetId, "a")).toEqual({ kind: "accepted" });
      expect(await actionsOf(bookings, targetId)).toEqual([]);
      await passTo(fromMs + 3 * MINUTE_MS);
      expect(await minimumOf(targetId)).toBe(before);
    });

    law("an action sets the minimum at its instant, whatever it was, and is gone", async () => {
      const { bookings, targetId, fromMs, passTo, minimumOf } = await makeControl();
      const before = await minimumOf(targetId);
      await bookings.put(targetId, { name: "up", atMs: fromMs + 2 * MINUTE_MS, minimumUnits: before + 5 });
      await bookings.put(targetId, { name: "down", atMs: fromMs + 4 * MINUTE_MS, minimumUnits: before + 2 });
      await passTo(fromMs + 2 * MINUTE_MS);
      expect(await minimumOf(targetId)).toBe(before);
      await passTo(fromMs + 3 * MINUTE_MS);
      expect(await minimumOf(targetId)).toBe(before + 5);
      expect((await actionsOf(bookings, targetId)).map(({ name: left }) => left)).toEqual(["down"]);
      await passTo(fromMs + 5 * MINUTE_MS);
      expect(await minimumOf(targetId)).toBe(before + 2);
      expect(await actionsOf(bookings, targetId)).toEqual([]);
    });

    law("takes 200 actions of a target and refuses one more, but not another under a name that is there", async () => {
      const { bookings, targetId, fromMs } = await makeControl();
      const action = (nth: number) => ({ name: `n${nth}`, atMs: fromMs + (10 + nth) * MINUTE_MS, minimumUnits: 6 });
      for (let nth = 0; nth < 200; nth += 1) expect((await bookings.put(targetId, action(nth))).kind).toBe("accepted");
      expect(await bookings.put(targetId, action(200))).toMatchObject({
        kind: "refused",
        code: expect.stringMatching(/\S/) as string,
        reason: expect.stringMatching(/\S/) as string,
      });
      expect(await bookings.put(targetId, { ...action(3), minimumUnits: 8 })).toEqual({ kind: "accepted" });
      expect(await actionsOf(bookings, targetId)).toHaveLength(200);
    });

    law("refuses a past instant, what is no whole number of units, and a target that can have none, and changes nothing", async () => {
      const { bookings, targetId, unsupportedId, fromMs } = await makeControl();
      const action = { name: "a", atMs: fromMs + 10 * MINUTE_MS, minimumUnits: 7 };
      expect((await bookings.put(targetId, { ...action, atMs: fromMs - MINUTE_MS })).kind).toBe("refused");
      for (const minimumUnits of [-1, 2.5, Number.NaN]) {
        expect((await bookings.put(targetId, { ...action, minimumUnits })).kind).toBe("refused");
      }
      expect((await bookings.put(unsupportedId, action)).kind).toBe("refused");
      expect((await bookings.put("no-such-target", action)).kind).toBe("refused");
      expect(await actionsOf(bookings, targetId)).toEqual([]);
    });
  });
}
