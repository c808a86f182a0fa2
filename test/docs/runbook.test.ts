import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/planted.ts";

const PAGE = readFileSync(join(ROOT, "docs/runbook.md"), "utf8");
/** What the first column of its tables names. */
const NAMED = new Set(
  [...PAGE.matchAll(/^\| (.*?) \|/gmu)].flatMap(([, cell = ""]) => [...cell.matchAll(/`([\w-]+)`/gu)].map(([, code = ""]) => code)),
);

/** Files that say what became of a minimum or a booking. */
const SAYING = [
  "shared/app/set-floor.ts",
  "shared/app/warm.ts",
  "shared/app/capacity.ts",
  ...readdirSync(join(ROOT, "shared/aws"))
    .filter((name) => /^(acu|aurora|load-bal|assumed|booking|capacity|ecs|failure|scalable|within|token)[\w-]*\.ts$/u.test(name))
    .map((name) => `shared/aws/${name}`),
];

/** The codes that a file gives. */
function codesIn(text: string): readonly string[] {
  const given = [
    /\bcode: "([\w-]+)"/gu,
    /new CalltimeError\(\s*"([\w-]+)"/gu,
    /\brefused\("([\w-]+)"/gu,
    /\bsaid\("\w+", (?:[\w.]+ === "\w+" \? )?"([\w-]+)"(?: : "([\w-]+)")?/gu,
    /: "(role-not-reached)"/gu,
    /\? "(target-unknown)" : "(no-bookings)"/gu,
  ];
  return given.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, ...codes]) => codes.filter((code) => code !== undefined)));
}

test("every code that a warm-up can fail with is in the run book", () => {
  const codes = new Set(SAYING.flatMap((path) => codesIn(readFileSync(join(ROOT, path), "utf8"))));
  expect(codes.size).toBeGreaterThan(20);
  expect(codes).toContain("cluster-not-available");
  expect(codes).toContain("no-bookings");
  const told = PAGE.match(/`[\w-]+`/gu)?.map((code) => code.slice(1, -1)) ?? [];
  expect([...codes].filter((code) => !told.includes(code))).toEqual([]);
});

test("every failure that is only a wrong moment is among those that are put off", () => {
  const failure = readFileSync(join(ROOT, "shared/aws/target-failure.ts"), "utf8");
  const passing = [...(/const PASSING = new Set\(\[([\s\S]*?)\]\)/u.exec(failure)?.[1]?.matchAll(/"([\w-]+)"/gu) ?? [])].map(
    ([, code = ""]) => code,
  );
  expect(passing.length).toBeGreaterThan(10);
  const deferred = /\n## Deferred\n([\s\S]*?)\n## /u.exec(PAGE)?.[1] ?? "";
  const failed = /\n## Failed\n([\s\S]*?)\n## /u.exec(PAGE)?.[1] ?? "";
  for (const code of [
    "ConcurrentUpdateException",
    "ThrottlingException",
    "role-not-reached",
    "throttled-here",
    "InvalidDBClusterStateFault",
  ]) {
    expect(passing).toContain(code);
    expect(deferred).toContain(`\`${code}\``);
  }
  expect(passing.filter((code) => failed.includes(`\`${code}\``))).toEqual([]);
});

test("the five outcomes are told, each with a section, and with the outcomes of the event", () => {
  for (const outcome of ["Applied", "Noop", "Clamped", "Deferred", "Failed"]) {
    expect(PAGE).toMatch(new RegExp(`^## ${outcome}$`, "mu"));
    expect(PAGE).toMatch(new RegExp(`^\\| ${outcome.toLowerCase()} \\|`, "mu"));
  }
  const schema = JSON.parse(readFileSync(join(ROOT, "docs/schemas/events/warm-up-failed.v1.json"), "utf8")) as {
    readonly properties: { readonly data: { readonly properties: { readonly outcome: { readonly enum: readonly string[] } } } };
  };
  const outcomes = schema.properties.data.properties.outcome.enum;
  expect(outcomes).toHaveLength(4);
  expect(outcomes.filter((outcome) => !PAGE.includes(`\`${outcome}\``))).toEqual([]);
  expect(NAMED.has("not-registered")).toBe(true);
});
