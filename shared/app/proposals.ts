import { CalltimeError } from "../core/error.ts";
import type { SaidTogether } from "../core/schedule/occasion.ts";
import type { Programme } from "../core/schedule/programme.ts";
import { proposeOccasions } from "../core/schedule/proposal.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { updateDocument } from "./documents.ts";
import type { DocumentStore } from "./ports.ts";

/** What a person may say of a proposal: it is one occasion, it is not, or it is open again. */
export const PROPOSAL_ANSWERS = ["one", "apart", "open"] as const;
export type ProposalAnswer = (typeof PROPOSAL_ANSWERS)[number];

/** What a person said of a proposal, and of which programmes. */
export type ProposalDecision = SaidTogether & {
  readonly proposalId: string;
  readonly name: string;
  readonly answer: ProposalAnswer;
  readonly author: string;
  readonly why: string;
  readonly atMs: number;
  /** From then on it is forgotten. */
  readonly untilMs: number;
};

/** Slots that may be one occasion, why, and what a person said of them. */
export type ProposedOccasion = {
  readonly id: string;
  readonly name: string;
  /** By start. */
  readonly programmes: readonly Programme[];
  readonly reasons: readonly string[];
  readonly decision: ProposalDecision | undefined;
};

/** How a person answers. */
export type AskedAnswer = { readonly proposalId: string; readonly answer: ProposalAnswer; readonly author: string; readonly why: string };

const PREFIX = "proposal/";
/** How long an answer outlives its last slot: a guide may still put that off. */
const STAYS_MS = 7 * DAY_MS;

/** What people said is one occasion at `now`, the newest first, with a text that differs when any of it does. */
export async function readTogether(
  documents: DocumentStore,
  now: number,
): Promise<{ readonly together: readonly SaidTogether[]; readonly key: string }> {
  const joined = (await decisionsOf(documents, now)).filter(({ answer }) => answer === "one");
  return { together: joined, key: joined.map(({ proposalId, atMs }) => `${proposalId}@${atMs}`).join(" ") };
}

/**
 * What may be one occasion and is not taken for one without being asked, on air at `now` or later, and what people said of it. What an
 * expectation makes one occasion needs no answer and is left out.
 */
export async function readProposals(context: Context, now: number): Promise<readonly ProposedOccasion[]> {
  const { occasions } = await context.guide(now);
  const homes = new Map(occasions.flatMap(({ id, programmes }) => programmes.map((programme) => [programme.id, id] as const)));
  const listed = occasions.flatMap(({ programmes }) => programmes);
  const decisions = await decisionsOf(context.ports.documents, now);
  const proposed = proposeOccasions(listed)
    .map((proposal) => ({ ...proposal, decision: decisions.find(({ proposalId }) => proposalId === proposal.id) }))
    .filter(({ programmes, decision }) => decision !== undefined || new Set(programmes.map(({ id }) => homes.get(id))).size > 1);
  const ids = new Set(proposed.map(({ id }) => id));
  // What was answered can be taken back also when the guide has moved on, so that it would not be proposed any more.
  const answered = decisions
    .filter(({ proposalId, answer }) => answer !== "open" && !ids.has(proposalId))
    .map((decision) => ({
      id: decision.proposalId,
      name: decision.name,
      programmes: listed.filter(({ id }) => decision.programmeIds.includes(id)),
      reasons: [],
      decision,
    }));
  return [...proposed, ...answered].filter(({ programmes }) => programmes.some(({ endsAtMs }) => endsAtMs > now));
}

/**
 * Takes down what a person says of a proposal: it is in force at once. The second time is harmless. Throws `proposal-unknown`,
 * `proposal-author-blank` and `proposal-why-blank`.
 */
export async function answerProposal(
  context: Context,
  { proposalId, answer, author, why }: AskedAnswer,
  now: number,
): Promise<{ readonly proposal: ProposedOccasion; readonly outcome: "answered" | "unchanged" }> {
  if (author.trim() === "")
    throw new CalltimeError("proposal-author-blank", "the author is blank; the name of whoever decides would be right");
  if (why.trim() === "")
    throw new CalltimeError("proposal-why-blank", "the reason is blank; whoever asks why this is one occasion needs one");
  const proposal = (await readProposals(context, now)).find(({ id }) => id === proposalId);
  if (proposal === undefined) {
    const right = "GET /v1/occasions/proposals lists those there are";
    throw new CalltimeError("proposal-unknown", `${proposalId.slice(0, 80)}: nothing of that id is proposed; ${right}`);
  }
  const { name, programmes, decision: before } = proposal;
  if ((before?.answer ?? "open") === answer) return { proposal, outcome: "unchanged" };
  const decision: ProposalDecision = {
    proposalId,
    name,
    programmeIds: before?.programmeIds ?? programmes.map(({ id }) => id),
    answer,
    author: author.trim(),
    why: why.trim(),
    atMs: now,
    untilMs: Math.max(...programmes.map(({ endsAtMs }) => endsAtMs)) + STAYS_MS,
  };
  await forget(context.ports.documents, now);
  await updateDocument<ProposalDecision>(context.ports.documents, `${PREFIX}${proposalId}`, () => decision);
  return { proposal: { ...proposal, decision }, outcome: "answered" };
}

/** What was said and holds at `now`, the newest first. */
async function decisionsOf(documents: DocumentStore, now: number): Promise<readonly ProposalDecision[]> {
  const all = (await documents.list(PREFIX)).map(({ value }) => value as unknown as ProposalDecision);
  return all.filter(({ untilMs }) => untilMs > now).sort((a, b) => b.atMs - a.atMs);
}

async function forget(documents: DocumentStore, now: number): Promise<void> {
  for (const { key, value, version } of await documents.list(PREFIX))
    if ((value as unknown as ProposalDecision).untilMs <= now) await documents.remove(key, version);
}
