import { minuteText } from "./client.ts";

/** What came too late to be warmed in time, as the API answers it. */
export type LateChange = {
  readonly name: string;
  readonly startsAt: string;
  readonly targets: readonly {
    readonly targetId: string;
    readonly mode: string;
    readonly servingUnits: number | null;
    readonly neededUnits: number | null;
    readonly neededBy: string | null;
    readonly inTimeUnits: number | null;
    readonly shortUnits: number | null;
    readonly shortFrom: string | null;
    readonly shortUntil: string | null;
    readonly unservedRequests: number | null;
  }[];
};

/** One line for each target that an occasion comes too late for. */
export function linesOfLate(late: readonly LateChange[]): readonly string[] {
  return late.flatMap(({ name, targets }) => targets.map((target) => `too late for ${name}: ${target.targetId}: ${lackingText(target)}`));
}

/** What will be missing of a target, from when to when, and what that costs. */
export function lackingText({
  mode,
  neededUnits,
  neededBy,
  inTimeUnits,
  shortUnits,
  shortFrom,
  shortUntil,
  unservedRequests,
}: Omit<LateChange["targets"][number], "targetId">): string {
  if (neededBy === null || shortFrom === null) return "what is serving could not be found out, so nobody can say what is in time";
  const until = shortUntil === null ? "" : ` to ${minuteText(shortUntil)}`;
  const lost = lostText(unservedRequests);
  const idle = mode === "active" ? "" : `; its mode is ${mode}: nothing is written`;
  return `${inTimeUnits} of ${neededUnits} by ${minuteText(neededBy)}, short by up to ${shortUnits} from ${minuteText(shortFrom)}${until}: ${lost}${idle}`;
}

function lostText(unservedRequests: number | null): string {
  if (unservedRequests === null) return "how many requests find no room is not known";
  return unservedRequests === 0 ? "the expected load finds room" : `about ${unservedRequests} requests will find no room`;
}
