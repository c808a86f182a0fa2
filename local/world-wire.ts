import * as z from "zod";

/**
 * What Calltime and a world in a process of its own say to each other (docs/world.md). Both sides read with these schemas: a number that
 * is missing is a fault of the wire, never a zero.
 */

/** The version of what is said. A world of another version is refused before anything is asked of it. */
export const WIRE_VERSION = 1;

const ms = z.int();
const units = z.int().nonnegative();
const rps = z.number().nonnegative();
const targetId = z.string().min(1).max(100);
const reason = z.string();

/** Every answer that is no success. */
export const refusalReply = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) });

/** Where a world of whatever version says which one it is. */
export const versionReply = z.looseObject({ wireVersion: z.int() });

/** `GET /v1/world`. */
export const worldReply = z.strictObject({
  wireVersion: z.literal(WIRE_VERSION),
  /** The same for the same files, start and seed; another for any other world. */
  worldId: z.string().min(1),
  fromMs: ms,
  nowMs: ms,
  clockMs: ms,
  /** It has no clock of its own. */
  stepped: z.boolean(),
  targetIds: z.array(targetId),
});

/** `GET /v1/time` and `POST /v1/steps`. */
export const timeReply = z.strictObject({ worldId: z.string().min(1), nowMs: ms, clockMs: ms });

/** Body of `POST /v1/steps`: the minute to play. One that was played already is not played again. */
export const stepBody = z.strictObject({ fromMs: ms });

/** Body of `PUT /v1/targets/{id}/minimum`. */
export const minimumBody = z.strictObject({ units: z.int("expected a whole number of units").nonnegative("expected 0 units or more") });

/** Body of `PUT /v1/targets/{id}/actions/{name}`. */
export const actionBody = z.strictObject({ atMs: ms, minimumUnits: units });

/** What became of a change that was asked for. */
export const outcomeReply = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("accepted") }),
  z.strictObject({ kind: z.literal("deferred"), code: z.string(), reason }),
  z.strictObject({ kind: z.literal("refused"), code: z.string(), reason }),
]);

/** `GET /v1/targets/{id}`. */
export const targetReply = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("known"),
    targetId,
    minimumUnits: units,
    maximumUnits: units,
    desiredUnits: units,
    servingUnits: units,
    pending: z.exactOptional(z.string()),
  }),
  z.strictObject({ kind: z.literal("unknown"), targetId, reason }),
]);

const action = z.strictObject({
  name: z.string(),
  atMs: ms,
  recurring: z.boolean(),
  minimumUnits: z.exactOptional(units),
  maximumUnits: z.exactOptional(units),
});

/** `GET /v1/targets/{id}/actions`. */
export const actionsReply = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("known"), targetId, actions: z.array(action) }),
  z.strictObject({ kind: z.literal("unsupported"), targetId, reason }),
  z.strictObject({ kind: z.literal("unknown"), targetId, reason }),
]);

const unknownMinute = z.strictObject({ kind: z.literal("unknown"), atMs: ms, reason });

/** `GET /v1/targets/{id}/load`. */
export const loadReply = z.strictObject({
  minutes: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("known"), atMs: ms, loadRps: rps, unservedRps: rps, servingUnits: units }),
      unknownMinute,
    ]),
  ),
});

/** `GET /v1/audience`. */
export const audienceReply = z.strictObject({
  minutes: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("known"), atMs: ms, viewers: z.record(z.string(), z.number().nonnegative()) }),
      unknownMinute,
    ]),
  ),
});

/** `GET /v1/minutes` and `GET /v1/minutes-alone`. What else a world notes of a minute is not said. */
export const trueMinutesReply = z.strictObject({
  minutes: z.array(
    z.strictObject({
      atMs: ms,
      targets: z.record(
        targetId,
        z.object({
          loadRps: rps,
          unservedRps: rps,
          servingUnits: units,
          desiredUnits: units,
          minimumUnits: units,
          startingUnits: units,
          refusedConnections: z.exactOptional(z.number().positive()),
        }),
      ),
    }),
  ),
});
