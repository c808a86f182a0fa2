import { userInfo } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { parseInstant } from "../shared/config/instant.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../shared/core/time.ts";

/** Where a run listens, and where those who ask it look. */
export const DEFAULT_PORT = 8321;

/** Where a world in a process of its own listens. */
export const DEFAULT_WORLD_PORT = 8322;

/** Platform seconds in a second, where somebody watches or nobody says otherwise. */
export const DEFAULT_SPEED = 60;

/** Where a run keeps its store and its token, and where those who ask it look. */
export const DEFAULT_DATA = ".calltime";

/** An instant with its zone, in epoch milliseconds. Like all of these it throws what commander tells the caller. */
export function instant(value: string): number {
  const ms = parseInstant(value);
  if (ms === undefined) throw new InvalidArgumentError("Give an instant with its zone, such as 2025-12-31T15:00:00Z.");
  return ms;
}

/** "90m", "4h" or "2d", in milliseconds. */
export function duration(value: string): number {
  const match = /^(\d{1,4})(m|h|d)$/.exec(value);
  const unitMs = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }[match?.[2] ?? ""];
  const ms = Number(match?.[1]) * (unitMs ?? Number.NaN);
  if (!(ms > 0)) throw new InvalidArgumentError("Give a number of minutes, hours or days, such as 90m, 4h or 2d.");
  return ms;
}

/** A whole number of up to nine digits. */
export function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("Give a whole number from 0 to 999999999.");
  return Number(value);
}

/** A whole number from 1, of up to nine digits. */
export function positiveWhole(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError("Give a whole number from 1 to 999999999.");
  return Number(value);
}

/** A number above 0, up to a million. */
export function positive(value: string): number {
  const factor = Number(value);
  if (value.trim() === "" || !(factor > 0 && factor <= 1_000_000)) throw new InvalidArgumentError("Give a number above 0, up to 1000000.");
  return factor;
}

/** A port; 0 asks for any free one. */
export function portNumber(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new InvalidArgumentError("Give a port from 0 (any free one) to 65535.");
  return port;
}

/** The address of a server. */
export function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return value;
  throw new InvalidArgumentError(`Give an address such as http://127.0.0.1:${DEFAULT_PORT}.`);
}

/** One more value of an option that may be given several times. */
export function oneMore(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Who asks: the user's own name when it is left out. */
export function authorOption(what: string): Option {
  return new Option("--author <name>", what).default(userName(), "your user name");
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as in some containers.
    return "";
  }
}
