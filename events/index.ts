import { cacheWarmed } from "./cache-warmed.ts";
import { capacityPlanned } from "./capacity-planned.ts";
import { conforming, EVENT_SOURCE, refuseTooLarge, type EventOf } from "./contract.ts";
import { contentWarmed } from "./content-warmed.ts";
import { cueWithdrawn } from "./cue-withdrawn.ts";
import { EventError } from "./event-error.ts";
import { feedQuarantined } from "./feed-quarantined.ts";
import { limitsChecked } from "./limits-checked.ts";
import { loadMeasured } from "./load-measured.ts";
import { modeChanged } from "./mode-changed.ts";
import { modelUpdated } from "./model-updated.ts";
import { overrideChanged } from "./override-changed.ts";
import { programmeCorrected } from "./programme-corrected.ts";
import { programmeEnding } from "./programme-ending.ts";
import { programmeStarting } from "./programme-starting.ts";
import { quarantineDecided } from "./quarantine-decided.ts";
import { readinessAssessed } from "./readiness-assessed.ts";
import { releaseAssessed } from "./release-assessed.ts";
import { releaseWithheld } from "./release-withheld.ts";
import { scheduleChanged } from "./schedule-changed.ts";
import { warmUpCompleted } from "./warm-up-completed.ts";
import { warmUpFailed } from "./warm-up-failed.ts";
import { warmUpRequested } from "./warm-up-requested.ts";

export { newEvent, EVENT_SOURCE } from "./contract.ts";
export { EventError } from "./event-error.ts";
export { isoOf, msOf } from "./instant.ts";
export { fitting, jsonBytes, MAX_EVENT_BYTES } from "./size.ts";
export { MAX_LISTED_STEPS } from "./capacity-planned.ts";
export { MAX_FINDING_CHARACTERS, MAX_LISTED_CHANGES, MAX_EVENT_FINDINGS } from "./schedule-changed.ts";
export {
  cacheWarmed,
  capacityPlanned,
  contentWarmed,
  cueWithdrawn,
  feedQuarantined,
  limitsChecked,
  loadMeasured,
  modeChanged,
  modelUpdated,
  overrideChanged,
  programmeCorrected,
  programmeEnding,
  programmeStarting,
  quarantineDecided,
  readinessAssessed,
  releaseAssessed,
  releaseWithheld,
  scheduleChanged,
  warmUpCompleted,
  warmUpFailed,
  warmUpRequested,
};

/** Every event that crosses the bus: those made for other teams first, then in the order in which data flows. */
export const eventContracts = [
  programmeStarting,
  programmeEnding,
  cueWithdrawn,
  scheduleChanged,
  feedQuarantined,
  quarantineDecided,
  programmeCorrected,
  overrideChanged,
  modeChanged,
  capacityPlanned,
  warmUpRequested,
  warmUpCompleted,
  warmUpFailed,
  contentWarmed,
  cacheWarmed,
  readinessAssessed,
  limitsChecked,
  releaseWithheld,
  releaseAssessed,
  loadMeasured,
  modelUpdated,
] as const;

/** Any event of ours, told apart by `type`. */
export type AnyEvent = EventOf<(typeof eventContracts)[number]>;

/**
 * A message from the bus as one of our events.
 * @throws EventError `event-malformed`, `event-type-unknown`, `event-version-unsupported` or `event-invalid`.
 */
export function parseEvent(message: unknown): AnyEvent {
  if (!isObject(message)) {
    throw new EventError("event-malformed", `an event is a JSON object with source, type, version and data, not ${kindOf(message)}`);
  }
  const { source, type, version } = message;
  if (source !== EVENT_SOURCE) {
    throw new EventError("event-malformed", `source: expected "${EVENT_SOURCE}", got ${JSON.stringify(source)}; is this the envelope?`);
  }
  const contract = eventContracts.find((candidate) => candidate.type === type);
  if (contract === undefined) {
    const known = eventContracts.map((candidate) => candidate.type).join(", ");
    throw new EventError("event-type-unknown", `type: ${JSON.stringify(type)} is none of the events this release knows: ${known}`);
  }
  if (typeof version === "number" && version !== contract.version) {
    const message = `${contract.type}: version ${version} was written by another release; this one reads version ${contract.version}`;
    throw new EventError("event-version-unsupported", message);
  }
  return conforming<string, number, unknown>(contract, message) as AnyEvent;
}

/**
 * `message` as one of our events that fits on the bus.
 * @throws EventError as `parseEvent`, and `event-too-large`.
 */
export function eventForTheBus(message: unknown): AnyEvent {
  const event = parseEvent(message);
  refuseTooLarge(event);
  return event;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
