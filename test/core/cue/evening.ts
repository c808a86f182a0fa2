import { decideCues, DEFAULT_CUE_OFFSETS, type Cue, type CueRecords, type CueSubject } from "../../../shared/core/cue/cue.ts";
import type { Occasion } from "../../../shared/core/schedule/occasion.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { EIGHT_PM, programme } from "../schedule/programmes.ts";

/** So many minutes after eight, when the final starts. */
export function at(minute: number): number {
  return EIGHT_PM + minute * MINUTE_MS;
}

/** A final from 20:00 to 22:00 that nobody has seen begin, changed as the test needs it. */
export function final({ air, ...changes }: Partial<Occasion> & { readonly air?: CueSubject["air"] } = {}): CueSubject {
  const occasion: Occasion = {
    id: "final",
    name: "the cup final",
    programmes: [programme({ id: "p-1", title: "Cup Final", lengthMinutes: 120 })],
    channelIds: ["one"],
    startsAtMs: at(0),
    endsAtMs: at(120),
    seriesKey: "cup final",
    category: undefined,
    programmeClass: "live",
    ...changes,
  };
  return {
    occasion,
    air: air ?? { kind: "ahead" },
    expected: { median: 400_000, lower: 300_000, upper: 500_000, level: 0.9, basis: "expectation" },
  };
}

/** An evening of ticks, one after another, each with the records that the one before left. */
export class Evening {
  records: CueRecords = {};
  readonly cues: { readonly cue: Cue; readonly minute: number }[] = [];
  #subjects: readonly CueSubject[];
  #listed: readonly Occasion[];

  constructor(subjects: readonly CueSubject[]) {
    this.#subjects = subjects;
    this.#listed = subjects.map(({ occasion }) => occasion);
  }

  /** From the next tick on these are above the threshold; `listed` are all the guide has. */
  set(subjects: readonly CueSubject[], listed: readonly Occasion[] = subjects.map(({ occasion }) => occasion)): void {
    this.#subjects = subjects;
    this.#listed = listed;
  }

  /** One tick; what it sent, one line each: minute, side, revision, and which cue it was. */
  tick(minute: number): readonly string[] {
    const decided = decideCues({
      subjects: this.#subjects,
      listed: new Map(this.#listed.map((occasion) => [occasion.id, occasion])),
      records: this.records,
      offsets: DEFAULT_CUE_OFFSETS,
      now: at(minute),
    });
    this.records = decided.records;
    this.cues.push(...decided.cues.map((cue) => ({ cue, minute })));
    return decided.cues.map((cue) => `${minute} ${cue.side} ${cue.revision} ${wordsOf(cue)}`);
  }

  /** Every minute of [from, to], both included. */
  run(from: number, to: number): readonly string[] {
    const sent: string[] = [];
    for (let minute = from; minute <= to; minute += 1) sent.push(...this.tick(minute));
    return sent;
  }

  /** The newest message. */
  last(): Cue | undefined {
    return this.cues.at(-1)?.cue;
  }
}

function wordsOf(cue: Cue): string {
  if (cue.kind === "withdrawal") return `withdrawn ${cue.code}`;
  if (cue.timing.kind === "actual") return `actual ${(cue.timing.atMs - EIGHT_PM) / MINUTE_MS}`;
  return `T-${cue.timing.offsetMinutes}${cue.late ? " late" : ""}`;
}
