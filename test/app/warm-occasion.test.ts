import { expect, test } from "vitest";
import { assess } from "../../shared/app/assess.ts";
import { setMode } from "../../shared/app/modes.ts";
import type { EdgeAsk, EdgeReply, Pace } from "../../shared/app/ports.ts";
import { situationAt } from "../../shared/app/situation.ts";
import { warmOccasion, type OccasionWarmed } from "../../shared/app/warm-occasion.ts";
import { CONTENT_BUDGET, type ContentSettings } from "../../shared/core/warm/content.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { at, EVENING, FINAL, platform, stored, type Platform } from "./made.ts";

const CONTENT: ContentSettings = {
  hosts: ["www.example"],
  edges: [
    { id: "shield", role: "shield" },
    { id: "fra", role: "pop" },
  ],
  acceptEncodings: ["gzip", "br"],
  budget: CONTENT_BUDGET,
  price: { usdPerGigabyte: 0, usdPerTenThousandRequests: 100 },
  content: [
    {
      occasion: "the cup final",
      title: "cup final",
      channels: ["one"],
      windowStartMs: at(18),
      windowEndMs: at(20),
      urls: ["https://www.example/", "https://www.example/poster.jpg"],
      segments: 3,
    },
  ],
};

/** Edges that hold what they were asked for once, unless `reply` says otherwise. */
function edges(reply: (ask: EdgeAsk, usual: EdgeReply) => EdgeReply = (_, usual) => usual) {
  const asks: EdgeAsk[] = [];
  const get = async (ask: EdgeAsk): Promise<EdgeReply> => {
    const held = asks.some(
      ({ edgeId, url, acceptEncoding }) => edgeId === ask.edgeId && url === ask.url && acceptEncoding === ask.acceptEncoding,
    );
    asks.push(ask);
    const usual = { kind: "answered", status: 200, lifetimeMs: HOUR_MS, ageMs: 0, bytes: 10, whole: true } as const;
    return reply(ask, { ...usual, held: held ? "hit" : "miss" });
  };
  return { asks, edges: { get } };
}

async function warmedAt(small: Platform, atMs: number, ports: Pick<ReturnType<typeof edges>, "edges"> = edges()): Promise<OccasionWarmed> {
  small.goTo(atMs);
  const pace: Pace = { nowMs: () => atMs, wait: async () => undefined, random: () => 0 };
  const occasionId = await finalOf(small, atMs);
  return warmOccasion(small.context, { ...ports, pace }, { occasionId, untilMs: atMs + 10 * MINUTE_MS, correlationId: "tick/1" });
}

async function finalOf(small: Platform, atMs: number): Promise<string> {
  const occasion = (await situationAt(small.context, atMs)).occasions.find(({ name }) => name === "the cup final");
  if (occasion === undefined) throw new Error("no final");
  return occasion.id;
}

async function verdictAt(small: Platform, atMs: number) {
  small.goTo(atMs);
  await assess(small.context, await situationAt(small.context, atMs), { planned: [], warmed: [] });
  return small.bus
    .of("calltime.readiness.assessed")
    .at(-1)
    ?.data.warmUps.map(({ id, verdict, heldShare }) => [id, verdict, heldShare]);
}

test("half an hour before the start every edge is asked in each encoding, and what it holds is told and is the verdict's evidence", async () => {
  const small = await platform({ content: CONTENT });
  expect(await verdictAt(small, at(18, 30))).toEqual([
    ["shield", "planned", null],
    ["fra", "planned", null],
  ]);
  const made = edges();
  expect(await warmedAt(small, at(18, 31), made)).toMatchObject({ kind: "warmed", report: { counts: { warm: 8, failed: 0 } } });
  expect(made.asks).toHaveLength(16);
  expect(small.bus.of("calltime.content.warmed").map(({ data }) => data)).toEqual([
    {
      occasionId: await finalOf(small, at(18, 31)),
      name: "the cup final",
      startsAt: "2026-06-13T19:00:00.000Z",
      edges: [
        { edgeId: "shield", objects: 4, warm: 4, unproven: 0, refused: 0, failed: 0, reasons: [] },
        { edgeId: "fra", objects: 4, warm: 4, unproven: 0, refused: 0, failed: 0, reasons: [] },
      ],
      bytes: 160,
      requests: 16,
      costUsd: 0.16,
    },
  ]);
  expect(await verdictAt(small, at(18, 50))).toEqual([
    ["shield", "ready", 1],
    ["fra", "ready", 1],
  ]);
  // Nobody looked again: what was held then may be gone.
  expect(await verdictAt(small, at(18, 58))).toEqual([
    ["shield", "unknown", 1],
    ["fra", "unknown", 1],
  ]);
});

