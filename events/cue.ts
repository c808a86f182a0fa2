import * as z from "zod/mini";
import { described } from "./described.ts";
import { count, id, ordinal, programme, timing, units } from "./field.ts";
import { instant } from "./instant.ts";

/** What both cues carry, `programme.starting` and `programme.ending`: the occasion, when, and the audience to be ready for. */
export const cue = () =>
  z.strictObject({
    cueId: described(id, "Identity of the cue: the same for every offset and revision of one occasion's start, or of its end."),
    revision: described(ordinal, "Goes up when what the cue says has changed; the largest one holds."),
    occasionId: described(id, "Identity of the occasion: one programme, or simulcasts and split slots of it merged."),
    name: described(z.string(), "What people call the occasion."),
    channels: described(z.array(id).check(z.minLength(1)), "Ids of the channels it is on."),
    programmes: described(z.array(programme).check(z.minLength(1)), "The slots of the guide it is made of."),
    startsAt: described(instant, "Start of the occasion."),
    endsAt: described(instant, "End of the occasion (excluded)."),
    timing: described(timing, "When in the life of the occasion this cue goes out."),
    late: described(
      z.boolean(),
      "Whether the cue could not be sent at its offset, for instance because the guide changed at short notice.",
    ),
    expectedAudience: described(
      z.strictObject({
        median: described(count, "Viewers in the middle of what is expected."),
        lower: described(count, "Lower end of the interval, in viewers."),
        upper: described(count, "Upper end of the interval, in viewers."),
        level: described(z.number().check(z.gt(0), z.lt(1)), "Probability that the interval holds the audience, 0.9 for 90 %."),
        basis: described(
          z.enum(["expectation", "measured", "nowcast"]),
          "What it rests on: a person's expectation, measured broadcasts before it, or what is measured on air.",
        ),
      }),
      "Viewers expected at the plateau, over all channels of the occasion.",
    ),
    warming: described(
      z.array(
        z.strictObject({
          targetId: described(id, "Target that is warmed."),
          floorUnits: described(units, "Floor it is given, in its units."),
          readyBy: described(instant, "When it is meant to be serving."),
        }),
      ),
      "What Calltime itself warms for the occasion; your own service is not among it.",
    ),
  });
