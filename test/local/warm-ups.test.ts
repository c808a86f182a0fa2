import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEvening } from "../../local/evening.ts";
import { parseContent } from "../../shared/config/content.ts";
import { parseDatabases } from "../../shared/config/databases.ts";
import { readVerdicts } from "../../shared/app/operate.ts";
import type { Settings } from "../../shared/app/context.ts";
import type { Trouble } from "../../shared/core/simulate/world.ts";
import { CACHE_BUDGET, relationOf, type DatabaseToWarm } from "../../shared/core/warm/buffer-cache.ts";
import { CONTENT_BUDGET, type ContentSettings } from "../../shared/core/warm/content.ts";
import { at } from "../app/made.ts";
import { eventsOf, runTo, settingOf, smallEvening } from "./small-evening.ts";

const CONTENT: ContentSettings = {
  hosts: ["vod.example"],
  edges: [
    { id: "shield", role: "shield" },
    { id: "north", role: "pop" },
  ],
  acceptEncodings: ["gzip", "br"],
  budget: CONTENT_BUDGET,
  price: { usdPerGigabyte: 0.085, usdPerTenThousandRequests: 0.012 },
  content: [
    {
      occasion: "the cup final",
      title: "cup final",
      channels: ["one"],
      windowStartMs: at(18),
      windowEndMs: at(20),
      urls: ["https://vod.example/final.jpg", "https://vod.example/final/master.m3u8"],
      segments: 2,
    },
  ],
};
const CATALOGUE: DatabaseToWarm = {
  id: "catalogue",
  instances: ["catalogue-1", "catalogue-2"].map((id) => ({ id, connectionString: `postgres://${id}/guide` })),
  relations: [relationOf("programme")],
  statements: [],
  budget: CACHE_BUDGET,
};
const SETTINGS: Partial<Settings> = { content: CONTENT, databases: [CATALOGUE] };
const trouble = (kind: Trouble["kind"], where: string): Trouble => ({ kind, where, fromMs: at(18), toMs: at(19), lateMinutes: 0 });

/** The verdict of two minutes before the final, and what each cache says in it. */
async function lastVerdict(troubles: readonly Trouble[], settings = SETTINGS) {
  const evening = await smallEvening({ fromMs: at(18, 20), settings, world: { troubles } });
  await runTo(evening, at(19));
  const verdict = (await readVerdicts(evening.context)).find(({ checkpoint }) => checkpoint === "T-2");
  return {
    verdict: verdict?.verdict,
    pages: verdict?.pages,
    caches: Object.fromEntries((verdict?.warmUps ?? []).map(({ id, verdict: own }) => [id, own])),
  };
}

test("in the simulated evening edges and databases are warmed before the final, and are what its verdict rests on", async () => {
  expect(await lastVerdict([])).toEqual({
    verdict: expect.stringMatching(/^(ready|warming-on-time)$/) as string,
    pages: false,
    caches: { shield: "ready", north: "ready", "catalogue/catalogue-1": "ready", "catalogue/catalogue-2": "ready" },
  });
});

test.each([
  ["an edge that cannot be reached", trouble("dark", "north"), "late", "north"],
  ["an edge that does not say what it holds", trouble("unpublished", "north"), "unknown", "north"],
  ["an instance that cannot be reached", trouble("dark", "catalogue-2"), "unknown", "catalogue/catalogue-2"],
])("%s turns the verdict red, and it alone is named", async (_, injected, verdict, named) => {
  const { caches, ...given } = await lastVerdict([injected]);
  expect(given).toEqual({ verdict, pages: true });
  expect(Object.entries(caches).filter(([, own]) => own !== "ready")).toEqual([[named, verdict]]);
});

test("what caches hold goes on with a run that was stopped", async () => {
  const path = mkdtempSync(join(tmpdir(), "calltime-warm-ups-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const changes = { fromMs: at(18, 20), settings: SETTINGS };
  const straight = await smallEvening(changes);
  await runTo(straight, at(19));
  for (const untilMs of [at(18, 33), at(18, 52), at(19)]) {
    const evening = await openEvening(settingOf({ ...changes, place: { kind: "directory", path } }));
    await runTo(evening, untilMs);
    if (untilMs === at(19)) expect(await eventsOf(evening)).toEqual(await eventsOf(straight));
    await evening.close();
  }
});

test("the samples of content and databases are for the sample evening", () => {
  const sample = (name: string): string => readFileSync(new URL(`../../samples/${name}`, import.meta.url), "utf8");
  const { content } = parseContent(sample("content.yaml"), "content.yaml");
  const expectations = sample("expectations.yaml");
  for (const { occasion, title } of content) expect(expectations).toContain(`occasion: ${occasion}\n    title: ${title}`);
  const [database] = parseDatabases(sample("databases.yaml"), "databases.yaml");
  expect(sample("targets.yaml")).toContain(`id: ${database?.targetId}`);
});
