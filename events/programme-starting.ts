import { defineEvent } from "./contract.ts";
import { cue } from "./cue.ts";

/** An occasion is about to start, or has started. */
export const programmeStarting = defineEvent({
  name: "programme.starting",
  version: 1,
  about:
    "An occasion above the impact threshold is about to start, or has just started: when, on which channels, and how many viewers to expect.",
  sent: "At each offset before its start, again with a higher `revision` when what was said has changed, and once when it really starts.",
  schema: cue,
  example: {
    id: "programme.starting/new-year-speech-2025/1/ahead-15",
    at: "2025-12-31T16:45:00.214Z",
    correlationId: "tick/2025-12-31T16:45:00.000Z",
    data: {
      cueId: "new-year-speech-2025/starting",
      revision: 1,
      occasionId: "new-year-speech-2025",
      name: "the King's New Year speech",
      channels: ["DR1 HD (T).dk", "TV 2 HD (D) (T).dk"],
      programmes: [
        {
          id: "dr1-2025-12-31-nytaarstale",
          title: "Kongens nytårstale",
          channelId: "DR1 HD (T).dk",
          startsAt: "2025-12-31T17:00:00.000Z",
          endsAt: "2025-12-31T17:15:00.000Z",
        },
        {
          id: "tv2-2025-12-31-nytaarstale",
          title: "Kongens nytårstale",
          channelId: "TV 2 HD (D) (T).dk",
          startsAt: "2025-12-31T17:00:00.000Z",
          endsAt: "2025-12-31T17:15:00.000Z",
        },
      ],
      startsAt: "2025-12-31T17:00:00.000Z",
      endsAt: "2025-12-31T17:15:00.000Z",
      timing: { kind: "ahead", offsetMinutes: 15 },
      late: false,
      expectedAudience: { median: 1500000, lower: 1180000, upper: 1910000, level: 0.9, basis: "expectation" },
      warming: [
        { targetId: "player-api", floorUnits: 600, readyBy: "2025-12-31T16:58:00.000Z" },
        { targetId: "catalogue-db", floorUnits: 14, readyBy: "2025-12-31T16:58:00.000Z" },
      ],
    },
  },
});
