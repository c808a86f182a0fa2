import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serveEvening } from "../../local/serve-evening.ts";
import { at } from "../app/made.ts";
import { runTo, smallEvening } from "../local/small-evening.ts";
import { calltime } from "./calltime.ts";

/** The small evening's own service as a file, with one line of it changed. */
const TARGETS = `targets:
  - id: api
    kind: ecs-service
    mode: active
    throughput: 100
    targetUtilisation: 0.7
    baseline: 4
    ceiling: 400
    loadPerViewer: 0.02
    startUpMinutes: 3
    launchPerMinute: 60
    scalesIn: target-tracking
`;
const EXPECTED = `expectations:
  - occasion: the cup final
    title: cup final
    channels: [one]
    window: [2026-06-13T18:00Z, 2026-06-13T20:00Z]
    viewers: 100000
`;

async function deployed() {
  const folder = mkdtempSync(join(tmpdir(), "calltime-against-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const evening = await smallEvening();
  await runTo(evening, at(18, 3));
  const server = await serveEvening(evening, { port: 0, tokenDirectory: folder });
  onTestFinished(() => server.close());
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const expect = file("expect.yaml", EXPECTED);
  return {
    url: server.url,
    against: (targets: string, ...more: readonly string[]) =>
      calltime("plan", "--against", server.url, "--targets", file("targets.yaml", targets), "--expect", expect, ...more),
  };
}

test("what changes nothing differs nowhere; a lower ceiling and a new target are seen, in Markdown too", async () => {
  const { url, against } = await deployed();
  const same = await against(TARGETS);
  expect([same.code, same.stderr, same.stdout.split("\n")[0]]).toEqual([
    0,
    "",
    `No floor differs, against ${url}, from 2026-06-13T18:03Z for 48 hours.`,
  ]);
  const changed = TARGETS.replace("ceiling: 400", "ceiling: 30") + TARGETS.slice("targets:\n".length).replace("id: api", "id: search");
  const { code, stdout } = await against(changed, "--markdown");
  const lines = stdout.split("\n");
  expect([code, lines[0]]).toEqual([0, "### What this change does to the floors of the next hours"]);
  expect(lines[2]).toBe(`The floors of 2 of 2 targets differ, against ${url}, from 2026-06-13T18:03Z for 48 hours.`);
  expect(lines).toContainEqual(
    expect.stringMatching(/^\| api \| \d+ \(2026-06-13T\d\d:\d\dZ\) → 30 \(.*\) \| .* → .* \| not known \| 0 → [1-9]\d* \|$/),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^\| search \| none → \d+ \(2026-06-13T18:\d\dZ\) \|/));
  expect(lines).toContainEqual(expect.stringMatching(/^\| api \| 2026-06-13T18:\d\dZ \| 2026-06-13T\d\d:\d\dZ \| \d+ \| 30 \|$/));
  // Every row of a table has as many cells as its head.
  const cells = lines.filter((line) => line.startsWith("|")).map((line) => line.split("|").length - 2);
  expect(new Set(cells)).toEqual(new Set([5]));
  const json = JSON.parse((await against(TARGETS, "--json")).stdout) as { readonly targets: readonly unknown[] };
  expect(json.targets).toMatchObject([{ targetId: "api", differences: [] }]);
});

test("a wrong call is 2 and says what would be right; a file with a mistake, or nobody who answers, is 1", async () => {
  const { against } = await deployed();
  expect(await calltime("plan", "--against", "http://127.0.0.1:1")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--targets") as string,
  });
  expect(await calltime("plan", "--markdown")).toMatchObject({ code: 2, stderr: expect.stringContaining("--against") as string });
  expect(await against(TARGETS, "--hours", "3")).toMatchObject({ code: 2 });
  expect(await against(TARGETS.replace("kind: ecs-service", "kind: ecs-servce"))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("config-invalid") as string,
  });
});

test("a deployment that lets nobody in is said to refuse", async () => {
  const server = createServer((_, response) =>
    response.writeHead(403, { "content-type": "application/json" }).end('{"message":"Forbidden"}'),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await calltime("plan", "--url", url)).toMatchObject({ code: 1, stderr: expect.stringContaining("server-refuses") as string });
});
