import { expect, test } from "vitest";
import type { PlanningPart } from "../../shared/app/planning-state.ts";
import { runningPlatform } from "./platform.ts";

type Page = { readonly parts: readonly PlanningPart[]; readonly next: string | null };

test("what plans rest on comes in pages that a function can answer, and none of it twice", async () => {
  const { ask, context } = await runningPlatform();
  const before = context.ports.documents;
  for (let nth = 0; nth < 12; nth += 1) await before.write(`model/usual/large-${String(nth).padStart(2, "0")}`, "x".repeat(390_000), 0);
  const pages: Page[] = [];
  for (let after: string | null | undefined; after !== null; after = pages.at(-1)?.next) {
    const response = await ask(`/v1/planning${after === undefined ? "" : `?${new URLSearchParams({ after }).toString()}`}`);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.length).toBeLessThan(6_000_000);
    pages.push(JSON.parse(text) as Page);
    expect(pages.length).toBeLessThan(10);
  }
  expect(pages).toHaveLength(2);
  const keys = pages.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "document" ? [part.key] : [])));
  expect(keys.filter((key) => key.startsWith("model/usual/large-"))).toHaveLength(12);
  expect(new Set(keys).size).toBe(keys.length);
});
