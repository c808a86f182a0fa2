import * as z from "zod";
import { count, id, ordinal, programme, timing, units } from "./field.ts";
import { instant } from "./instant.ts";

/** What both cues carry, `programme.starting` and `programme.ending`: the occasion, when, and the audience to be ready for. */
export const cue = () =>
  z.strictObject({
    cueId: id.describe("Identity of the cue: the same for every offset and revision of one occasion's start, or of its end."),
    revision: ordinal.describe("Goes up when what the cue says has changed; the largest one holds."),
    occasionId: id.describe("Identity of the occasion: one programme, or simulcasts and split slots of it merged."),
    name: z.string().describe("What people call the occasion."),
    channels: z.array(id).min(1).describe("Ids of the channels it is on."),
    programmes: z.array(programme).min(1).describe("The slots of the guide it is made of."),
    startsAt: instant.describe("Start of the occasion."),
    endsAt: instant.describe("End of the occasion (excluded)."),
    timing: timing.describe("When in the life of the occasion this cue goes out."),
    late: z.boolean().describe("Whether the cue could not be sent at its offset, for instance because the guide changed at short notice."),
    expectedAudience: z
      .strictObject({
        median: count.describe("Viewers in the middle of what is expected."),
        lower: count.describe("Lower end of the interval, in viewers."),
        upper: count.describe("Upper end of the interval, in viewers."),
        level: z.number().gt(0).lt(1).describe("Probability that the interval holds the audience, 0.9 for 90 %."),
        basis: z
          .enum(["expectation", "measured", "nowcast"])
          .describe("What it rests on: a person's expectation, measured broadcasts before it, or what is measured on air."),
      })
      .describe("Viewers expected at the plateau, over all channels of the occasion."),
    warming: z
      .array(
        z.strictObject({
          targetId: id.describe("Target that is warmed."),
          floorUnits: units.describe("Floor it is given, in its units."),
          readyBy: instant.describe("When it is meant to be serving."),
        }),
      )
      .describe("What Calltime itself warms for the occasion; your own service is not among it."),
  });