test("what an edge does not hold is told with its reasons, most objects first, and is late once it is not tried again", async () => {
  const small = await platform({ content: CONTENT });
  const broken = edges((ask, usual) =>
    ask.edgeId === "fra" && ask.url.endsWith("jpg") ? ({ ...usual, status: 503 } as EdgeReply) : usual,
  );
  await warmedAt(small, at(18, 50), broken);
  const fra = small.bus.of("calltime.content.warmed")[0]?.data.edges[1];
  expect(fra).toMatchObject({
    warm: 2,
    failed: 2,
    reasons: [{ code: "content-origin-error", objects: 2, example: "https://www.example/poster.jpg" }],
  });
  expect(await verdictAt(small, at(18, 50))).toEqual([
    ["shield", "ready", 1],
    ["fra", "warming-on-time", 0.5],
  ]);
  expect(await verdictAt(small, at(18, 58))).toEqual([
    ["shield", "ready", 1],
    ["fra", "late", 0.5],
  ]);
});

test("a start that has moved is warmed for again: what was held until the old one proves nothing", async () => {
  const small = await platform({ content: CONTENT });
  await warmedAt(small, at(18, 31));
  await small.air([...EVENING.filter(({ id }) => id !== FINAL.id), { ...FINAL, startsAtMs: at(19, 15), endsAtMs: at(21) }]);
  expect(await verdictAt(small, at(19, 5))).toEqual([
    ["shield", "unknown", null],
    ["fra", "unknown", null],
  ]);
});

test("nothing is fetched too early, once it has started, for what nothing was said of, or while the switch for all is off", async () => {
  const why = (done: OccasionWarmed) => (done.kind === "left-alone" ? done.why : done.kind);
  const small = await platform({ content: CONTENT });
  const made = edges();
  expect(why(await warmedAt(small, at(17), made))).toBe("too-early");
  expect(why(await warmedAt(small, at(19), made))).toBe("started");
  await setMode(small.context, { mode: "frozen", author: "me", why: "a test" }, at(18));
  expect(why(await warmedAt(small, at(18, 31), made))).toBe("switched-off");
  expect(why(await warmedAt(await platform(), at(18, 31), made))).toBe("nothing-listed");
  const others = { ...CONTENT, content: CONTENT.content.map((entry) => ({ ...entry, title: "another" })) };
  expect(why(await warmedAt(await platform({ content: others }), at(18, 31), made))).toBe("nothing-listed");
  expect(made.asks).toEqual([]);
});

test("told twice at once it is fetched once, and a warm-up that failed leaves the next one free", async () => {
  const small = await platform({ content: CONTENT });
  let release: (() => void) | undefined;
  const hangs = new Promise<void>((resolve) => (release = resolve));
  const made = edges();
  const slow = { edges: { get: async (ask: EdgeAsk) => hangs.then(() => made.edges.get(ask)) } };
  const first = warmedAt(small, at(18, 31), slow);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await warmedAt(small, at(18, 31), made)).toEqual({ kind: "left-alone", why: "under-way" });
  release?.();
  expect((await first).kind).toBe("warmed");
  expect((await warmedAt(small, at(18, 50), made)).kind).toBe("warmed");
  expect((await stored(small))["warm-ups/content"]).toMatchObject({
    [await finalOf(small, at(18, 50))]: { spent: { requests: 24, bytes: 240 }, seen: { atMs: at(18, 50) } },
  });
});
