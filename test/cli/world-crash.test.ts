import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../local/database.ts";
import { readToken } from "../../local/token.ts";
import { uniform } from "../../shared/core/simulate/seeded.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at } from "../app/made.ts";
import { feedOf, LINES } from "../local/small-evening.ts";

const SEED = 2;
const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "calltime-crash-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
/** The final is over at 19:30, and so is the evening an hour sooner. */
const SHORT_FINAL = LINES.map((line) => (line.includes('channel="one"') ? line.replaceAll("20260613200000", "20260613193000") : line));
const FILES = [
  "--schedule",
  file("guide.xml", feedOf(SHORT_FINAL)),
  "--targets",
  file(
    "targets.yaml",
    "targets: [{ id: api, kind: ecs-service, mode: active, throughput: 100, baseline: 4, ceiling: 200, loadPerViewer: 0.02, startUpMinutes: 3, launchPerMinute: 60, scalesIn: target-tracking }]\n",
  ),
];
const FROM_MS = at(18, 40);
const MINUTES = 96;
const UNTIL_MS = FROM_MS + MINUTES * MINUTE_MS;
const finals = (list: string, viewers: number): string =>
  `${list}: [{ occasion: the cup final, title: cup final, channels: [one], window: [2026-06-13T18:00:00Z, 2026-06-13T20:00:00Z], viewers: ${viewers} }]\n`;
const WORLD = file("world.yaml", `usualPeakViewers: 10000\n${finals("occasions", 120_000)}`);
const EXPECT = file("expect.yaml", finals("expectations", 100_000));

/** A command of Calltime's, without its launcher; what it says on standard error is waited for, or its end. */
function command(args: readonly string[]) {
  const child = spawn(process.execPath, [join(ROOT, "cli/main.ts"), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
  });
  children.push(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  const said = new Set<() => void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const look of said) look();
  });
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stdout,
    stderr,
  }));
  const saying = (pattern: RegExp): Promise<string> =>
    new Promise((found, fail) => {
      const look = (): void => {
        const match = pattern.exec(stderr)?.[1];
        if (match !== undefined) found(match);
      };
      said.add(look);
      look();
      void ended.then(({ stderr: all }) => fail(new Error(`ended before it said ${String(pattern)}: ${all}`)));
    });
  return { child, ended, saying };
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return answer.json();
}

/** What happens on the way from Calltime to its world: called for each request, before and after the world has it. */
type OnTheWay = (call: {
  readonly path: string;
  readonly minuteMs: number;
  readonly nth: number;
  readonly isStep: boolean;
  readonly when: "before" | "after";
}) => void | Promise<void>;

/** A world in a process of its own, and the way to it. */
async function worldWithWay(data: string) {
  const { saying } = command([
    "world",
    ...FILES,
    "--world",
    WORLD,
    "--from",
    "2026-06-13T18:40Z",
    "--stepped",
    "--port",
    "0",
    "--data",
    data,
  ]);
  const url = await saying(/is at (http:\S+?),/);
  let minuteMs = FROM_MS;
  let nth = 0;
  const way: { on: OnTheWay } = { on: () => undefined };
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const path = request.url ?? "";
      const isStep = path === "/v1/steps";
      nth += 1;
      const call = { path, minuteMs, nth, isStep };
      await way.on({ ...call, when: "before" });
      const answer = await fetch(`${url}${path}`, {
        method: request.method ?? "GET",
        headers: { "content-type": "application/json" },
        ...(parts.length > 0 && { body: Buffer.concat(parts) }),
      });
      const text = await answer.text();
      if (isStep) {
        minuteMs = (JSON.parse(text) as { nowMs: number }).nowMs;
        nth = 0;
      }
      await way.on({ ...call, when: "after" });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
    })().catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return {
    url,
    way,
    wayUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The world goes on while Calltime is down. */
    goOn: async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        minuteMs = ((await post(`${url}/v1/steps`, { fromMs: minuteMs })) as { nowMs: number }).nowMs;
      }
      nth = 0;
    },
    minuteMs: () => minuteMs,
  };
}

