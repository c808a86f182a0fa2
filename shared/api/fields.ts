import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { instant } from "../../events/instant.ts";
import { isoOf } from "../../events/index.ts";
import { once } from "../core/once.ts";

/** An instant, or null where it is not known. */
export const instantOrNull = z.nullable(instant);

/** A number of units, or null where it is not known. */
export const unitsOrNull = z.nullable(z.number().check(z.nonnegative()));

/** Why a floor is what it is: a code to match on, and a sentence. */
export const reasonSchema = once(() =>
  annotated(
    z.strictObject({ code: described(z.string(), "Stable; match on this."), text: described(z.string(), "The same for people.") }),
    { id: "Reason" },
  ),
);

/** Epoch milliseconds as the API writes them; what is not known stays null. */
export function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoOf(ms);
}
