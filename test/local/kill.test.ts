import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../local/database.ts";
import { sqliteDocumentStore } from "../../local/document-store.ts";

const WRITER = fileURLToPath(new URL("kill-writer.ts", import.meta.url));
const KILLS = 5;

test("a kill -9 at any moment loses nothing that was acknowledged and keeps no half of a tick", async () => {
  const path = mkdtempSync(join(tmpdir(), "calltime-kill-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  let acknowledged = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const writer = spawn(process.execPath, [WRITER, path], { stdio: ["ignore", "pipe", "inherit"] });
    const until = acknowledged + 5 * kill;
    let said = "";
    writer.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (Number(said.split("\n").at(-2)) < until || writer.killed) return;
      expect(() => openDatabase({ kind: "directory", path })).toThrow(
        expect.objectContaining({ code: "store-locked", message: expect.stringContaining(`process ${writer.pid}`) as string }),
      );
      writer.kill("SIGKILL");
    });
    const [, signal] = (await once(writer, "close")) as [number | null, string | null];
    expect(signal).toBe("SIGKILL");
    acknowledged = Number(said.split("\n").at(-2));
    expect(acknowledged).toBeGreaterThanOrEqual(until);

    const database = openDatabase({ kind: "directory", path });
    const documents = sqliteDocumentStore(database);
    const left = await documents.read("ticks/left");
    const right = await documents.read("ticks/right");
    await database.close();
    // One more may be kept than was said: the kill can come between the two.
    expect([acknowledged, acknowledged + 1]).toContain(left?.version);
    expect(left?.value).toMatchObject({ tick: left?.version });
    expect(right).toMatchObject({ version: left?.version, value: { tick: left?.version } });
    acknowledged = left?.version ?? 0;
  }
});