/** A kill -9: at which call of a minute, whether the world hears that call, and how long it goes on alone. */
type Kill = {
  readonly minuteMs: number;
  readonly call: { readonly nth: number } | "minimum";
  readonly when: "before" | "after";
  readonly downMinutes: number;
};

/** The first raise of all takes effect, and whoever asked for it never hears so. */
const FIRST_RAISE: Kill = { minuteMs: FROM_MS, call: "minimum", when: "after", downMinutes: 2 };

/** Spread over the run: while it raises, holds and releases. The last is over before the evening is learned from. */
const KILLS: readonly Kill[] = Array.from({ length: 5 }, (_, kill) => ({
  minuteMs: FROM_MS + Math.floor(10 + ((kill + uniform(SEED, "minute", kill)) * (MINUTES - 30)) / 5) * MINUTE_MS,
  call: { nth: 1 + Math.floor(8 * uniform(SEED, "call", kill)) },
  when: uniform(SEED, "when", kill) < 0.5 ? "before" : "after",
  downMinutes: Math.floor(8 * uniform(SEED, "down", kill)),
}));

const OVERRIDDEN_MS = FROM_MS + 6 * MINUTE_MS;
/** From when on it is killed once more, between two ticks and with no minute lost: what it plans before and after is made from the same. */
const REPLANNED_MS: readonly number[] = [FROM_MS + 15 * MINUTE_MS, FROM_MS + 50 * MINUTE_MS];

/** The evening played to its end, killed as it is told. */
async function played(name: string, kills: readonly Kill[], replannedMs: readonly number[]) {
  mkdirSync(join(folder, name));
  const world = await worldWithWay(join(folder, name, "world"));
  const data = join(folder, name, "calltime");
  const left = [...kills];
  const unseen: number[] = [];
  const due = [...replannedMs];
  const plans: { readonly minuteMs: number; readonly made: unknown[] }[] = [];
  const answers: unknown[] = [];
  for (;;) {
    const where = ["--data", data, "--world-url", world.wayUrl];
    const run = command(["start", ...FILES, "--expect", EXPECT, "--headless", "--for", `${MINUTES}m`, ...where]);
    let killed = false;
    const kill = async (): Promise<never> => {
      killed = true;
      run.child.kill("SIGKILL");
      await run.ended;
      throw new Error("killed");
    };
    const get = async (path: string): Promise<unknown> => (await fetch(`${await run.saying(/API at (http:\S+)/)}${path}`)).json();
    world.way.on = async ({ path, minuteMs, nth, isStep, when }) => {
      // What comes from the dead is not passed on.
      if (killed) throw new Error("killed");
      const afterTick = isStep && when === "before";
      if (afterTick && minuteMs === OVERRIDDEN_MS) await override(await run.saying(/API at (http:\S+)/), data);
      const before = plans.at(-1);
      if (afterTick && before?.minuteMs === minuteMs) before.made.push(await get("/v1/plan?hours=6"));
      else if (afterTick && minuteMs >= (due[0] ?? Number.POSITIVE_INFINITY)) {
        due.shift();
        plans.push({ minuteMs, made: [await get("/v1/plan?hours=6")] });
        await kill();
      }
      if (afterTick && minuteMs === UNTIL_MS - MINUTE_MS)
        for (const atMs of unseen) answers.push(await get(`/v1/explain?target=api&at=${new Date(atMs).toISOString()}`));
      const [next] = left;
      if (next === undefined || minuteMs < next.minuteMs || when !== next.when) return;
      if (next.call === "minimum" ? !path.endsWith("/minimum") : nth < next.call.nth && !isStep) return;
      left.shift();
      const aloneFromMs = world.minuteMs();
      await kill().catch(() => undefined);
      await world.goOn(next.downMinutes);
      // A tick that was broken off is made up for where its minute is not over.
      for (let atMs = isStep ? aloneFromMs : minuteMs; atMs < world.minuteMs(); atMs += MINUTE_MS)
        if (!isStep || atMs > minuteMs) unseen.push(atMs);
      throw new Error("killed");
    };
    const end = await run.ended;
    if (end.signal === null) return { end, data, left, unseen, plans, answers };
  }
}

