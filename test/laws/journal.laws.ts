import fc from "fast-check";
import { expect } from "vitest";
import type { Journal, JournalEntry } from "../../shared/app/ports.ts";
import { MINUTE_MS, minuteOf } from "../../shared/core/time.ts";
import { laws, type Exceptions } from "./law.ts";

/** A fresh, empty journal for each law. */
export type MakeJournal = () => Promise<Journal>;

/** 13 June 2026, 17:00 UTC. */
const START_MS = 1_781_370_000_000;

function entry(targetId: string, atMs: number, floorUnits = 4): JournalEntry {
  return {
    atMs,
    targetId,
    tick: { mode: "active", floorUnits, wantedUnits: floorUnits, limit: undefined, refused: false },
    reasons: [{ type: "baseline", units: floorUnits }],
    sentences: [`never below your own minimum of ${floorUnits}`],
    forecast: { forMs: atMs + 3 * MINUTE_MS, medianRps: 12.5 },
  };
}

/** What every journal keeps to. */
export function journalLaws(name: string, makeJournal: MakeJournal, exceptions: Exceptions = {}): void {
  laws(`journal: ${name}`, exceptions, (law) => {
    law("nothing was decided before the first entry", async () => {
      const journal = await makeJournal();
      expect(await journal.read("api", 0, Number.MAX_SAFE_INTEGER)).toEqual([]);
      await journal.append([]);
      expect(await journal.read("api", 0, Number.MAX_SAFE_INTEGER)).toEqual([]);
    });

    law("an entry reads back as it was written, with a forecast or without one, with a limit or without", async () => {
      const journal = await makeJournal();
      const bare: JournalEntry = { ...entry("api", START_MS), forecast: undefined, reasons: [], sentences: [] };
      const cut: JournalEntry = {
        ...entry("api", START_MS + MINUTE_MS),
        tick: { ...entry("api", 0).tick, limit: "ceiling", refused: true },
      };
      await journal.append([bare, cut]);
      expect(await journal.read("api", START_MS, START_MS + 2 * MINUTE_MS)).toEqual([bare, cut]);
    });

    law("of two entries for one target and minute the first stays", async () => {
      const journal = await makeJournal();
      await journal.append([entry("api", START_MS, 4)]);
      await journal.append([entry("api", START_MS, 9), entry("web", START_MS, 9)]);
      await journal.append([entry("api", START_MS + 20_000, 11)]);
      expect(await journal.read("api", START_MS, START_MS + MINUTE_MS)).toEqual([entry("api", START_MS, 4)]);
      expect(await journal.read("web", START_MS, START_MS + MINUTE_MS)).toEqual([entry("web", START_MS, 9)]);
    });

    law("reads [from, to) of one target, oldest first, in whatever order it was written", async () => {
      const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
      const second = fc.integer({ min: 0, max: 59 });
      await fc.assert(
        fc.asyncProperty(
          minutes,
          second,
          fc.integer({ min: -5, max: 35 }),
          fc.integer({ min: -5, max: 35 }),
          second,
          async (written, late, from, to, edge) => {
            const journal = await makeJournal();
            const instants = written.map((minute) => START_MS + minute * MINUTE_MS + late * 1_000);
            await journal.append(instants.flatMap((atMs) => [entry("api", atMs), entry("web", atMs)]));
            const [fromMs, toMs] = [START_MS + from * MINUTE_MS + edge * 1_000, START_MS + to * MINUTE_MS + edge * 1_000];
            const expected = instants.filter((atMs) => atMs >= fromMs && atMs < toMs).sort((a, b) => a - b);
            expect((await journal.read("api", fromMs, toMs)).map(({ atMs }) => atMs)).toEqual(expected);
          },
        ),
        { seed: 1, numRuns: 60 },
      );
    });

    law("an instant within a minute is found in its minute", async () => {
      const journal = await makeJournal();
      const atMs = START_MS + 2_500;
      await journal.append([entry("api", atMs)]);
      expect(await journal.read("api", minuteOf(atMs), minuteOf(atMs) + MINUTE_MS)).toEqual([entry("api", atMs)]);
    });
  });
}
