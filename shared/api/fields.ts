import * as z from "zod";
import { instant } from "../../events/instant.ts";
import { isoOf } from "../../events/index.ts";

/** An instant, or null where it is not known. */
export const instantOrNull = instant.nullable();

/** A number of units, or null where it is not known. */
export const unitsOrNull = z.number().nonnegative().nullable();

/** Why a floor is what it is: a code to match on, and a sentence. */
export const reasonSchema = z
  .strictObject({ code: z.string().describe("Stable; match on this."), text: z.string().describe("The same for people.") })
  .meta({ id: "Reason" });

/** Epoch milliseconds as the API writes them; what is not known stays null. */
export function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoOf(ms);
}
