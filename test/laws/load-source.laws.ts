import fc from "fast-check";
import { expect } from "vitest";
import type { LoadSource } from "../../shared/app/ports.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { laws, type Exceptions } from "./law.ts";

/** A source for each law, a target of it, and the stretch of whole minutes [knownFromMs, knownToMs), at least ten, that it has published. */
export type MakeLoadSource = () => Promise<{
  readonly loads: LoadSource;
  readonly targetId: string;
  readonly knownFromMs: number;
  readonly knownToMs: number;
}>;

const MINUTES = 10;

/** Starts of the minutes that lie whole in [fromMs, toMs). */
function wholeMinutes(fromMs: number, toMs: number): readonly number[] {
  const minutes: number[] = [];
  for (let atMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; atMs + MINUTE_MS <= toMs; atMs += MINUTE_MS) minutes.push(atMs);
  return minutes;
}

/** What every load source keeps to. */
export function loadSourceLaws(name: string, makeSource: MakeLoadSource, exceptions: Exceptions = {}): void {
  laws(`load source: ${name}`, exceptions, (law) => {
    law("gives one entry for each whole minute of the interval, oldest first, wherever it begins and ends", async () => {
      const { loads, targetId, knownToMs } = await makeSource();
      const ms = fc.integer({ min: knownToMs - 20 * MINUTE_MS, max: knownToMs + 20 * MINUTE_MS });
      await fc.assert(
        fc.asyncProperty(ms, ms, async (fromMs, toMs) => {
          const expected = wholeMinutes(fromMs, toMs);
          expect((await loads.load(targetId, fromMs, toMs)).map(({ atMs }) => atMs)).toEqual(expected);
          expect((await loads.audience(fromMs, toMs)).map(({ atMs }) => atMs)).toEqual(expected);
        }),
        { seed: 1, numRuns: 40 },
      );
    });

    law("an empty interval gives no entries", async () => {
      const { loads, targetId, knownToMs } = await makeSource();
      for (const toMs of [knownToMs, knownToMs - MINUTE_MS, knownToMs + MINUTE_MS - 1]) {
        expect(await loads.load(targetId, knownToMs, toMs)).toEqual([]);
        expect(await loads.audience(knownToMs, toMs)).toEqual([]);
      }
    });

    law("what was published is known: a load of at least zero, of which no more was unserved than came", async () => {
      const { loads, targetId, knownFromMs, knownToMs } = await makeSource();
      for (const fromMs of [knownFromMs, knownToMs - MINUTES * MINUTE_MS]) {
        const toMs = fromMs + MINUTES * MINUTE_MS;
        for (const minute of await loads.load(targetId, fromMs, toMs)) {
          if (minute.kind !== "known") throw new Error(`${minute.atMs} should be known: ${minute.reason}`);
          expect(Number.isFinite(minute.loadRps) && minute.loadRps >= 0).toBe(true);
          const { unservedRps = 0, servingUnits = 0 } = minute;
          expect(unservedRps >= 0 && unservedRps <= minute.loadRps).toBe(true);
          expect(Number.isInteger(servingUnits) && servingUnits >= 0).toBe(true);
        }
        for (const minute of await loads.audience(fromMs, toMs)) {
          if (minute.kind !== "known") throw new Error(`${minute.atMs} should be known: ${minute.reason}`);
          for (const viewers of Object.values(minute.viewers)) expect(Number.isFinite(viewers) && viewers >= 0).toBe(true);
        }
      }
    });

    law("what was not published yet is unknown, never zero and never left out", async () => {
      const { loads, targetId, knownToMs } = await makeSource();
      const toMs = knownToMs + MINUTES * MINUTE_MS;
      for (const minutes of [await loads.load(targetId, knownToMs, toMs), await loads.audience(knownToMs, toMs)]) {
        expect(minutes).toHaveLength(MINUTES);
        for (const minute of minutes) expect(minute).toMatchObject({ kind: "unknown", reason: expect.stringMatching(/\S/) as string });
      }
    });

    law("every minute of a target it does not know is unknown", async () => {
      const { loads, knownToMs } = await makeSource();
      const minutes = await loads.load("no-such-target", knownToMs - MINUTES * MINUTE_MS, knownToMs);
      expect(minutes.map(({ kind }) => kind)).toEqual(Array.from({ length: MINUTES }, () => "unknown"));
    });

    law("what was published reads the same again, alone or within a longer stretch", async () => {
      const { loads, targetId, knownToMs } = await makeSource();
      const fromMs = knownToMs - MINUTES * MINUTE_MS;
      const stretch = await loads.load(targetId, fromMs, knownToMs);
      const viewers = await loads.audience(fromMs, knownToMs);
      for (let index = 0; index < MINUTES; index += 1) {
        const atMs = fromMs + index * MINUTE_MS;
        expect(await loads.load(targetId, atMs, atMs + MINUTE_MS)).toEqual([stretch[index]]);
        expect(await loads.audience(atMs, atMs + MINUTE_MS)).toEqual([viewers[index]]);
      }
    });
  });
}
