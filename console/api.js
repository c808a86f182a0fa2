/**
 * The API's answers, as far as this page reads them; docs/openapi.json has them whole.
 *
 * @typedef {"ready" | "warming-on-time" | "planned" | "unknown" | "late" | "short"} VerdictWord
 *
 * @typedef {object} Health
 * @property {"ok" | "degraded"} status
 * @property {string} now
 * @property {readonly { readonly feedId: string, readonly generation: number, readonly publishedAt: string, readonly programmes: number }[]} feeds
 * @property {readonly TargetState[]} targets
 * @property {readonly string[]} problems
 *
 * @typedef {{ readonly kind: "known", readonly targetId: string, readonly minimumUnits: number, readonly desiredUnits: number, readonly servingUnits: number }
 *   | { readonly kind: "unknown", readonly targetId: string, readonly reason: string }} TargetState
 *
 * @typedef {object} Occasion
 * @property {string} occasionId
 * @property {string} name
 * @property {readonly string[]} channels
 * @property {string} startsAt
 * @property {string} endsAt
 * @property {{ readonly kind: "ahead" } | { readonly kind: "on-air" } | { readonly kind: "ended", readonly endedAt: string }} air
 * @property {{ readonly median: number, readonly lower: number, readonly upper: number, readonly basis: "expectation" | "measured" }} expectedAudience
 * @property {readonly string[]} said
 * @property {readonly string[]} targets
 *
 * @typedef {{ readonly above: readonly Occasion[], readonly calledOff: readonly { readonly startsAt: string, readonly endsAt: string, readonly said: readonly string[] }[], readonly belowCount: number, readonly unknownCount: number }} Occasions
 *
 * @typedef {object} Verdict
 * @property {VerdictWord} verdict
 * @property {string} checkpoint
 * @property {string} at
 * @property {readonly { readonly targetId: string, readonly verdict: VerdictWord, readonly neededUnits: number | null, readonly servingUnits: number | null, readonly note: string }[]} evidence
 * @property {readonly { readonly id: string, readonly verdict: VerdictWord, readonly note: string }[]} warmUps
 *
 * @typedef {{ readonly occasions: readonly { readonly occasionId: string, readonly verdicts: readonly Verdict[] }[] }} Verdicts
 *
 * @typedef {{ readonly code: string, readonly text: string }} Reason
 * @typedef {{ readonly at: string, readonly floorUnits: number, readonly neededBy: string, readonly reasons: readonly Reason[] }} Step
 *
 * @typedef {{ readonly kind: "known", readonly at: string, readonly medianRps: number, readonly lowerRps: number, readonly upperRps: number, readonly neededUnits: number | null, readonly floorUnits: number | null }
 *   | { readonly kind: "unknown", readonly at: string, readonly neededUnits: number | null, readonly floorUnits: number | null }} Minute
 *
 * @typedef {object} PlannedTarget
 * @property {string} targetId
 * @property {string} kind
 * @property {"observe" | "active" | "frozen"} mode
 * @property {number} ceilingUnits
 * @property {number} rpsPerUnit
 * @property {readonly Step[]} steps
 * @property {readonly { readonly from: string, readonly to: string, readonly units: number, readonly limit: string }[]} shorts
 * @property {readonly Minute[]} minutes
 *
 * @typedef {{ readonly now: string, readonly targets: readonly PlannedTarget[] }} Plan
 *
 * @typedef {object} Override
 * @property {string} id
 * @property {string} kind
 * @property {readonly string[] | undefined} [targetIds]
 * @property {number | undefined} [floorUnits]
 * @property {number | undefined} [factor]
 * @property {string} from
 * @property {string} until
 * @property {string} author
 * @property {string} why
 *
 * @typedef {{ readonly overrides: readonly Override[] }} Overrides
 *
 * @typedef {{ readonly mode: "observe" | "active" | "frozen", readonly author: string, readonly why: string, readonly at: string }} ModeSet
 * @typedef {{ readonly all: ModeSet | null, readonly targets: readonly { readonly targetId: string, readonly set: ModeSet | null }[] }} Modes
 *
 * @typedef {{ readonly kind: "known", readonly at: string, readonly floorUnits: number, readonly since: string, readonly neededBy: string, readonly reasons: readonly Reason[] }
 *   | { readonly kind: "unknown", readonly at: string, readonly why: string }} Explanation
 */

// Longer than the slowest plan; a server that needs more has gone away.
const PATIENCE_MS = 10_000;

/** The server was reached and said no. */
export class Refusal extends Error {}

/**
 * One answer of the API. Throws `Refusal` with the server's own words, and what `fetch` throws when nobody answers.
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), headers: { accept: "application/json" } });
  const body = await response.json();
  // Health answers 503 with its whole body.
  if (body.error !== undefined) throw new Refusal(body.error.message);
  return body;
}
