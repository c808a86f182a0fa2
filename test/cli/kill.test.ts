import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openDatabase } from "../../local/database.ts";
import { readToken } from "../../local/token.ts";
import { uniform } from "../../shared/core/simulate/seeded.ts";

const KILLS = 10;
const SEED = 20_260_613;
const ROOT = resolve(import.meta.dirname, "../..");
const KILL_ITSELF = fileURLToPath(new URL("kill-itself.ts", import.meta.url));
const MINUTES = 130;
const ARGS = ["start", "--headless", "--for", `${MINUTES}m`, "--port", "0"];

const folder = mkdtempSync(join(tmpdir(), "calltime-killed-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** What one start of a run said, and how it ended. */
type Part = { readonly stdout: Buffer; readonly stderr: string; readonly code: number | null; readonly signal: string | null };

/** Where a start is to be killed: at a statement to the store, or at the first write to standard output after it. */
type Kill = { readonly point: number; readonly inWrite: boolean };

/** Starts the platform itself, without its launcher: what is killed is the process that plays. */
function play(data: string, { more = [], kill }: { readonly more?: readonly string[]; readonly kill?: Kill } = {}) {
  const child = spawn(process.execPath, ["--import", KILL_ITSELF, join(ROOT, "cli/main.ts"), ...ARGS, "--data", data, ...more], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      // Eleven starts of one program: it is compiled once.
      NODE_COMPILE_CACHE: join(folder, "compiled"),
      ...(kill !== undefined && { KILL_AT: String(kill.point), KILL_IN: kill.inWrite ? "write" : "statement" }),
    },
  });
  children.push(child);
  const stdout: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => void stdout.push(bytes));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const ended = once(child, "close").then(([code, signal]): Part => {
    return { stdout: Buffer.concat(stdout), stderr, code: code as number | null, signal: signal as string | null };
  });
  return { child, said: () => stderr, ended };
}

/** One minute of the run, then a floor and a factor for later, then `signal`: the pace leaves all the time there is between two ticks. */
async function overridden(data: string, signal: "SIGTERM" | "SIGKILL"): Promise<Part> {
  const { child, said, ended } = play(data, { more: ["--speed", "0.001"] });
  const end = { over: false };
  void ended.then(() => (end.over = true));
  const until = async <T>(found: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const value = await found();
      if (value !== undefined) return value;
      if (end.over) throw new Error(`it ended by itself: ${said()}`);
      await new Promise((later) => setTimeout(later, 20));
    }
  };
  const url = await until(() => /API at (http:\S+)/.exec(said())?.[1]);
  await until(async () => {
    const { now } = (await (await fetch(`${url}/v1/overrides`)).json()) as { now: string };
    return now === "2026-06-13T16:01:00.000Z" ? now : undefined;
  });
  const target = { targetIds: ["player-api"], author: "the desk" };
  for (const body of [
    { id: "fans", kind: "floor", floorUnits: 300, why: "they come early", until: "2026-06-13T17:30:00Z", ...target },
    { id: "rain", kind: "factor", factor: 1.2, why: "rain", until: "2026-06-13T18:05:00Z", ...target },
  ]) {
    const answer = await fetch(`${url}/v1/overrides`, {
      method: "POST",
      headers: { authorization: `Bearer ${readToken(data)}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(await answer.json()).toMatchObject({ override: { id: body.id } });
  }
  child.kill(signal);
  return ended;
}

/** The parts of a run put together: each goes on at the byte of the whole that it names, whatever an earlier part had beyond that. */
function putTogether(parts: readonly Part[]): string {
  let whole = Buffer.alloc(0);
  for (const { stdout, stderr } of parts) {
    const at = Number(/its output goes on at byte (\d+)/.exec(stderr)?.[1] ?? 0);
    expect(at).toBeLessThanOrEqual(whole.length);
    whole = Buffer.concat([whole.subarray(0, at), stdout]);
  }
  return whole.toString();
}

/** Minutes that are kept. Looked at in a copy: what the kill left behind is for the next start to mend. */
async function minutesIn(path: string): Promise<number> {
  const copy = join(folder, "copy");
  rmSync(copy, { recursive: true, force: true });
  cpSync(path, copy, { recursive: true });
  return (await everythingIn(copy)).get("world_minute")?.length ?? 0;
}

/** Every row of every table of a store: programmes, overrides, plans, models, verdicts, events, deliveries, the journal, the world. */
async function everythingIn(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const database = openDatabase({ kind: "directory", path });
  try {
    const tables = database.sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    return new Map(
      tables.map(({ name }) => {
        const rows = database.sql.prepare(`SELECT * FROM "${String(name)}"`).all();
        return [String(name), rows.map((row) => JSON.stringify(row)).sort()] as const;
      }),
    );
  } finally {
    await database.close();
  }
}

test("killed at ten random points and started again each time, its outputs and its store equal an uninterrupted run's", async () => {
  const straight = join(folder, "straight");
  const stopped = await overridden(straight, "SIGTERM");
  const rest = await play(straight).ended;
  expect([stopped.code, rest.code]).toEqual([130, 0]);
  const whole = putTogether([stopped, rest]);
  expect(whole).toContain("override fans set");

  const killed = join(folder, "killed");
  const parts = [await overridden(killed, "SIGKILL")];
  const points = Number(/points: (\d+)\n$/.exec(rest.stderr)?.[1]);
  expect(points).toBeGreaterThan(1_000);
  for (let nth = 0; nth < KILLS; nth += 1) {
    // Never further than the rest of the run, so that none comes to its end alive: its last write is the report.
    const most = (2 * (MINUTES - (await minutesIn(killed)))) / (KILLS + 1 - nth);
    const point = Math.max(1, Math.floor(uniform(SEED, "minutes", nth) * most * (points / MINUTES)));
    parts.push(await play(killed, { kill: { point, inWrite: nth % 3 === 2 } }).ended);
  }
  expect(parts.map(({ signal }) => signal)).toEqual(parts.map(() => "SIGKILL"));
  const last = await play(killed).ended;
  expect(last.code).toBe(0);

  expect(putTogether([...parts, last])).toBe(whole);
  const [one, other] = [await everythingIn(straight), await everythingIn(killed)];
  expect([...one.keys()]).toContain("minute");
  expect(other).toEqual(one);
}, 120_000);
