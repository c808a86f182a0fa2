import * as z from "zod/mini";
import { annotated } from "./described.ts";
import { EventError } from "./event-error.ts";

const EXAMPLE = "2025-12-31T17:00:00.000Z";
/** The years that four digits can write, the end excluded: outside them the text takes another form and no longer sorts by time. */
const FIRST_MS = Date.parse("0000-01-01T00:00:00.000Z");
const END_MS = Date.parse("9999-12-31T23:59:59.999Z") + 1;

/** An instant as events carry it: ISO-8601 in UTC with milliseconds, so text order is time order and no reader has to guess a unit. */
export const instant = annotated(
  z.iso.datetime({ precision: 3, error: `expected an instant in UTC with milliseconds, like "${EXAMPLE}"` }),
  { id: "Instant", description: "ISO-8601 in UTC with milliseconds" },
);

/**
 * Epoch milliseconds as an instant of an event; a fraction of a millisecond is dropped.
 * @throws EventError `event-time-invalid` when `ms` is not a time of the years 0 to 9999.
 */
export function isoOf(ms: number): string {
  if (ms >= FIRST_MS && ms < END_MS) return new Date(Math.floor(ms)).toISOString();
  throw new EventError("event-time-invalid", `${ms} is no time an event can carry: expected epoch milliseconds in the years 0 to 9999`);
}

/**
 * An instant of an event as epoch milliseconds.
 * @throws EventError `event-time-invalid` when `iso` is not ISO-8601 in UTC with milliseconds, or no such day or hour exists.
 */
export function msOf(iso: string): number {
  if (instant.safeParse(iso).success) return Date.parse(iso);
  throw new EventError("event-time-invalid", `"${iso}" is not an instant in UTC with milliseconds, like "${EXAMPLE}"`);
}
