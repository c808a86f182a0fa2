import { Hono, type Context } from "hono";
import type * as z from "zod";
import { readJsonBody } from "../shared/api/body.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { DAY_MS } from "../shared/core/time.ts";
import type { EveningWorld } from "./evening-world.ts";
import { actionBody, minimumBody, stepBody, trueMinutesReply, WIRE_VERSION } from "./world-wire.ts";

/** What a world says of itself. */
export type WorldIdentity = {
  /** The same for the same files, start and seed. */
  readonly worldId: string;
  readonly fromMs: number;
  readonly targetIds: readonly string[];
  /** It moves when it is told to, and has no clock of its own. */
  readonly stepped: boolean;
};

/** A world that can be asked over HTTP, and told of time that has passed. */
export type WorldApp = {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Lets one minute pass, and answers those who wait for it. */
  readonly step: () => Promise<void>;
};

/** Settings of a served world. What is left out takes the value named here. */
export type WorldAppSettings = {
  /** How long a question for later than now waits for it; 10 s. */
  readonly holdMs?: number;
  /** Told of a fault of the world's own; standard error. */
  readonly report?: (error: unknown) => void;
};

/** How much one answer holds: two weeks are asked for in fourteen. */
export const LONGEST_RANGE_MS = 2 * DAY_MS;

const STATUS_OF_CODE: Readonly<Record<string, 400 | 404 | 409 | 413 | 415 | 504>> = {
  "range-invalid": 400,
  "range-too-long": 400,
  "instant-invalid": 400,
  "body-invalid": 400,
  "route-unknown": 404,
  "world-runs-by-itself": 409,
  "body-too-large": 413,
  "body-no-json": 415,
  "call-lost": 504,
};

/** A world as a web application (docs/world.md). Everything in it is asked for and answered in turn, as the world's own store has it. */
export function createWorldApp(world: EveningWorld, identity: WorldIdentity, settings: WorldAppSettings = {}): WorldApp {
  const { holdMs = 10_000, report = (error: unknown) => console.error(error) } = settings;
  const { worldId, fromMs, targetIds, stepped } = identity;
  const waiting = new Set<() => void>();
  const time = () => ({ worldId, nowMs: world.nowMs(), clockMs: world.clockMs() });
  const step = async (): Promise<void> => {
    await world.step();
    for (const tell of waiting) tell();
  };
  /** Steps come one after the other: two that ask for the same minute are one. */
  let steps: Promise<unknown> = Promise.resolve();
  const stepFrom = (minuteMs: number): Promise<void> => {
    const turn = steps.then(async () => {
      if (world.nowMs() === minuteMs) await step();
    });
    steps = turn.catch(() => undefined);
    return turn;
  };
  const laterThan = (afterMs: number): Promise<void> =>
    new Promise((done) => {
      const over = (): void => {
        clearTimeout(timer);
        waiting.delete(look);
        done();
      };
      const look = (): void => void (world.nowMs() > afterMs && over());
      const timer = setTimeout(over, holdMs);
      waiting.add(look);
      look();
    });

  const app = new Hono();
  app.get("/v1/world", (c) => c.json({ wireVersion: WIRE_VERSION, fromMs, stepped, targetIds, ...time() }));
  app.get("/v1/time", async (c) => {
    const after = c.req.query("after");
    if (after !== undefined) await laterThan(instantOf(c, "after"));
    return c.json(time());
  });
  app.post("/v1/steps", async (c) => {
    const { fromMs: minuteMs } = await bodyOf(c, stepBody);
    if (!stepped)
      throw new CalltimeError(
        "world-runs-by-itself",
        "this world has a clock of its own; start it with --stepped to have it wait for steps",
      );
    await stepFrom(minuteMs);
    return c.json(time());
  });
  app.get("/v1/targets/:id", async (c) => c.json((await world.capacity.describe([c.req.param("id")]))[0]));
  app.put("/v1/targets/:id/minimum", async (c) => {
    const { units } = await bodyOf(c, minimumBody);
    return c.json(await world.capacity.setMinimum(c.req.param("id"), units));
  });
  app.get("/v1/targets/:id/actions", async (c) => c.json((await world.bookings.list([c.req.param("id")]))[0]));
  app.put("/v1/targets/:id/actions/:name", async (c) => {
    const { id, name } = c.req.param();
    return c.json(await world.bookings.put(id, { name, ...(await bodyOf(c, actionBody)) }));
  });
  app.delete("/v1/targets/:id/actions/:name", async (c) => {
    const { id, name } = c.req.param();
    return c.json(await world.bookings.remove(id, name));
  });
  app.get("/v1/targets/:id/load", async (c) => c.json({ minutes: await world.loads.load(c.req.param("id"), ...rangeOf(c)) }));
  app.get("/v1/audience", async (c) => c.json({ minutes: await world.loads.audience(...rangeOf(c)) }));
  app.get("/v1/minutes", async (c) => c.json(trueMinutesReply.parse({ minutes: await world.trueMinutes(...rangeOf(c)) })));
  app.get("/v1/minutes-alone", async (c) => c.json(trueMinutesReply.parse({ minutes: await world.minutesAlone(...rangeOf(c)) })));
  app.notFound((c) => {
    const right = "docs/world.md lists them all; Calltime's own API is at the address that calltime start prints";
    return refused(
      c,
      new CalltimeError("route-unknown", `${c.req.method} ${c.req.path.slice(0, 200)}: a world has no such path; ${right}`),
    );
  });
  app.onError((error, c) => {
    if (!(error instanceof CalltimeError) || !Object.hasOwn(STATUS_OF_CODE, error.code)) report(error);
    return refused(c, error);
  });
  return { fetch: (request) => app.fetch(request), step };
}

function refused(c: Context, error: unknown): Response {
  const status = error instanceof CalltimeError ? STATUS_OF_CODE[error.code] : undefined;
  if (error instanceof CalltimeError && status !== undefined)
    return c.json({ error: { code: error.code, message: error.message } }, status);
  return c.json({ error: { code: "internal", message: "the fault is the world's own; look at what its process printed" } }, 500);
}

/** A page from elsewhere can send what it likes, but not as JSON: that takes a leave which is not given. */
function bodyOf<Schema extends z.ZodObject>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  if (c.req.header("content-type")?.startsWith("application/json") !== true)
    throw new CalltimeError("body-no-json", "expected a body of the type application/json");
  return readJsonBody(schema, c.req.raw);
}

/** [from, to) of a query. */
function rangeOf(c: Context): readonly [fromMs: number, toMs: number] {
  const range = [instantOf(c, "from"), instantOf(c, "to")] as const;
  const [fromMs, toMs] = range;
  if (fromMs > toMs) throw new CalltimeError("range-invalid", `from ${fromMs} to ${toMs}: the second is the later one, excluded`);
  if (toMs - fromMs > LONGEST_RANGE_MS)
    throw new CalltimeError("range-too-long", `from ${fromMs} to ${toMs}: at most ${LONGEST_RANGE_MS} ms at a time`);
  return range;
}

function instantOf(c: Context, name: string): number {
  const text = c.req.query(name) ?? "";
  if (!/^-?\d{1,15}$/.test(text)) throw new CalltimeError("instant-invalid", `${name}: expected whole epoch milliseconds`);
  return Number(text);
}
