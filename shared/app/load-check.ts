import { hoursText, loadShiftOf, witnessesIn, type LoadShift, type MinutesOfLoad, type OnAir } from "../core/forecast/load-shift.ts";
import type { Manifest } from "../core/schedule/manifest.ts";
import { slotsOf } from "../core/schedule/outline.ts";
import type { SanityWarning } from "../core/schedule/sanity.ts";
import { DAY_MS, MINUTE_MS, minuteOf } from "../core/time.ts";
import type { Context } from "./context.ts";
import type { LoadSource } from "./ports.ts";

/** What the load that was measured says of when a schedule's programmes were on. `unknown`: the check was not made, or could not tell. */
export type LoadCheck = { readonly kind: LoadShift["kind"]; readonly sentence: string };

/** How far back load is read: two of each day of the week. */
const HISTORY_MS = 14 * DAY_MS;
/** As much of it at a time: each reading of a metric is billed, however long it is, and in one piece there would be two weeks of objects in memory. */
const READ_MS = 7 * DAY_MS;

/** Readings of its load that one target takes. */
export const READINGS_A_TARGET = HISTORY_MS / READ_MS;

/**
 * Holds a schedule against the load that was measured while its programmes were on, target by target until one can tell. What cannot be
 * read is unknown and stops no feed. Where the programmes cannot tell, no load is asked for.
 */
export async function checkLoad({ ports, settings }: Context, manifest: Manifest, now: number): Promise<LoadCheck> {
  const stretch = { fromMs: minuteOf(now) - HISTORY_MS, toMs: minuteOf(now) };
  const witnesses = witnessesIn(pastProgrammes(manifest, now), stretch);
  if (witnesses.kind === "unknown") return notMade(witnesses.reason);
  let last = notMade("there is no target whose load is measured");
  for (const { id } of settings.targets) {
    const load = await readLoad(ports.loads, id, stretch);
    if (typeof load === "string") last = notMade(load);
    else {
      const check = said(id, loadShiftOf(load, witnesses.programmes));
      if (check.kind !== "unknown") return check;
      last = check;
    }
  }
  return last;
}

/** What a person should see of it. */
export function loadWarnings({ kind, sentence }: LoadCheck): readonly SanityWarning[] {
  return kind === "shifted" ? [{ code: "load-shifted", sentence }] : [];
}

function notMade(reason: string): LoadCheck {
  return { kind: "unknown", sentence: `Whether load rises when the feed says was not seen: ${reason}.` };
}

function said(targetId: string, shift: LoadShift): LoadCheck {
  switch (shift.kind) {
    case "unknown":
      return notMade(`${targetId}: ${shift.reason}`);
    case "in-place":
      return { kind: "in-place", sentence: `The load of ${targetId} rose when the feed says, over ${shift.of} programmes.` };
    case "shifted": {
      const { hours, programmes, of } = shift;
      const sentence = `The load of ${targetId} rose ${hoursText(hours)} the feed says, in ${programmes} of ${of} programmes; a time zone was probably misread, or a change of clocks left out.`;
      return { kind: "shifted", sentence };
    }
    default:
      return shift satisfies never;
  }
}

/** Those that are over: of the others nobody has measured anything yet. */
function pastProgrammes({ channels }: Manifest, now: number): readonly OnAir[] {
  return channels.flatMap(({ listed }) =>
    slotsOf(listed?.outline ?? []).filter(({ says, endsAtMs }) => says === "programme" && endsAtMs <= now && endsAtMs > now - HISTORY_MS),
  );
}

/** A target's load, or why it is not known. */
async function readLoad(
  loads: LoadSource,
  targetId: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<MinutesOfLoad | string> {
  const rps = Array.from<number | undefined>({ length: (toMs - fromMs) / MINUTE_MS });
  let reason: string | undefined;
  for (let pieceMs = fromMs; pieceMs < toMs; pieceMs += READ_MS) {
    try {
      for (const minute of await loads.load(targetId, pieceMs, Math.min(toMs, pieceMs + READ_MS))) {
        if (minute.kind === "known") rps[(minute.atMs - fromMs) / MINUTE_MS] = minute.loadRps;
        else reason ??= minute.reason;
      }
    } catch (error) {
      return `${targetId}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return rps.every((each) => each === undefined) ? (reason ?? `${targetId}: no minute of its load is known`) : { fromMs, toMs, rps };
}
