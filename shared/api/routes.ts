import { deadLettersRoute, redriveRoute } from "./dead-letters.ts";
import { explainRoute } from "./explain.ts";
import { feedsRoute } from "./feeds.ts";
import { healthRoute } from "./health.ts";
import { occasionsRoute } from "./occasions.ts";
import { modesRoute, setModeRoute } from "./modes.ts";
import { overridesRoute, setOverrideRoute, withdrawOverrideRoute } from "./overrides.ts";
import { decideProposalRoute, proposalsRoute } from "./proposals.ts";
import { orderRoute } from "./order.ts";
import { planRoute } from "./plan.ts";
import { planningRoute } from "./planning.ts";
import { preflightRoute } from "./preflight.ts";
import { acceptQuarantineRoute, quarantineRoute, rejectQuarantineRoute } from "./quarantine.ts";
import { correctProgrammeRoute, programmesRoute } from "./programmes.ts";
import { releaseRoute } from "./release.ts";
import type { Route } from "./route.ts";
import { signalsRoute } from "./signals.ts";
import { verdictsRoute } from "./verdicts.ts";

/** Everything the API can do, reading first. */
export const routes: readonly Route[] = [
  healthRoute,
  occasionsRoute,
  proposalsRoute,
  decideProposalRoute,
  planRoute,
  planningRoute,
  orderRoute,
  explainRoute,
  verdictsRoute,
  preflightRoute,
  overridesRoute,
  setOverrideRoute,
  withdrawOverrideRoute,
  programmesRoute,
  correctProgrammeRoute,
  signalsRoute,
  modesRoute,
  setModeRoute,
  releaseRoute,
  deadLettersRoute,
  redriveRoute,
  feedsRoute,
  quarantineRoute,
  acceptQuarantineRoute,
  rejectQuarantineRoute,
];
