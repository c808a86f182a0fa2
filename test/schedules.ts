import type { NextGeneration, Ports, WriteOutcome } from "../shared/app/ports.ts";
import { scheduleReader } from "../shared/app/schedules.ts";
import type { Schedule } from "../shared/core/schedule/programme.ts";
import { packSchedule } from "../shared/feeds/schedule-chunks.ts";

type Stores = Pick<Ports, "schedules" | "chunks">;

/** Puts a whole schedule in force, as an ingest does. */
export async function publishSchedule(
  { schedules, chunks }: Stores,
  next: Omit<NextGeneration, "contentHash">,
  schedule: Schedule,
): Promise<WriteOutcome> {
  const packed = packSchedule(schedule);
  await chunks.keep(packed.chunks);
  return schedules.publish({ ...next, contentHash: packed.contentHash });
}

/** What is in force for a feed, read from the store alone. */
export async function scheduleInForce({ schedules, chunks }: Stores, feedId: string): Promise<Schedule | undefined> {
  const current = await schedules.current(feedId);
  return current === undefined ? undefined : scheduleReader(chunks)(current);
}
