import { Command } from "commander";
import { warmDatabase, type DatabaseReport } from "../shared/app/warm-database.ts";
import { parseDatabases } from "../shared/config/databases.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { BLOCK_BYTES, cachedShare, quoted, type CachedRelation, type DatabaseToWarm } from "../shared/core/warm/buffer-cache.ts";
import { postgresCache } from "../shared/database/postgres-cache.ts";
import { MACHINE_PACE } from "../shared/app/ports/machine-pace.ts";
import { textOf } from "./files.ts";
import { withIsoTimes } from "./json.ts";
import { oneMore } from "./option-values.ts";
import { whole } from "./text.ts";

const CONNECT_MS = 10_000;

type Options = { readonly instance?: readonly string[]; readonly json: boolean };
type Failed = { readonly instanceId: string; readonly state: "unreachable"; readonly code: string; readonly reason: string };

/** `calltime database`: what viewers ask of a database, in its memory before they do. */
export function databaseCommand(): Command {
  return new Command("database")
    .description("Have the instances of a database hold in memory what viewers will ask for.")
    .exitOverride()
    .addCommand(
      new Command("warm")
        .description("Read relations into the buffer cache of each instance, ask the questions of the file, and measure before and after.")
        .argument("<file>", "the file of databases (docs/databases.md)")
        .option("--instance <id>", "only this instance; may be given several times", oneMore)
        .option("--json", "print the reports as JSON", false)
        .addHelpText("after", "\nExit code: 0 every instance is warm, 1 one is not (or the file is wrong), 2 a wrong call.")
        .exitOverride()
        .action(async (file: string, { instance, json }: Options) => {
          const databases = parseDatabases(await textOf(file, "the file of databases"), file);
          const reports = await Promise.all(chosen(databases, file, instance).map(warmed));
          process.stdout.write(
            json ? `${JSON.stringify(withIsoTimes(reports), null, 2)}\n` : `${reports.flatMap(textOfReport).join("\n")}\n`,
          );
          if (reports.some(({ state }) => state !== "warm")) process.exitCode = 1;
        }),
    );
}

type Chosen = { readonly database: DatabaseToWarm; readonly instance: DatabaseToWarm["instances"][number] };

function chosen(databases: readonly DatabaseToWarm[], file: string, ids: readonly string[] | undefined): readonly Chosen[] {
  const all = databases.flatMap((database) => database.instances.map((instance) => ({ database, instance })));
  if (all.length === 0) {
    const right = "right would be instances: with an endpoint each";
    throw new CalltimeError(
      "instance-unknown",
      `${file}: it lists no instance, and RDS is asked for those of a cluster on AWS alone; ${right}`,
    );
  }
  const unknown = ids?.find((id) => !all.some(({ instance }) => instance.id === id));
  if (unknown === undefined) return ids === undefined ? all : all.filter(({ instance }) => ids.includes(instance.id));
  const right = all.map(({ instance }) => instance.id).join(", ");
  throw new CalltimeError("instance-unknown", `${file}: it has no instance ${JSON.stringify(unknown)}; right would be one of ${right}`);
}

/** One that cannot be reached keeps no other from being warmed. */
async function warmed({ database, instance }: Chosen): Promise<DatabaseReport | Failed> {
  const { relations, statements, budget } = database;
  try {
    const cache = await postgresCache({ ...instance, connectMs: CONNECT_MS });
    try {
      return await warmDatabase({ cache, pace: MACHINE_PACE }, { instanceId: instance.id, relations, statements, budget });
    } finally {
      await cache.close();
    }
  } catch (error) {
    if (!(error instanceof CalltimeError)) throw error;
    return { instanceId: instance.id, state: "unreachable", code: error.code, reason: error.message };
  }
}

function textOfReport(report: DatabaseReport | Failed): readonly string[] {
  if (report.state === "unreachable") return [`${report.instanceId}: not warmed: ${report.reason} (${report.code})`];
  const { instanceId, state, before, after, bytes, tookMs, failures } = report;
  const lines = [
    `${instanceId}: ${state}; ${percent(before)} of the hot blocks cached before, ${percent(after)} now; ${whole(bytes)} bytes read in ${(tookMs / 1000).toFixed(1)} s`,
  ];
  for (const { relation, blocks, cachedBlocks } of after) {
    lines.push(`  ${quoted(relation)}: ${whole(cachedBlocks)} of ${whole(blocks)} blocks (${whole(blocks * BLOCK_BYTES)} bytes)`);
  }
  for (const { what, code, reason } of failures) lines.push(`  ${what}: ${reason} (${code})`);
  return lines;
}

function percent(relations: readonly CachedRelation[]): string {
  return `${Math.floor(cachedShare(relations) * 100)} %`;
}
