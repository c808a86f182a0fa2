import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { narrationOf } from "../../cli/narration.ts";
import { openEvening } from "../../local/evening.ts";
import { at } from "../app/made.ts";
import { settingOf, smallEvening } from "../local/small-evening.ts";

const UNTIL_MS = at(18, 40);

function freshDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "calltime-narration-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function straightText(): Promise<string> {
  let whole = "";
  const evening = await smallEvening();
  const narration = await narrationOf(evening, async (text) => void (whole += text));
  while (evening.nowMs() < UNTIL_MS) await narration.step();
  return whole;
}

test("a run that breaks off in the middle of what it prints, anywhere and again and again, leaves no byte out and none twice", async () => {
  const straight = await straightText();
  expect(straight.split("\n").length).toBeGreaterThan(3);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ prints: fc.nat({ max: 2 }), part: fc.nat({ max: 90 }) }), { maxLength: 6 }), async (breaks) => {
      const path = freshDirectory();
      let whole = Buffer.alloc(0);
      for (const broken of [...breaks, undefined]) {
        const evening = await openEvening(settingOf({ place: { kind: "directory", path } }));
        let prints = 0;
        const print = async (text: string): Promise<void> => {
          const breaksOff = broken !== undefined && prints === broken.prints;
          whole = Buffer.concat([whole, Buffer.from(breaksOff ? text.slice(0, broken.part) : text)]);
          if (breaksOff) throw new Error("killed");
          prints += 1;
        };
        const narration = await narrationOf(evening, print);
        expect(narration.bytes()).toBeLessThanOrEqual(whole.length);
        whole = whole.subarray(0, narration.bytes());
        try {
          while (evening.nowMs() < UNTIL_MS) await narration.step();
          await narration.keep();
        } catch (error) {
          expect(error).toMatchObject({ message: "killed" });
        }
        await evening.close();
      }
      expect(whole.toString()).toBe(straight);
    }),
    { seed: 1, numRuns: 8 },
  );
}, 60_000);

test("what is told after the record was kept is told again: a report stands at the end of the run, not in its middle", async () => {
  const path = freshDirectory();
  const bytes: number[] = [];
  for (let start = 0; start < 2; start += 1) {
    const evening = await openEvening(settingOf({ place: { kind: "directory", path } }));
    const narration = await narrationOf(evening, async () => undefined);
    await narration.step();
    await narration.keep();
    bytes.push(narration.bytes());
    await narration.tell(["report"]);
    expect(narration.bytes()).toBe((bytes.at(-1) ?? 0) + 7);
    await evening.close();
  }
  const last = await openEvening(settingOf({ place: { kind: "directory", path } }));
  expect((await narrationOf(last, async () => undefined)).bytes()).toBe(bytes.at(-1));
  await last.close();
});
