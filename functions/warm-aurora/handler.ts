import { MACHINE_PACE } from "../../shared/app/ports/machine-pace.ts";
import { warmCachesFor, warmCachesOf } from "../../shared/app/warm-caches.ts";
import { auroraCaches } from "../../shared/aws/aurora-caches.ts";
import { postgresCache } from "../../shared/database/postgres-cache.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onEvent } from "../../shared/lambda/on-event.ts";

const { handling, context, place, now } = deployed("warm-aurora", import.meta.url, state);
const { databases = [] } = context.settings;
const reached = { databases, homeRegion: place.region, openReader: postgresCache, pace: MACHINE_PACE };
const ports = { instances: auroraCaches(reached), pace: MACHINE_PACE };
// What was seen is still to be kept and told.
const KEEPING_MS = 20_000;

/** Reads into the memory of databases what viewers will ask for: shortly before a programme starts, and when readers have joined. */
export const handler = onEvent(handling, ["calltime.programme.starting", "calltime.warm-up.completed"], async (event, invocation) => {
  const bound = { untilMs: now() + invocation.leftMs() - KEEPING_MS, correlationId: invocation.correlationId };
  const starting = event.type === "calltime.programme.starting";
  const asked = starting ? { ...bound, occasionId: event.data.occasionId } : { ...bound, targetId: event.data.targetId };
  const warmed = "occasionId" in asked ? await warmCachesFor(context, ports, asked) : await warmCachesOf(context, ports, asked);
  invocation.telemetry.info(`databases: ${warmed.kind}`, warmed.kind === "warmed" ? {} : { why: warmed.why });
});
