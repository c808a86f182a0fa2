import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serveEvening } from "../../local/serve-evening.ts";
import { LINES, smallEvening } from "../local/small-evening.ts";
import { calltime } from "./calltime.ts";

test("what may be one occasion is seen and answered from a shell", { timeout: 60_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), "calltime-occasion-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const lines = LINES.map((line) => line.replace("<title>Quiz", "<title>Late News (1:2)"));
  const server = await serveEvening(await smallEvening({ lines }), { port: 0, tokenDirectory: data });
  onTestFinished(() => server.close());
  const run = (...args: readonly string[]) => calltime("occasion", ...args, "--url", server.url, "--data", data);

  const { stdout } = await run("proposals");
  const id = /^p-\w+/.exec(stdout)?.[0] ?? "";
  expect(stdout.split("\n")).toEqual([
    `${id}: “Late News”`,
    "  2026-06-13T20:00Z to 2026-06-13T22:00Z one: Late News",
    "  2026-06-13T20:00Z to 2026-06-14T00:00Z two: Late News (1:2)",
    "  “Late News” on one and “Late News (1:2)” on two begin together",
    `  say whether it is: calltime occasion answer ${id} one --why …, or apart`,
    "",
  ]);
  const said = await run("answer", id, "one", "--why", "the same studio", "--author", "desk");
  expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^answered\n/) as string });
  expect((await run("proposals")).stdout).toMatch(/\n {2}one, said desk at .*: the same studio\n$/);
  expect(await run("answer", id, "perhaps", "--why", "x")).toMatchObject({ code: 2 });
});
