import fc from "fast-check";
import { expect, test } from "vitest";
import { memorySections } from "../../local/memory/sections.ts";
import type { Sections } from "../../local/sections.ts";

/** A list in memory that takes back what a failed transaction added. */
function notebook(sections: Sections) {
  const notes: string[] = [];
  const note = (text: string) =>
    sections.operation((undo) => {
      notes.push(text);
      undo(() => void notes.pop());
    });
  return { notes, note };
}

const pause = () => new Promise((resolve) => setImmediate(resolve));

test("calls from outside wait for the running section, first come first served", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  const tick = sections.transaction(async () => {
    await note("tick 1");
    await pause();
    await note("tick 2");
  });
  const calls = ["first call", "second call"].map((text) => note(text));
  await Promise.all([tick, ...calls]);
  expect(notes).toEqual(["tick 1", "tick 2", "first call", "second call"]);
});

test("a section called inside another joins it instead of waiting for ever", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  await sections.exclusively(() => sections.transaction(() => sections.exclusively(() => sections.transaction(() => note("inner")))));
  expect(notes).toEqual(["inner"]);
});

test("a failed inner transaction takes back its own part and leaves the rest to the outer one", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  await sections.transaction(async () => {
    await note("before");
    const inner = sections.transaction(async () => {
      await note("inner");
      throw new Error("refused");
    });
    await Promise.all([expect(inner).rejects.toThrow("refused"), note("beside")]);
  });
  expect(notes).toEqual(["before", "beside"]);
});

test("a failed outer transaction takes back the inner ones that had succeeded", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  const outer = sections.transaction(async () => {
    await sections.transaction(() => note("inner"));
    await sections.exclusively(() => note("also"));
    throw new Error("stopped");
  });
  await expect(outer).rejects.toThrow("stopped");
  expect(notes).toEqual([]);
});

test("what a section started without awaiting it still belongs to it", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  let left: Promise<unknown> | undefined;
  const failing = sections.transaction(() => {
    left = Promise.all(Array.from({ length: 20 }, (_, index) => note(`left behind ${index}`)));
    throw new Error("stopped");
  });
  await expect(failing).rejects.toThrow("stopped");
  await left;
  expect(notes).toEqual([]);
});

test("work that outlives its section takes its turn outside", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  let release: () => void = () => undefined;
  let late: Promise<void> | undefined;
  await sections.transaction(() => {
    late = new Promise<void>((resolve) => (release = resolve)).then(() => note("late"));
  });
  const next = sections.transaction(async () => {
    release();
    await pause();
    expect(notes).toEqual([]);
    await note("next");
    throw new Error("stopped");
  });
  await expect(next).rejects.toThrow("stopped");
  await late;
  expect(notes).toEqual(["late"]);
});

test("a failure holds up nobody behind it", async () => {
  const sections = memorySections();
  const { notes, note } = notebook(sections);
  const failing = sections.exclusively(() => Promise.reject(new Error("broken")));
  const behind = note("behind");
  await expect(failing).rejects.toThrow("broken");
  await behind;
  expect(notes).toEqual(["behind"]);
});

type Step =
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "nested"; readonly fails: boolean; readonly steps: readonly Step[] };

const { step } = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant("note" as const), text: fc.string({ maxLength: 2 }) }),
    fc.record({ kind: fc.constant("nested" as const), fails: fc.boolean(), steps: fc.array(tie("step"), { maxLength: 4 }) }),
  ),
}));

/** What is left of `steps`, by the rule alone. */
const kept = (steps: readonly Step[]): string[] =>
  steps.flatMap((one) => (one.kind === "note" ? [one.text] : one.fails ? [] : kept(one.steps)));

test("of any nesting of transactions, run one after the other or all at once, exactly what no failure surrounds is kept", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), fc.boolean(), async (steps, atOnce) => {
      const sections = memorySections();
      const { notes, note } = notebook(sections);
      const run = async (all: readonly Step[]): Promise<void> => {
        const tasks = all.map((one) => async () => {
          if (one.kind === "note") return note(one.text);
          await sections
            .transaction(async () => {
              await run(one.steps);
              if (one.fails) throw new Error("refused");
            })
            .catch(() => undefined);
        });
        if (atOnce) await Promise.all(tasks.map((task) => task()));
        else for (const task of tasks) await task();
      };
      await run(steps);
      expect(notes).toEqual(kept(steps));
    }),
    { seed: 1 },
  );
});
