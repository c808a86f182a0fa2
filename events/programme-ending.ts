import { defineEvent } from "./contract.ts";
import { cue } from "./cue.ts";

/** An occasion is about to end, or has ended. */
export const programmeEnding = defineEvent({
  name: "programme.ending",
  version: 1,
  about:
    "An occasion above the impact threshold is about to end, or has really ended: its viewers leave, or ask for the next programme, all at once.",
  sent: "At each offset before its end by the guide, again with a higher `revision` when what was said has changed, and once when it really ends.",
  schema: cue,
  example: {
    id: "programme.ending/new-year-speech-2025/2/actual",
    at: "2025-12-31T17:22:00.180Z",
    correlationId: "tick/2025-12-31T17:22:00.000Z",
    data: {
      cueId: "new-year-speech-2025/ending",
      revision: 2,
      occasionId: "new-year-speech-2025",
      name: "the King's New Year speech",
      channels: ["DR1 HD (T).dk"],
      programmes: [
        {
          id: "dr1-2025-12-31-nytaarstale",
          title: "Kongens nytårstale",
          channelId: "DR1 HD (T).dk",
          startsAt: "2025-12-31T17:00:00.000Z",
          endsAt: "2025-12-31T17:15:00.000Z",
        },
      ],
      startsAt: "2025-12-31T17:00:00.000Z",
      endsAt: "2025-12-31T17:15:00.000Z",
      timing: { kind: "actual", actualAt: "2025-12-31T17:22:00.000Z" },
      late: false,
      expectedAudience: { median: 1310000, lower: 1270000, upper: 1350000, level: 0.9, basis: "nowcast" },
      warming: [{ targetId: "player-api", floorUnits: 420, readyBy: "2025-12-31T17:15:00.000Z" }],
    },
  },
});
