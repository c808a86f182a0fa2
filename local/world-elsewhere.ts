import { setTimeout as sleep } from "node:timers/promises";
import type * as z from "zod";
import type { SetMinimumOutcome } from "../shared/app/ports.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../shared/core/time.ts";
import type { EveningWorld, TrueMinute } from "./evening-world.ts";
import {
  actionsReply,
  audienceReply,
  loadReply,
  outcomeReply,
  refusalReply,
  targetReply,
  timeReply,
  trueMinutesReply,
  versionReply,
  WIRE_VERSION,
  worldReply,
} from "./world-wire.ts";

/** A world in a process of its own. It goes on, or could be told to, whether this Calltime is up or not. */
export type WorldElsewhere = EveningWorld & {
  readonly url: string;
  /** The same for the same files, start and seed. */
  readonly id: string;
  readonly targetIds: readonly string[];
  /** It has no clock of its own: each `step` lets a minute pass there. */
  readonly stepped: boolean;
};

/** Settings of the way to a world. What is left out takes the value named here. */
export type WayToWorld = {
  /** How long an answer may take before the call counts as unanswered; 10 s: on a busy machine a world is slow, and not gone. */
  readonly answerWithinMs?: number;
  /** From a wait for the next minute that failed to the next try; 1 s. */
  readonly againAfterMs?: number;
  /** Ends the wait for the next minute. */
  readonly signal?: AbortSignal;
  /** Told when the world does not answer, and when it does again. */
  readonly onReach?: (sentence: string) => void;
};

// What a world may take to have a minute pass, on top of the time for an answer.
const HOLD_MS = 15 * SECOND_MS;

type Asked = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly holdMs?: number;
};

/**
 * The world at an address. Throws `world-unreachable` when nobody answers there, `world-unknown` when what answers is no world, and
 * `world-version` when it speaks another version. What is asked of it later throws `world-unanswered` when no answer came that can be
 * read: it may or may not have been done.
 */
