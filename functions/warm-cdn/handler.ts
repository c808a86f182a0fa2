import { MACHINE_PACE } from "../../shared/app/ports/machine-pace.ts";
import { warmOccasion } from "../../shared/app/warm-occasion.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { httpEdges } from "../../shared/edges/http-edges.ts";
import { onEvent } from "../../shared/lambda/on-event.ts";

const { handling, context, now } = deployed("warm-cdn", import.meta.url, state);
const ports = { edges: httpEdges(context.settings.content?.edges ?? []), pace: MACHINE_PACE };
// What was seen is still to be kept and told.
const KEEPING_MS = 20_000;

/** Has the edges hold what an occasion's viewers fetch first, shortly before it starts. */
export const handler = onEvent(handling, ["calltime.programme.starting"], async ({ data }, { telemetry, leftMs, correlationId }) => {
  const untilMs = now() + leftMs() - KEEPING_MS;
  const warmed = await warmOccasion(context, ports, { occasionId: data.occasionId, untilMs, correlationId });
  telemetry.info(`${data.name}: ${warmed.kind}`, warmed.kind === "warmed" ? warmed.report.counts : { why: warmed.why });
});
