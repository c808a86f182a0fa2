import type { Air } from "../core/forecast/air.ts";
import { calledOffBy, occasionsWith, type Override } from "../core/plan/override.ts";
import type { Guide } from "../core/schedule/guide.ts";
import type { Occasion } from "../core/schedule/occasion.ts";

/** Where the occasions that matter stand, and which broadcasts the model has already learned from. */
export type AirLog = {
  /** When Calltime first looked. What was on air before teaches nothing: nobody knows how it began. */
  readonly sinceMs: number | undefined;
  /** When it looked last. */
  readonly throughMs: number | undefined;
  /** By occasion id, of those above the threshold or turned out to be. */
  readonly air: Readonly<Record<string, Air>>;
  /** The occasions of `air` as the guide last had them: one that it drops while on air is held until its real end (design rule 6). */
  readonly occasions: Readonly<Record<string, Occasion>>;
  /** By occasion id: the end by the guide, of those learned from. */
  readonly learned: Readonly<Record<string, number>>;
  /** Occasions that turned out above the threshold although nobody had thought so, by id; the newest 500. */
  readonly revealed: Readonly<Record<string, Revealed>>;
  /** What was forecast and what was measured, of the occasions above the threshold that are over, by id; the newest 500. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** What was thought of each occasion when it started, by id. */
  readonly judged: Readonly<Record<string, Judged>>;
  /** How many occasions have started so far, by what was thought of them. */
  readonly tally: Readonly<Record<Judged["impact"], number>>;
};

/** What was thought of an occasion when it started. `expectedViewers` is the median, above usual. */
export type Judged = { readonly impact: "above" | "below" | "unknown-audience"; readonly expectedViewers?: number };

/** An occasion that turned out above the threshold although nobody had thought so. */
export type Revealed = {
  readonly impact: "below" | "unknown-audience";
  readonly name: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly viewers: number;
};

/** Forecast and fact of one occasion's audience, in viewers above usual. */
export type Outcome = {
  readonly name: string;
  readonly startsAtMs: number;
  readonly forecastViewers: number;
  readonly measuredViewers: number;
};

/** Key of the air log. */
export const AIR_KEY = "air";

/** Nothing has been on air yet. */
export const EMPTY_AIR: AirLog = {
  sinceMs: undefined,
  throughMs: undefined,
  air: {},
  occasions: {},
  learned: {},
  revealed: {},
  outcomes: {},
  judged: {},
  tally: { above: 0, below: 0, "unknown-audience": 0 },
};

/**
 * The occasions that count at `now`, as overrides make them: those that the guide lists, and those that it dropped after they had gone on
 * air. One whose programmes the guide still lists, under another occasion, is that one now; one that was called off counts while its crowd
 * is there: that is held to its end, whatever anybody says of the programme.
 */
export function occasionsKnown(guide: Guide, log: AirLog, overrides: readonly Override[], now: number): readonly Occasion[] {
  return occasionsWith(knownTo(guide, log), overrides, now, (id) => isThere(log, id));
}

/** The occasions that people called off, by correction or by override, with who said so. */
export function calledOffOf(guide: Guide, log: AirLog, overrides: readonly Override[], now: number): readonly Occasion[] {
  const corrected = guide.calledOff.filter(({ id }) => !isThere(log, id));
  return [...corrected, ...calledOffBy(knownTo(guide, log), overrides, now, (id) => isThere(log, id))];
}

/** What the guide lists, and what it dropped on air. */
function knownTo(guide: Guide, log: AirLog): readonly Occasion[] {
  const dropped = Object.values(log.occasions).filter(
    ({ id, programmes }) =>
      !guide.byId.has(id) &&
      !programmes.some((programme) => guide.programmeIds.has(programme.id)) &&
      (isThere(log, id) || !programmes.every((programme) => guide.corrections.get(programme.id)?.cancelled)),
  );
  return dropped.length === 0 ? guide.occasions : [...guide.occasions, ...dropped];
}

/** Whether the crowd of an occasion was seen to come and not to leave. */
function isThere({ air }: AirLog, id: string): boolean {
  const stand = air[id];
  return stand?.kind === "on-air" && stand.startedAtMs !== undefined;
}
