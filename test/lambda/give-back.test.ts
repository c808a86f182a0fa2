import { expect, test } from "vitest";
import type { Released } from "../../shared/app/release.ts";
import { giveBack } from "../../shared/deployed/give-back.ts";

const KEPT: Released = { targetId: "api", outcome: "failed", code: "another-writer", reason: "taken" };
const GONE: Released = { targetId: "web", outcome: "nothing-of-ours" };

function giving(...answers: readonly (readonly Released[])[]) {
  const waits: number[] = [];
  let calls = 0;
  const release = async () => answers[Math.min(calls++, answers.length - 1)] ?? [];
  return { waits, calls: () => calls, answer: giveBack(release, async (ms) => waits.push(ms)) };
}

test("what another writer is at is released after a while, and then nothing is waited for", async () => {
  const { answer, waits, calls } = giving([KEPT, GONE], [GONE]);
  expect(await answer).toEqual({ done: true });
  expect([waits.length, calls()]).toEqual([1, 2]);
});

test("what is never released is said, after more than a lease lasts and well within the function's two minutes", async () => {
  const { answer, waits } = giving([KEPT, GONE]);
  expect(await answer).toEqual({ done: false, why: "api: taken (another-writer)" });
  const waitedMs = waits.reduce((sum, each) => sum + each, 0);
  expect(waitedMs).toBeGreaterThan(50_000);
  expect(waitedMs).toBeLessThan(90_000);
});
