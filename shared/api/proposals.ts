import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { isoOf } from "../../events/index.ts";
import { instant } from "../../events/instant.ts";
import { answerProposal, PROPOSAL_ANSWERS, readProposals, type ProposedOccasion } from "../app/proposals.ts";
import { once } from "../core/once.ts";
import { readJsonBody } from "./body.ts";
import { author, why } from "./person.ts";
import { route } from "./route.ts";

const proposalSchema = once(() =>
  annotated(
    z.strictObject({
      id: described(z.string(), "Made from its slots: when the guide lists others, it is another proposal."),
      name: described(z.string(), "Title of its first slot."),
      slots: described(
        z.array(z.strictObject({ programmeId: z.string(), channelId: z.string(), title: z.string(), startsAt: instant, endsAt: instant })),
        "By start, as people corrected them.",
      ),
      reasons: described(
        z.array(z.string()),
        "Why it may be one occasion, in sentences; empty when the guide has moved on since it was answered.",
      ),
      decision: described(
        z.nullable(z.strictObject({ answer: z.enum(PROPOSAL_ANSWERS), author: z.string(), why: z.string(), at: instant, until: instant })),
        "What a person said last; null while nobody has.",
      ),
    }),
    { id: "Proposal", description: "Slots that may draw one audience, though nothing says so." },
  ),
);

/** Body of `GET /v1/occasions/proposals`. */
const proposalsSchema = once(() =>
  annotated(z.strictObject({ now: described(instant, "Platform time."), proposals: described(z.array(proposalSchema()), "By start.") }), {
    id: "Proposals",
  }),
);

const answeredSchema = once(() =>
  annotated(
    z.strictObject({
      now: described(instant, "Platform time."),
      outcome: described(z.enum(["answered", "unchanged"]), "`unchanged`: it had been answered so before."),
      proposal: proposalSchema(),
    }),
    { id: "ProposalAnswered" },
  ),
);

const askedSchema = once(() =>
  annotated(
    z.strictObject({
      answer: described(
        z.enum(PROPOSAL_ANSWERS, { error: `expected one of ${PROPOSAL_ANSWERS.join(", ")}` }),
        "`one`: its slots are one occasion from now on. `apart`: they are not. `open`: what was answered is taken back.",
      ),
      author: described(author, "Who says so."),
      why: described(why, "Why."),
    }),
    { id: "ProposalAnswer" },
  ),
);

/** What may be one occasion. */
export const proposalsRoute = route({
  method: "GET",
  path: "/v1/occasions/proposals",
  operationId: "readProposals",
  about:
    "Slots that may be one occasion and are not taken for one without being asked: titles on several channels that differ in a form of address or a number alone, what one channel cuts into slots and another does not. What an expectation joins is left out.",
  writes: false,
  query: () => z.strictObject({}),
  responses: { 200: { about: "The proposals on air or to come.", schema: proposalsSchema } },
  handle: async ({ parts, now }) => ({
    status: 200,
    body: { now: isoOf(now), proposals: (await readProposals(parts.context, now)).map(proposalOf) },
  }),
});

/** Says whether it is one. */
export const decideProposalRoute = route({
  method: "PUT",
  path: "/v1/occasions/proposals/{id}",
  id: /^p-[0-9a-z]{1,40}$/,
  operationId: "answerProposal",
  about:
    "Says of a proposal whether its slots are one occasion, or takes that back. It is in force at once, and holds for a week beyond the last slot.",
  writes: true,
  query: () => z.strictObject({}),
  body: askedSchema,
  responses: { 200: { about: "It is in force; saying the same again changes nothing.", schema: answeredSchema } },
  handle: async ({ parts, id, request }) => {
    const asked = await readJsonBody(askedSchema(), request);
    return parts.exclusively(async () => {
      const now = parts.now();
      const { proposal, outcome } = await answerProposal(parts.context, { proposalId: id, ...asked }, now);
      return { status: 200, body: { now: isoOf(now), outcome, proposal: proposalOf(proposal) } };
    });
  },
});

function proposalOf({ id, name, programmes, reasons, decision }: ProposedOccasion): z.input<ReturnType<typeof proposalSchema>> {
  return {
    id,
    name,
    slots: programmes.map((programme) => ({
      programmeId: programme.id,
      channelId: programme.channelId,
      title: programme.title,
      startsAt: isoOf(programme.startsAtMs),
      endsAt: isoOf(programme.endsAtMs),
    })),
    reasons: [...reasons],
    decision:
      decision === undefined
        ? null
        : {
            answer: decision.answer,
            author: decision.author,
            why: decision.why,
            at: isoOf(decision.atMs),
            until: isoOf(decision.untilMs),
          },
  };
}
