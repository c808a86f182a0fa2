/**
 * What can be wrong with an event. `event-malformed`: not an object, or not from Calltime. `event-type-unknown` and
 * `event-version-unsupported`: written by another release. `event-invalid`: a field breaks the contract. `event-too-large`: the bus would
 * refuse it. `event-time-invalid`: a time that has no ISO-8601 form, or text that is not one.
 */
export type EventErrorCode =
  | "event-malformed"
  | "event-type-unknown"
  | "event-version-unsupported"
  | "event-invalid"
  | "event-too-large"
  | "event-time-invalid";

/** A message that cannot be an event of ours: a stable `code` to match on, and a message saying which event, which field, and what would be right. */
export class EventError extends Error {
  readonly code: EventErrorCode;
  constructor(code: EventErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "EventError";
    this.code = code;
  }
}
