import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { modelUpdated } from "../../events/index.ts";
import { serveEvening } from "../../local/serve-evening.ts";
import { smallEvening } from "../local/small-evening.ts";
import { calltime } from "./calltime.ts";

test("a dead letter is seen and redriven from a shell, at once and with no tick in between", async () => {
  const data = mkdtempSync(join(tmpdir(), "calltime-letters-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const evening = await smallEvening({ delivery: { tries: 1 } });
  let works = false;
  let got = 0;
  evening.bus.subscribe("dashboard", modelUpdated.type, async () => {
    if (!works) throw new Error("the dashboard is away");
    got += 1;
  });
  const server = await serveEvening(evening, { port: 0, tokenDirectory: data });
  onTestFinished(() => server.close());
  const run = (...args: readonly string[]) => calltime("dead-letters", ...args, "--url", server.url, "--data", data);
  expect(await run("list")).toMatchObject({ code: 0, stdout: "there are no dead letters\n" });

  await evening.bus.publish([modelUpdated.example]);
  await evening.bus.deliver(evening.nowMs());
  const [letter] = await evening.bus.deadLetters();
  const { stdout } = await run("list");
  expect(stdout).toMatch(
    /^\d+: calltime\.model\.updated of .* to dashboard, given up at 2026-06-13T18:00Z after 1 try: the dashboard is away\n$/,
  );

  works = true;
  expect(await run("redrive", letter?.id ?? "")).toMatchObject({ code: 0, stdout: `tried again: ${stdout}` });
  expect(got).toBe(1);
  expect(await evening.bus.deaths()).toMatchObject([{ fate: "delivered" }]);
  const again = await run("redrive", letter?.id ?? "");
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("dead-letter-unknown") as string]);
});
