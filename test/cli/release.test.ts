import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serveEvening } from "../../local/serve-evening.ts";
import { smallEvening } from "../local/small-evening.ts";
import { calltime } from "./calltime.ts";

/** A served evening whose one target was raised to 60, and how to call it. */
async function raised() {
  const data = mkdtempSync(join(tmpdir(), "calltime-release-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const evening = await smallEvening();
  const server = await serveEvening(evening, { port: 0, tokenDirectory: data });
  onTestFinished(() => server.close());
  const run = (...args: readonly string[]) => calltime(...args, "--url", server.url, "--data", data);
  const [own] = evening.context.settings.targets;
  if (own === undefined) throw new Error("there is no target");
  const { capacity } = evening.context.ports;
  const minimum = async () => (await capacity.describe([own.id]))[0];
  expect(await run("override", "set", "--target", own.id, "--floor=60", "--for=1h", "--why=a bulletin")).toMatchObject({ code: 0 });
  expect(await minimum()).toMatchObject({ minimumUnits: 60 });
  return { own, capacity, minimum, run };
}

test("a raised target is given back from a shell, once; without a reason or --all nothing is", async () => {
  const { own, minimum, run } = await raised();
  expect(await run("release", "--all")).toMatchObject({ code: 2 });
  expect(await run("release", "--why=x")).toMatchObject({ code: 2 });
  expect(await minimum()).toMatchObject({ minimumUnits: 60 });

  const { code, stdout } = await run("release", "--all", "--why=taken away");
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^${own.id}: minimum from 60 to \\d+, \\d+ bookings removed$`, "mu")),
  ]);
  expect(await minimum()).toMatchObject({ minimumUnits: own.baselineUnits });
  expect(await run("release", "--all", "--why=taken away")).toMatchObject({ code: 0, stdout: `${own.id}: nothing there is ours\n` });
});

test("a target that could not be released is said, with exit code 1", async () => {
  const { own, capacity, run } = await raised();
  Object.assign(capacity, { setMinimum: async () => ({ kind: "refused", code: "AccessDeniedException", reason: "not allowed" }) });
  const { code, stdout, stderr } = await run("release", "--all", "--why=taken away");
  expect([code, stdout]).toEqual([1, `${own.id}: not released: not allowed (AccessDeniedException)\n`]);
  expect(stderr).toContain("release-incomplete");
});
