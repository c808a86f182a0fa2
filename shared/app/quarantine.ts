import { isoOf, newEvent, quarantineDecided } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import { stableHash } from "../core/hash.ts";
import type { Listing, ListingCounts } from "../core/schedule/listing.ts";
import type { Channel, ListedProgramme } from "../core/schedule/programme.ts";
import { DAY_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import type { Json } from "./ports.ts";
import { publish } from "./publish.ts";

/** What a person decided about an upload that was set aside. */
export type QuarantineDecision = {
  readonly kind: "accepted" | "rejected";
  readonly author: string;
  readonly why: string;
  readonly atMs: number;
  /** The generation in force afterwards, or undefined when there never was one. */
  readonly generation?: number | undefined;
};

/** The newest upload of a feed that was set aside. */
export type Quarantine = {
  /** Made from what it lists: the same upload has the same. */
  readonly id: string;
  readonly feedId: string;
  readonly receivedAtMs: number;
  /** From then on it is gone. */
  readonly untilMs: number;
  /** Why it was set aside. */
  readonly findings: readonly { readonly code: string; readonly what: string }[];
  readonly counts: ListingCounts;
  /** The generation that it was judged beside; 0 when there was none. It can only take that one's place. */
  readonly besideGeneration: number;
  /** How many parts its listing is kept in; undefined when it was too large to be kept, or empty. */
  readonly parts?: number | undefined;
  readonly decision?: QuarantineDecision | undefined;
};

/** How a person decides: about the upload with this id, or about whichever is there when it is left out. */
export type AskedDecision = {
  readonly feedId: string;
  readonly quarantineId?: string | undefined;
  readonly author: string;
  readonly why: string;
};

/** How long an upload that was set aside is kept: a long weekend, after which the guide has moved on by itself. */
export const QUARANTINE_KEPT_MS = 3 * DAY_MS;
/** Characters of a listing as JSON beyond which it is not kept: twice what the largest real guide at hand takes. */
const MOST_KEPT_CHARACTERS = 64 * 1024 * 1024;
// A character takes up to three bytes, and a document holds 400 KB.
const PART_CHARACTERS = 120_000;

type Part = { readonly channels: readonly Channel[]; readonly programmes: readonly ListedProgramme[] };

/** The upload of a feed that is set aside and was not forgotten by `now`, or undefined. */
export async function readQuarantine(context: Context, feedId: string, now: number): Promise<Quarantine | undefined> {
  const held = (await readDocument<Quarantine>(context.ports.documents, keyOf(feedId)))?.value;
  return held === undefined || held.untilMs <= now ? undefined : held;
}

/**
 * Keeps an upload that was set aside, in the place of the one before it. What a person decided about the very same upload beside the
 * same generation still holds: a publisher that sends it every hour asks nobody again.
 */
export async function keepQuarantined(
  context: Context,
  upload: Pick<Quarantine, "feedId" | "findings" | "besideGeneration"> & { readonly listing: Listing },
  now: number,
): Promise<void> {
  const { listing, ...told } = upload;
  const { documents } = context.ports;
  const id = quarantineIdOf(listing);
  const before = await readQuarantine(context, told.feedId, now);
  const same = before !== undefined && before.id === id && before.besideGeneration === told.besideGeneration;
  if (before?.id !== id) await forgetParts(context, told.feedId);
  // What was decided needs its listing no more.
  const decision = same ? before.decision : undefined;
  const parts = decision === undefined ? partsOf(listing) : undefined;
  for (const [i, part] of (parts ?? []).entries()) {
    const key = partKeyOf(told.feedId, id, i);
    // One that is there already is the same: its key is made from what it holds.
    await documents.write(key, part as unknown as Json, 0);
  }
  const next: Quarantine = {
    ...told,
    id,
    receivedAtMs: now,
    untilMs: now + QUARANTINE_KEPT_MS,
    counts: listing.counts,
    ...(parts !== undefined && { parts: parts.length }),
    ...(decision !== undefined && { decision }),
  };
  // Last: what the parts are read by is there only once they are.
  await updateDocument<Quarantine>(documents, keyOf(told.feedId), () => next);
}

/**
 * The upload that a decision is about. Throws `quarantine-author-blank`, `quarantine-why-blank`, `quarantine-unknown`, and
 * `quarantine-replaced` when another upload was set aside since.
 */
export async function quarantineAskedFor(context: Context, asked: AskedDecision, now: number): Promise<Quarantine> {
  const { feedId, quarantineId } = asked;
  if (asked.author.trim() === "")
    throw new CalltimeError("quarantine-author-blank", "the author is blank; the name of whoever decides would be right");
  if (asked.why.trim() === "")
    throw new CalltimeError("quarantine-why-blank", "the reason is blank; whoever asks why this guide is in force needs one");
  const held = await readQuarantine(context, feedId, now);
  if (held === undefined) {
    const days = QUARANTINE_KEPT_MS / DAY_MS;
    throw new CalltimeError(
      "quarantine-unknown",
      `${feedId.slice(0, 80)}: no upload of this feed is set aside; one is kept for ${days} days`,
    );
  }
  if (quarantineId !== undefined && quarantineId !== held.id) {
    const since = `${held.id} of ${isoOf(held.receivedAtMs)} was set aside since`;
    throw new CalltimeError(
      "quarantine-replaced",
      `${feedId}: ${quarantineId.slice(0, 40)} is not there any more, ${since}; look at that one`,
    );
  }
  return held;
}

/**
 * Rejects the upload that is set aside: what is in force stays, and nobody is reminded of it. The second time is harmless. Throws as
 * `quarantineAskedFor`, and `quarantine-decided` when it was accepted.
 */
export async function rejectQuarantined(
  context: Context,
  asked: AskedDecision,
  now: number,
): Promise<{ readonly quarantine: Quarantine; readonly outcome: "rejected" | "unchanged" }> {
  const held = await quarantineAskedFor(context, asked, now);
  if (held.decision?.kind === "rejected") return { quarantine: held, outcome: "unchanged" };
  if (held.decision !== undefined) throw alreadyDecided(held, held.decision);
  const current = await context.ports.schedules.current(asked.feedId);
  const quarantine = await decide(context, held, { kind: "rejected", ...signed(asked), atMs: now, generation: current?.generation });
  return { quarantine, outcome: "rejected" };
}

/** Writes a decision down, forgets the listing that it was about, and tells of it. */
export async function decide(context: Context, held: Quarantine, decision: QuarantineDecision): Promise<Quarantine> {
  const { parts: _parts, ...rest } = held;
  const decided: Quarantine = { ...rest, decision };
  await updateDocument<Quarantine>(context.ports.documents, keyOf(held.feedId), (before) => (before?.id === held.id ? decided : undefined));
  await forgetParts(context, held.feedId);
  const { feedId, id: quarantineId, receivedAtMs } = held;
  const receivedAt = isoOf(receivedAtMs);
  const { kind, author, why: reason, atMs, generation = null } = decision;
  const data = { feedId, quarantineId, receivedAt, decision: kind, author, reason, generation };
  await publish(context, [newEvent(quarantineDecided, { id: `quarantine.decided/${feedId}/${quarantineId}/${receivedAt}`, atMs, data })]);
  return decided;
}

/** What an upload that is set aside lists. Throws `quarantine-not-kept` when it was too large, or is gone. */
export async function readQuarantined(context: Context, { feedId, id, parts, receivedAtMs }: Quarantine): Promise<Part> {
  const channels: Channel[] = [];
  const programmes: ListedProgramme[] = [];
  for (let i = 0; i < (parts ?? 0); i += 1) {
    const part = (await readDocument<Part>(context.ports.documents, partKeyOf(feedId, id, i)))?.value;
    if (part === undefined) throw notKept(feedId, receivedAtMs);
    for (const channel of part.channels) channels.push(channel);
    for (const programme of part.programmes) programmes.push(programme);
  }
  if (parts === undefined) throw notKept(feedId, receivedAtMs);
  return { channels, programmes };
}

/** Why a decision comes too late. */
export function alreadyDecided({ feedId, id }: Quarantine, { kind, author, atMs, why }: QuarantineDecision): CalltimeError {
  const said = `${author} ${kind} it at ${isoOf(atMs)}: ${why}`;
  return new CalltimeError("quarantine-decided", `${feedId}: ${id} is decided, ${said}; send the feed again to have it judged again`);
}

/** What an upload is known by while it is set aside. */
function quarantineIdOf({ channels, programmes }: Pick<Listing, "channels" | "programmes">): string {
  return stableHash(JSON.stringify([channels, programmes]));
}

/** Who decided and why, as it is kept. */
export function signed({ author, why }: AskedDecision): { readonly author: string; readonly why: string } {
  return { author: author.trim(), why: why.trim() };
}

function notKept(feedId: string, receivedAtMs: number): CalltimeError {
  const what = `its upload of ${isoOf(receivedAtMs)} was not kept: it is too large, lists nothing, or is gone`;
  return new CalltimeError("quarantine-not-kept", `${feedId}: ${what}; have the feed mended and sent again`);
}

/** A listing in parts that a document holds each, or undefined when it is too large to be kept, or has nothing that could be put in force. */
function partsOf({ channels, programmes }: Listing): readonly Part[] | undefined {
  const parts: { readonly channels: Channel[]; readonly programmes: ListedProgramme[] }[] = [];
  if (programmes.length === 0) return undefined;
  let total = 0;
  let room = 0;
  const place = (item: unknown) => {
    const characters = JSON.stringify(item).length + 1;
    total += characters;
    let part = parts.at(-1);
    if (part === undefined || characters > room) {
      part = { channels: [], programmes: [] };
      parts.push(part);
      room = PART_CHARACTERS;
    }
    room -= characters;
    return characters > PART_CHARACTERS ? undefined : part;
  };
  for (const channel of channels) {
    const part = place(channel);
    if (part === undefined) return undefined;
    part.channels.push(channel);
  }
  for (const programme of programmes) {
    const part = place(programme);
    if (part === undefined || total > MOST_KEPT_CHARACTERS) return undefined;
    part.programmes.push(programme);
  }
  return parts;
}

async function forgetParts({ ports }: Context, feedId: string): Promise<void> {
  for (const { key, version } of await ports.documents.list(`quarantine-part/${feedId}/`)) await ports.documents.remove(key, version);
}

function keyOf(feedId: string): string {
  return `quarantine/${feedId}`;
}

function partKeyOf(feedId: string, id: string, part: number): string {
  return `quarantine-part/${feedId}/${id}/${part}`;
}
