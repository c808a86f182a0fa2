import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { serveApp } from "../local/server.ts";
import { parseWorld } from "../local/world-file.ts";
import { openWorldProcess, runWorld } from "../local/world-process.ts";
import { bytesOf, textOf } from "./files.ts";
import { DEFAULT_SPEED, DEFAULT_WORLD_PORT, instant, portNumber, positive, wholeNumber } from "./option-values.ts";
import { fromOf, scheduleOption, settingsOf, targetsOption, worldOption } from "./run-options.ts";

type Options = {
  readonly schedule: string;
  readonly targets: string;
  readonly world: string;
  readonly from?: number;
  readonly seed: number;
  readonly speed: number;
  readonly stepped: boolean;
  readonly port: number;
  readonly data?: string;
};

/** `calltime world`: the simulated world in a process of its own, which goes on whether Calltime is up or not. */
export function worldCommand(): Command {
  return new Command("world")
    .description("Run the simulated world in a process of its own, for calltime start --world-url.")
    .addOption(scheduleOption())
    .addOption(targetsOption())
    .addOption(worldOption())
    .option("--from <instant>", "platform time to start at, such as 2026-06-13T16:00:00Z", instant)
    .option("--seed <number>", "seed of the world", wholeNumber, 1)
    .option("--speed <factor>", "platform seconds in a second", positive, DEFAULT_SPEED)
    .addOption(new Option("--stepped", "no clock of its own: it moves when it is told to").default(false).conflicts("speed"))
    .option("--port <number>", "port on 127.0.0.1; 0 takes a free one", portNumber, DEFAULT_WORLD_PORT)
    .option("--data <dir>", "where to keep the world, and go on from; nothing is kept when left out")
    .exitOverride()
    .action(async (options: Options) => world(options));
}

async function world(options: Options): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const opened = await openWorldProcess({
    place: options.data === undefined ? { kind: "temporary" } : { kind: "directory", path: resolve(options.data) },
    settings: await settingsOf(options),
    world: parseWorld(await textOf(options.world, "--world"), options.world),
    seed: options.seed,
    fromMs: fromOf(options),
    feed: { feedId: "guide", name: basename(options.schedule), read: () => bytesOf(options.schedule) },
    stepped: options.stepped,
  });
  try {
    const server = await serveApp(opened.app, { port: options.port });
    try {
      const at = `${new Date(opened.nowMs()).toISOString().slice(0, 16)}Z`;
      const pace = options.stepped ? "moving when it is told to" : `at ${options.speed} times real time`;
      process.stderr.write(
        `calltime: the world ${opened.worldId} is at ${server.url}, ${opened.resumed ? "going on at" : "from"} ${at}, ${pace}` +
          `${options.data === undefined ? "" : ` (data in ${opened.directory ?? ""})`}; Ctrl-C stops it\n`,
      );
      if (options.stepped)
        await new Promise<void>((done) =>
          stopping.signal.aborted ? done() : stopping.signal.addEventListener("abort", () => done(), { once: true }),
        );
      else await runWorld(opened, options.speed, stopping.signal);
    } finally {
      await server.close();
    }
  } finally {
    await opened.close();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