async function override(url: string, data: string): Promise<void> {
  const who = { targetIds: ["api"], author: "the desk", until: "2026-06-13T21:30:00Z" };
  for (const body of [
    { id: "fans", kind: "floor", floorUnits: 12, why: "they come early", ...who },
    { id: "rain", kind: "factor", factor: 1.1, why: "rain", ...who },
  ]) {
    const answer = await post(`${url}/v1/overrides`, body, { authorization: `Bearer ${readToken(data)}` });
    if (!JSON.stringify(answer).includes(body.why)) throw new Error(JSON.stringify(answer));
  }
}

/** What is kept of a run: its documents by key, its schedule, the minutes that it has a record of, the cues and verdicts that it gave. */
async function keptIn(path: string) {
  const database = openDatabase({ kind: "directory", path });
  const all = (sql: string) => database.sql.prepare(sql).all();
  const documents = Object.fromEntries(
    all("SELECT key, json FROM document ORDER BY key").map(({ key, json }) => [String(key), JSON.parse(String(json)) as unknown]),
  );
  const under = (prefix: string) => Object.fromEntries(Object.entries(documents).filter(([key]) => key.startsWith(prefix)));
  const kept = {
    programmes: all("SELECT feed_id, generation, content_hash FROM generation"),
    overrides: under("override/"),
    usual: { ...under("model/usual/"), ...under("model/viewers/") },
    learned: documents["model/learned"] as { readonly version: number; readonly leads: { readonly api: readonly number[] } },
    customerUnits: (documents["floor/api"] as { readonly customerUnits: number }).customerUnits,
    minutes: all("SELECT minute_ms FROM minute ORDER BY minute_ms").map((row) => Number(row["minute_ms"])),
  };
  await database.close();
  return kept;
}

test("killed while its world goes on, it comes back with the same programmes, overrides and plans, and what it did not see is unknown", async () => {
  const [straight, killed] = await Promise.all([played("straight", [], []), played("killed", [FIRST_RAISE, ...KILLS], REPLANNED_MS)]);
  expect([straight.end.code, killed.end.code, killed.left]).toEqual([0, 0, []]);
  const [whole, broken] = [await keptIn(straight.data), await keptIn(killed.data)];

  expect(broken.programmes).toEqual(whole.programmes);
  expect(Object.keys(whole.overrides)).toEqual(["override/fans", "override/rain"]);
  expect(broken.overrides).toEqual(whole.overrides);

  expect(killed.plans).toHaveLength(REPLANNED_MS.length);
  for (const { made } of killed.plans) {
    const [before, after, ...more] = made;
    expect(before).toMatchObject({ targets: [{ targetId: "api" }] });
    expect([after, more]).toEqual([before, []]);
  }

  // A raise that it was killed in was its own: the customer's minimum is remembered as it was before.
  expect([broken.customerUnits, whole.customerUnits]).toEqual([4, 4]);

  // The minutes that it was down are exactly those that nothing is on record of, and say so.
  const everyMinute = Array.from({ length: MINUTES }, (_, minute) => FROM_MS + minute * MINUTE_MS);
  expect(whole.minutes).toEqual(everyMinute);
  expect(killed.unseen.length).toBeGreaterThan(10);
  expect(everyMinute.filter((atMs) => !broken.minutes.includes(atMs))).toEqual(killed.unseen);
  expect(killed.answers).toHaveLength(killed.unseen.length);
  for (const answer of killed.answers) expect(answer).toMatchObject({ kind: "unknown" });

  // Loads and viewers of those minutes were published, and are read later; when a raise began to serve in one of them, nobody knows.
  expect(broken.usual).toEqual(whole.usual);
  const { version: _, leads: seen, ...learnedBroken } = broken.learned;
  const { version: __, leads, ...learnedWhole } = whole.learned;
  expect(learnedBroken).toEqual(learnedWhole);
  // A single tick that was lost makes a lead a minute too long, and no pause more.
  expect(Math.max(...seen.api)).toBeLessThanOrEqual(Math.max(...leads.api) + MINUTE_MS);
}, 180_000);
