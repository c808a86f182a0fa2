import { expect, test } from "vitest";
import type { SheetStore } from "../../shared/app/ports.ts";
import { keepSheet, SCRIPT_NAME, SHEET_NAME } from "../../shared/app/sheet.ts";
import { setMode } from "../../shared/app/modes.ts";
import { tick } from "../../shared/app/tick.ts";
import type { Context } from "../../shared/app/context.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, target } from "./made.ts";

/** A platform with a place for sheets: what was put there, in order. */
async function withSheets() {
  const aws = {
    scaling: { kind: "scalable-target" as const, namespace: "ecs", resourceId: "service/web/api", dimension: "ecs:service:DesiredCount" },
  };
  const small = await platform({ targets: [target("api", { aws })] });
  const put: { readonly name: string; readonly text: string }[] = [];
  const failures: Error[] = [];
  const sheets: SheetStore = {
    region: "eu-west-1",
    keep: async (name, text) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      put.push({ name, text });
    },
  };
  const context: Context = { ...small.context, ports: { ...small.context.ports, sheets } };
  const tickAt = async (atMs: number) => {
    small.goTo(atMs);
    await tick(context, atMs);
  };
  const newest = (name: string) => put.findLast((one) => one.name === name)?.text ?? "";
  return { ...small, context, put, failures, tickAt, newest };
}

test("the sheet has the floors of the evening with their reasons, and the script the commands for them", async () => {
  const { tickAt, newest, control } = await withSheets();
  await tickAt(at(18, 30));
  const sheet = newest(SHEET_NAME);
  expect(sheet).toContain("api (ecs-service, active): its own minimum 4, its maximum 400, largest floor");
  expect(sheet).toContain("the cup final");
  const largest = Number(/largest floor (\d+)/.exec(sheet)?.[1]);
  expect(largest).toBeGreaterThan(60);
  expect(newest(SCRIPT_NAME)).toContain(`--resource-id 'service/web/api' --min-capacity ${largest} `);
  expect(newest(SCRIPT_NAME)).toContain("'eu-west-1'");
  await tickAt(at(19, 5));
  expect(control.cloud("api").minimumUnits).toBeGreaterThan(60);
  // What Calltime raised is not the customer's own.
  expect(newest(SHEET_NAME)).toContain("its own minimum 4,");
});

test("is put again at a change alone", async () => {
  const { tickAt, put, context, now } = await withSheets();
  await tickAt(at(17));
  const first = put.length;
  expect(put.map(({ name }) => name)).toEqual([SHEET_NAME, SCRIPT_NAME]);
  for (let atMs = at(17, 1); atMs < at(17, 5); atMs += MINUTE_MS) await keepSheet(context, atMs);
  expect(put).toHaveLength(first);
  await setMode(context, { mode: "observe", targetId: "api", author: "Ada", why: "rehearsal" }, now());
  await keepSheet(context, at(17, 5));
  expect(put).toHaveLength(first + 2);
  expect(put.at(-2)?.text).toContain("api (ecs-service, observe)");
});

test("a floor that has passed is on it no more", async () => {
  const { tickAt, newest, context } = await withSheets();
  await tickAt(at(18, 30));
  const largest = /largest floor (\d+)/.exec(newest(SHEET_NAME))?.[1];
  const later = at(21, 29);
  await keepSheet(context, later);
  expect(/largest floor (\d+)/.exec(newest(SHEET_NAME))?.[1]).not.toBe(largest);
  expect(newest(SHEET_NAME)).not.toContain("T18:30Z  4\n");
});

test("a place for sheets that fails stops nothing, is told, and has the sheet a minute later", async () => {
  const { tickAt, failures, put, control, journal } = await withSheets();
  await tickAt(at(18, 30));
  failures.push(new Error("no such bucket"));
  await expect(tickAt(at(18, 58))).rejects.toThrow("no such bucket");
  expect(control.cloud("api").minimumUnits).toBeGreaterThan(60);
  expect(journal.at(-1)?.atMs).toBe(at(18, 58));
  const before = put.length;
  await tickAt(at(18, 59));
  expect(put.length).toBeGreaterThan(before);
});

test("without a place for sheets none is made", async () => {
  const { context, documents } = await platform();
  await keepSheet(context, at(17));
  expect(await documents.list("sheet")).toEqual([]);
});
