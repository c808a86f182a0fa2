import { isoOf } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import type { Programme } from "../core/schedule/programme.ts";
import { normaliseTitle } from "../core/schedule/title.ts";
import { HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { correctProgramme, findProgrammes, type AskedCorrection, type CorrectionOutcome } from "./corrections.ts";
import type { Context } from "./context.ts";

/** What a channel's own signalling says of what is on it. */
export type Signal = { readonly channelId: string; readonly source: string } & (
  | {
      /** This is on now, and since then: the "present" event of EIT present/following, or the start of a programme in SCTE-35. What was on before has ended. */
      readonly kind: "present";
      readonly startedAtMs: number;
      readonly title?: string | undefined;
    }
  /** This comes next, and begins then as things stand: the "following" event of EIT. What is before it goes on until then. */
  | { readonly kind: "following"; readonly startsAtMs: number; readonly title: string }
  /** It has ended: a programme end in SCTE-35. Which one is said: an overrun ends after the guide has the next one begin. */
  | { readonly kind: "ended"; readonly endedAtMs: number; readonly title: string }
  /** It goes on: its end is put off to so much later than now. */
  | { readonly kind: "still-live"; readonly title: string; readonly forMs: number }
);

/** What a signal made known of one programme. */
export type Heard = { readonly programmeId: string; readonly title: string; readonly outcome: CorrectionOutcome };

// A live event seldom starts later than that; what is further away is another showing.
const TITLED_WITHIN_MS = 3 * HOUR_MS;
// Without a title only the start tells what is meant, and half an hour is the shortest usual slot.
const UNTITLED_WITHIN_MS = 30 * MINUTE_MS;
/** The longest that an end is put off at a time; what says so says it again as long as it is true. */
export const LONGEST_STILL_LIVE_MS = HOUR_MS;

/**
 * Takes what a channel signals as corrections of the programmes meant: when they really began and ended, by a marker. They outlive the next
 * feed; what a person has said of the same field holds over them, of two markers the newer. Throws `signal-unmatched` where no programme is
 * meant, and `correction-…` for what it says itself.
 */
export async function hearSignal(context: Context, signal: Signal, now: number): Promise<readonly Heard[]> {
  const listed = await programmesOf(context, signal.channelId, now);
  const heard: Heard[] = [];
  const correct = async (
    programme: Programme,
    said: Pick<AskedCorrection, "actualStartsAtMs" | "actualEndsAtMs" | "endsAtMs">,
    why: string,
  ) => {
    const asked = { ...said, programmeId: programme.id, endedBy: "marker", author: signal.source, why } as const;
    const { outcome } = await correctProgramme(context, asked, now);
    heard.push({ programmeId: programme.id, title: programme.title, outcome });
  };
  switch (signal.kind) {
    case "present": {
      const { startedAtMs } = signal;
      const programme = nearest(listed, signal, startedAtMs);
      const before = listed.findLast(
        ({ startsAtMs, id }) => id !== programme.id && startsAtMs < Math.min(programme.startsAtMs, startedAtMs),
      );
      // Ended first: should this stop half-way, the rest is done when it is signalled again.
      if (before !== undefined && before.endsAtMs > startedAtMs - UNTITLED_WITHIN_MS)
        await correct(before, { actualEndsAtMs: startedAtMs }, `${programme.title} is signalled as on since ${isoOf(startedAtMs)}`);
      await correct(programme, { actualStartsAtMs: startedAtMs }, `signalled as on since ${isoOf(startedAtMs)}`);
      return heard;
    }
    case "following": {
      const { startsAtMs } = signal;
      const next = nearest(listed, signal, startsAtMs);
      const before = listed.findLast(({ startsAtMs: beganMs, id }) => id !== next.id && beganMs < next.startsAtMs);
      // Its own start stays: whoever comes for it by the guide is there by the guide. It began when it is signalled as present.
      if (before === undefined || before.startsAtMs > now) return heard;
      const untilMs = Math.min(startsAtMs, now + LONGEST_STILL_LIVE_MS);
      await correct(before, { endsAtMs: untilMs }, `${next.title} is signalled to follow at ${isoOf(startsAtMs)}`);
      return heard;
    }
    case "ended": {
      const { endedAtMs, title } = signal;
      const begun = titled(listed, title).filter(({ startsAtMs }) => startsAtMs < endedAtMs);
      const programme = begun.at(-1) ?? unmatched(signal, `none of that title was on before ${isoOf(endedAtMs)}`);
      await correct(programme, { actualEndsAtMs: endedAtMs }, `signalled as ended at ${isoOf(endedAtMs)}`);
      return heard;
    }
    case "still-live": {
      const begun = titled(listed, signal.title).filter(({ startsAtMs }) => startsAtMs <= now);
      const programme = begun.at(-1) ?? unmatched(signal, "none of that title has begun");
      const untilMs = now + Math.min(signal.forMs, LONGEST_STILL_LIVE_MS);
      await correct(programme, { endsAtMs: untilMs }, `signalled as still live at ${isoOf(now)}`);
      return heard;
    }
    default:
      return signal satisfies never;
  }
}

/** The programmes of a channel around now, as they are in force, by start. */
async function programmesOf(context: Context, channelId: string, now: number): Promise<readonly Programme[]> {
  const window = { fromMs: now - 2 * TITLED_WITHIN_MS, toMs: now + 2 * TITLED_WITHIN_MS };
  const found = await findProgrammes(context, { ...window, channelId }, now);
  return found.filter(({ correction }) => correction?.cancelled !== true).map(({ programme }) => programme);
}

function nearest(listed: readonly Programme[], signal: Extract<Signal, { kind: "present" | "following" }>, atMs: number): Programme {
  const { title } = signal;
  const withinMs = title === undefined ? UNTITLED_WITHIN_MS : TITLED_WITHIN_MS;
  const apartMs = ({ startsAtMs }: Programme): number => Math.abs(startsAtMs - atMs);
  const around = listed.filter((programme) => apartMs(programme) <= withinMs);
  const [best] = (title === undefined ? around : titled(around, title)).toSorted((a, b) => apartMs(a) - apartMs(b));
  return best ?? unmatched(signal, `none starts within ${withinMs / MINUTE_MS} min of ${isoOf(atMs)}`);
}

/** The programmes of the title that is signalled; only where there is none, those whose title has it in whole words, or the other way round. */
function titled(listed: readonly Programme[], signalled: string): readonly Programme[] {
  const said = normaliseTitle(signalled);
  const same = listed.filter(({ title }) => normaliseTitle(title) === said);
  if (same.length > 0 || said === "") return same;
  const within = (longer: string, shorter: string): boolean => shorter !== "" && ` ${longer} `.includes(` ${shorter} `);
  return listed.filter(({ title }) => within(normaliseTitle(title), said) || within(said, normaliseTitle(title)));
}

function unmatched({ channelId, title }: Signal, why: string): never {
  const what = title === undefined ? "programme" : `programme ${JSON.stringify(title)}`;
  throw new CalltimeError("signal-unmatched", `${channelId}: no ${what} of its guide is meant: ${why}; GET /v1/programmes lists them`);
}
