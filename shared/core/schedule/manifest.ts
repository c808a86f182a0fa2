import { DAY_MS } from "../time.ts";
import type { Outline } from "./outline.ts";
import { byStart, compareText } from "./programme.ts";
import type { Channel, Programme, Schedule } from "./programme.ts";
import type { Repairs } from "./sanity.ts";

/** Where a generation's programmes of one channel and one UTC day are: the day, counted from 1970, and the hash of their chunk. */
export type ChunkOfDay = readonly [day: number, hash: string];

/** What a generation has of one channel: as it is declared, without a name when the schedule has programmes of it and does not name it. */
export type ManifestChannel = Omit<Channel, "name"> & {
  readonly name?: string;
  /** By day. A day without a programme has none. */
  readonly chunks: readonly ChunkOfDay[];
  /** What its feed lists on it; absent when nothing, or when that is not known. */
  readonly listed?: ListedChannel;
};

/** What a feed lists on a channel and what became of it, so that the same list need not be looked at again. */
export type ListedChannel = {
  /** Over its programmes as they are listed. */
  readonly sum: string;
  readonly outline: Outline;
  readonly duplicatesDropped: number;
  readonly rejected: number;
  readonly repairs: Repairs;
};

/** One generation of a feed, channel by channel, sorted by id. The same schedule has the same. */
export type Manifest = { readonly channels: readonly ManifestChannel[] };

/** Whether two manifests stand for the same schedule. */
export function sameSchedule(a: Manifest, b: Manifest): boolean {
  const schedulesOf = ({ channels }: Manifest): string =>
    JSON.stringify(channels.map(({ id, name, parallel, chunks }) => [id, name ?? null, parallel ?? null, chunks]));
  return schedulesOf(a) === schedulesOf(b);
}

/** The programmes of one channel that start on one UTC day, in the schedule's order. */
export type ChannelDay = { readonly day: number; readonly programmes: readonly Programme[] };

/** One channel's programmes by the UTC day they start on, first day first. */
export function daysOf(programmes: readonly Programme[]): readonly ChannelDay[] {
  const days = Map.groupBy(programmes, ({ startsAtMs }) => Math.floor(startsAtMs / DAY_MS));
  return [...days].sort(([a], [b]) => a - b).map(([day, ofDay]) => ({ day, programmes: ofDay }));
}

/** The channels of a schedule by id, each with its programmes: those it names, and those that it has programmes of. */
export function channelsOf({
  channels,
  programmes,
}: Schedule): readonly (Omit<Channel, "name"> & { readonly name?: string; readonly programmes: readonly Programme[] })[] {
  const declared = new Map(channels.map((channel) => [channel.id, channel]));
  const onChannel = Map.groupBy(programmes, ({ channelId }) => channelId);
  return [...new Set([...declared.keys(), ...onChannel.keys()])].sort(compareText).map((id) => {
    const { name, parallel } = declared.get(id) ?? {};
    return { id, ...(name !== undefined && { name }), ...(parallel && { parallel }), programmes: onChannel.get(id) ?? [] };
  });
}

/** The schedule that a manifest stands for, given what its chunks hold. */
export function scheduleOf({ channels }: Manifest, programmesOf: (hash: string) => readonly Programme[]): Schedule {
  const programmes: Programme[] = [];
  for (const { chunks } of channels) for (const [, hash] of chunks) for (const programme of programmesOf(hash)) programmes.push(programme);
  return {
    channels: channels.flatMap(({ id, name, parallel }) => (name === undefined ? [] : [{ id, name, ...(parallel && { parallel }) }])),
    // Stable: two that start together on one channel stay as they were.
    programmes: programmes.sort(byStart),
  };
}