export async function worldElsewhere(url: string, way: WayToWorld = {}): Promise<WorldElsewhere> {
  const { answerWithinMs = 10 * SECOND_MS, againAfterMs = SECOND_MS, signal, onReach = () => undefined } = way;
  const base = url.replace(/\/+$/, "");

  const answered = async ({
    method = "GET",
    path,
    body,
    holdMs = 0,
  }: Asked): Promise<{ readonly status: number; readonly body: unknown }> => {
    const response = await fetch(`${base}${path}`, {
      method,
      redirect: "error",
      signal: AbortSignal.any([AbortSignal.timeout(answerWithinMs + holdMs), ...(holdMs > 0 && signal ? [signal] : [])]),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { status: response.status, body: await response.json() };
  };

  /** One answer, read by its schema. A refusal is thrown under its own code. */
  const ask = async <Schema extends z.ZodType>(schema: Schema, asked: Asked): Promise<z.output<Schema>> => {
    const answer = await answered(asked).catch((error: unknown) => {
      throw unanswered(base, asked, messageOf(error), error);
    });
    const refusal = refusalReply.safeParse(answer.body);
    if (refusal.success) {
      const { code, message } = refusal.data.error;
      // What the world failed at may have been done half-way.
      if (answer.status >= 500 && code !== "call-lost") throw unanswered(base, asked, message);
      throw new Refusal(code, message);
    }
    const read = schema.safeParse(answer.body);
    if (!read.success) throw unanswered(base, asked, `what it said cannot be read: ${read.error.issues.map(issueText).join("; ")}`);
    return read.data;
  };

  const hello = await greeting(base, () => answered({ path: "/v1/world" }));
  const { worldId: id, targetIds, stepped } = hello;
  let { nowMs, clockMs } = hello;

  const heard = (time: z.output<typeof timeReply>): void => {
    if (time.worldId !== id) {
      throw new CalltimeError(
        "world-mismatch",
        `${base}: the world ${time.worldId} is there now, the run began in the world ${id}; start that one again, and this run with it`,
      );
    }
    ({ nowMs, clockMs } = time);
  };

  const nextMinute = (): Promise<z.output<typeof timeReply>> =>
    stepped
      ? ask(timeReply, { method: "POST", path: "/v1/steps", body: { fromMs: nowMs }, holdMs: HOLD_MS })
      : ask(timeReply, { path: `/v1/time?after=${nowMs}`, holdMs: HOLD_MS });

  const step = async (): Promise<void> => {
    const beforeMs = nowMs;
    let reached = true;
    const over = (): boolean => signal?.aborted === true;
    while (nowMs <= beforeMs && !over()) {
      try {
        heard(await nextMinute());
        if (!reached) onReach(`the world at ${base} answers again`);
        reached = true;
      } catch (error) {
        if (error instanceof CalltimeError && error.code === "world-mismatch") throw error;
        if (over()) return;
        if (reached) onReach(`${messageOf(error)}; asked again every ${againAfterMs / SECOND_MS} s`);
        reached = false;
        await sleep(againAfterMs, undefined, signal && { signal }).catch(() => undefined);
      }
    }
  };

  const target = (targetId: string): string => `/v1/targets/${encodeURIComponent(targetId)}`;
  const action = (targetId: string, name: string): string => `${target(targetId)}/actions/${encodeURIComponent(name)}`;

  /** A change that was asked for. One that the world would not even look at is refused like one that it looked at. */
  const change = async (asked: Asked): Promise<SetMinimumOutcome> => {
    try {
      return await ask(outcomeReply, asked);
    } catch (error) {
      if (error instanceof Refusal && error.code !== "call-lost") return { kind: "refused", code: error.code, reason: error.message };
      throw error;
    }
  };

  /** A range in parts that one answer holds. */
  const inDays = async <T>(fromMs: number, toMs: number, ofDay: (query: string) => Promise<readonly T[]>): Promise<readonly T[]> => {
    const all: T[] = [];
    // Whole minutes only: a part of a minute has no entry of its own.
    const firstMs = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
    const endMs = Math.floor(toMs / MINUTE_MS) * MINUTE_MS;
    for (let dayMs = firstMs; dayMs < endMs; dayMs += DAY_MS)
      all.push(...(await ofDay(`from=${dayMs}&to=${Math.min(endMs, dayMs + DAY_MS)}`)));
    return all;
  };

  const truth = (path: string) => (fromMs: number, toMs: number) =>
    inDays<TrueMinute>(fromMs, toMs, async (query) => (await ask(trueMinutesReply, { path: `${path}?${query}` })).minutes);

  /** What is said of each target; one that nothing can be heard of is unknown, the others are not. */
  const ofEach = <T>(targetIds: readonly string[], one: (targetId: string) => Promise<T>) =>
    Promise.all(
      targetIds.map((targetId) =>
        one(targetId).catch((error: unknown) => ({ kind: "unknown" as const, targetId, reason: `${targetId}: ${messageOf(error)}` })),
      ),
    );

  return {
    url: base,
    id,
    targetIds,
    stepped,
    nowMs: () => nowMs,
    clockMs: () => clockMs,
    step,
    capacity: {
      describe: (ids) => ofEach(ids, (targetId) => ask(targetReply, { path: target(targetId) })),
      setMinimum: (targetId, units) => change({ method: "PUT", path: `${target(targetId)}/minimum`, body: { units } }),
    },
    bookings: {
      list: (ids) => ofEach(ids, (targetId) => ask(actionsReply, { path: `${target(targetId)}/actions` })),
      put: (targetId, { name, ...body }) => change({ method: "PUT", path: action(targetId, name), body }),
      remove: (targetId, name) => change({ method: "DELETE", path: action(targetId, name) }),
    },
    loads: {
      load: (targetId, fromMs, toMs) =>
        inDays(fromMs, toMs, async (query) => (await ask(loadReply, { path: `${target(targetId)}/load?${query}` })).minutes),
      audience: (fromMs, toMs) =>
        inDays(fromMs, toMs, async (query) => (await ask(audienceReply, { path: `/v1/audience?${query}` })).minutes),
    },
    trueMinutes: truth("/v1/minutes"),
    minutesAlone: truth("/v1/minutes-alone"),
  };
}

/** The world answered, and said no. */
class Refusal extends CalltimeError {}

async function greeting(
  base: string,
  ask: () => Promise<{ readonly status: number; readonly body: unknown }>,
): Promise<z.output<typeof worldReply>> {
  const answer = await ask().catch((error: unknown) => {
    // What answers, but not in JSON, is somebody else.
    if (error instanceof SyntaxError) throw noWorld(base, error);
    const message = `${base}: no world answers there; start it with "calltime world", or name its address with --world-url`;
    throw new CalltimeError("world-unreachable", message, { cause: error });
  });
  const version = versionReply.safeParse(answer.body);
  if (!version.success) throw noWorld(base, version.error);
  if (version.data.wireVersion !== WIRE_VERSION) {
    const message = `${base}: that world speaks version ${version.data.wireVersion}, this Calltime version ${WIRE_VERSION}; start both from the same release`;
    throw new CalltimeError("world-version", message);
  }
  const hello = worldReply.safeParse(answer.body);
  if (!hello.success) throw noWorld(base, hello.error);
  return hello.data;
}

function noWorld(base: string, cause: unknown): CalltimeError {
  return new CalltimeError("world-unknown", `${base}: what answers there is no world; name the address that "calltime world" prints`, {
    cause,
  });
}

function unanswered(base: string, { method = "GET", path }: Asked, why: string, cause?: unknown): CalltimeError {
  return new CalltimeError("world-unanswered", `${base}: ${method} ${path} had no answer (${why})`, { cause });
}

function issueText({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${path.map(String).join(".")}: ${message}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !(error instanceof CalltimeError) ? `${error.message}: ${error.cause.message}` : error.message;
}
