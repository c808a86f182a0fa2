import { describe, expect, test } from "vitest";
import { answerProposal, readProposals, type ProposalAnswer } from "../../shared/app/proposals.ts";
import { DAY_MS } from "../../shared/core/time.ts";
import { at, platform, slot, type Platform } from "./made.ts";

const SPEECH = [
  slot("one", "H.M. The Speech", at(19), at(19, 15)),
  { ...slot("two", "The Speech", at(19), at(19, 10)), id: "elsewhere" },
  slot("one", "Quiz", at(20), at(21)),
];
const BY = { author: "desk", why: "one speech, two cameras" };

async function idOf({ context }: Platform, now: number): Promise<string> {
  return (await readProposals(context, now))[0]?.id ?? "none";
}

async function say(small: Platform, answer: ProposalAnswer, now: number, proposalId?: string) {
  small.goTo(now);
  return answerProposal(small.context, { proposalId: proposalId ?? (await idOf(small, now)), answer, ...BY }, now);
}

async function slotsAt({ context }: Platform, now: number) {
  return (await context.guide(now)).occasions.map(({ programmes }) => programmes.map(({ id }) => id).join("+"));
}

describe("what may be one occasion", () => {
  test("is apart until a person says that it is one, and again when they take that back", async () => {
    const small = await platform({ programmes: SPEECH });
    expect(await slotsAt(small, at(17))).toEqual(["H.M. The Speech", "elsewhere", "Quiz"]);
    expect(await say(small, "one", at(17))).toMatchObject({ outcome: "answered", proposal: { decision: { answer: "one", ...BY } } });
    expect(await slotsAt(small, at(17))).toEqual(["H.M. The Speech+elsewhere", "Quiz"]);
    expect(await say(small, "one", at(17, 1))).toMatchObject({ outcome: "unchanged" });
    expect(await say(small, "open", at(17, 2))).toMatchObject({ outcome: "answered" });
    expect(await slotsAt(small, at(17, 2))).toEqual(["H.M. The Speech", "elsewhere", "Quiz"]);
    expect(await readProposals(small.context, at(17, 2))).toMatchObject([{ decision: { answer: "open", ...BY } }]);
  });

  test("stays apart when a person says so, with who did and why", async () => {
    const small = await platform({ programmes: SPEECH });
    await say(small, "apart", at(17));
    expect(await slotsAt(small, at(17))).toEqual(["H.M. The Speech", "elsewhere", "Quiz"]);
    expect(await readProposals(small.context, at(17))).toMatchObject([{ decision: { answer: "apart", ...BY, atMs: at(17) } }]);
  });

  test("is one over the next feed too, also when that would not be proposed, and can still be taken back", async () => {
    const small = await platform({ programmes: SPEECH });
    await say(small, "one", at(17));
    const id = await idOf(small, at(17));
    await small.air(SPEECH.map((programme) => (programme.id === "elsewhere" ? { ...programme, title: "A Word" } : programme)));
    expect(await slotsAt(small, at(17))).toEqual(["H.M. The Speech+elsewhere", "Quiz"]);
    expect(await readProposals(small.context, at(17))).toMatchObject([{ id, reasons: [], decision: { answer: "one" } }]);
    await say(small, "open", at(17, 1), id);
    expect(await slotsAt(small, at(17, 1))).toEqual(["H.M. The Speech", "elsewhere", "Quiz"]);
  });

  test("is forgotten a week after its last slot, and is no proposal once it is over", async () => {
    const small = await platform({ programmes: SPEECH });
    await say(small, "one", at(17));
    const end = at(19, 15) + 7 * DAY_MS;
    expect(await slotsAt(small, end - 1)).toContain("H.M. The Speech+elsewhere");
    expect(await slotsAt(small, end)).toContain("elsewhere");
    expect(await readProposals(small.context, at(19, 15))).toEqual([]);
  });

  test("is not asked about where an expectation makes it one", async () => {
    const window = { windowStartMs: at(18), windowEndMs: at(20) };
    const expectation = { occasion: "the speech", title: "speech", channels: ["one", "two"], ...window, viewers: 200_000 };
    const small = await platform({ programmes: SPEECH, expectations: [expectation] });
    expect(await readProposals(small.context, at(17))).toEqual([]);
    await expect(say(small, "one", at(17), "p-0")).rejects.toThrow(/nothing of that id is proposed/);
  });
});

test.each([
  [{ author: " ", why: "x" }, /author is blank/],
  [{ author: "desk", why: " " }, /reason is blank/],
])("nobody answers without a name and a reason: %j", async (by, failure) => {
  const small = await platform({ programmes: SPEECH });
  const proposalId = await idOf(small, at(17));
  await expect(answerProposal(small.context, { proposalId, answer: "one", ...by }, at(17))).rejects.toThrow(failure);
});
