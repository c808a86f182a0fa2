import * as z from "zod";
import { CACHE_BUDGET, readOnlyStatement, relationOf, type AuroraDatabase, type DatabaseToWarm } from "../core/warm/buffer-cache.ts";
import { CalltimeError } from "../core/error.ts";
import { MINUTE_MS } from "../core/time.ts";
import { keys, listOf, positiveNumber, targetId, text, type Written } from "./fields.ts";
import { parseYaml, type Rule } from "./parse-yaml.ts";
import { shown, type Finding, type Path } from "./problem.ts";
import { repeated } from "./repeated.ts";

const MEGABYTE = 1_000_000;

const arn = (meaning: string) =>
  z
    .string()
    .regex(/^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/)
    .describe(`an ARN like arn:aws:secretsmanager:eu-west-1:111122223333:secret:warmer-AbCdEf (${meaning})`);

const roleName = (meaning: string) =>
  z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .describe(`a role of lower-case letters, digits and underscores (${meaning})`);

const database = keys(
  {
    id: targetId(),
    target: targetId().optional(),
    instances: listOf(
      keys(
        { id: targetId(), url: text("postgres://role@endpoint:5432/database, without a password") },
        "one instance, by its own endpoint",
      ),
      "each has a cache of its own",
      1,
    ).optional(),
    aurora: keys(
      {
        cluster: text("the identifier of its cluster"),
        region: text("where that is not the deployment's own").optional(),
        database: text("the name of the database in it"),
        secret: arn("of the secret whose role the Data API takes, for the writer"),
        user: roleName("that readers are asked as, with a token of IAM"),
        endpoint: text("the custom endpoint that viewers are led to, and that a reader is added to once it is warm").optional(),
      },
      "an Aurora PostgreSQL cluster, whose instances RDS tells; warmed by the function warm-aurora",
    ).optional(),
    relations: listOf(text("schema.name of a table or an index"), "read whole, the first-named first").default([]),
    statements: listOf(text("one SELECT"), "asked once, as viewers will").default([]),
    budget: keys(
      {
        megabytes: positiveNumber("megabytes (10⁶ bytes) read into the cache of one instance").default(CACHE_BUDGET.bytes / MEGABYTE),
        minutes: positiveNumber("minutes for one instance").default(CACHE_BUDGET.timeMs / MINUTE_MS),
        statementSeconds: positiveNumber("seconds for one statement").default(CACHE_BUDGET.statementMs / 1000),
      },
      "what the warm-up of one instance may take",
    ).prefault({}),
  },
  "one database",
);

/** The file of databases. */
export const databasesSchema = keys({ databases: listOf(database, "whose caches are warmed", 1) }, "databases: and a list");

type WrittenDatabases = Written<typeof databasesSchema>;

/**
 * The databases of a file. Throws CalltimeError `config-invalid` with every problem: unknown keys, an id given twice, a password in an
 * address, a place said twice or not at all, a relation that is none, a statement that does more than read.
 */
export function parseDatabases(source: string, file: string): readonly DatabaseToWarm[] {
  return parseYaml(source, file, databasesSchema, [uniqueIds, placed, soundInstances, soundQuestions]).databases.map((entry) => ({
    id: entry.id,
    ...(entry.target !== undefined && { targetId: entry.target }),
    instances: (entry.instances ?? []).map(({ id, url }) => ({ id, connectionString: url })),
    ...(entry.aurora !== undefined && { aurora: auroraOf(entry.aurora) }),
    relations: entry.relations.map(relationOf),
    statements: entry.statements.map(readOnlyStatement),
    budget: {
      bytes: Math.round(entry.budget.megabytes * MEGABYTE),
      timeMs: entry.budget.minutes * MINUTE_MS,
      statementMs: entry.budget.statementSeconds * 1000,
    },
  }));
}

type WrittenAurora = NonNullable<z.output<typeof database>["aurora"]>;

function auroraOf({ cluster, region, database: name, secret, user, endpoint }: WrittenAurora): AuroraDatabase {
  return {
    clusterId: cluster,
    ...(region !== undefined && { region }),
    database: name,
    secretArn: secret,
    user,
    ...(endpoint !== undefined && { endpointId: endpoint }),
  };
}

const placed: Rule<WrittenDatabases> = ({ databases = [] }) =>
  databases.flatMap((entry, place) => {
    if (entry === undefined || "instances" in entry !== "aurora" in entry) return [];
    const what = "instances" in entry ? "it has instances and aurora" : "nothing says where it is";
    return [{ path: ["databases", place], what, right: "right would be instances, or aurora" }];
  });

const uniqueIds: Rule<WrittenDatabases> = ({ databases = [] }) => [
  ...repeated(databases.map((entry) => entry?.id)).map(({ index, value }) => ({
    path: ["databases", index, "id"],
    what: `the id ${shown(value)} is taken by a database above`,
    right: "right would be an id of its own",
  })),
  ...databases.flatMap((entry, place) =>
    repeated(entry?.instances?.map((instance) => instance?.id)).map(({ index, value }) => ({
      path: ["databases", place, "instances", index, "id"],
      what: `the id ${shown(value)} is taken by an instance above`,
      right: "right would be an id of its own",
    })),
  ),
];

const soundInstances: Rule<WrittenDatabases> = ({ databases = [] }) =>
  databases.flatMap((entry, place) =>
    (entry?.instances ?? []).flatMap((instance, index) => {
      const url = instance?.url;
      if (url === undefined) return [];
      const finding = (what: string, right: string) => [{ path: ["databases", place, "instances", index, "url"], what, right }];
      if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
        return finding("the url is no address of a PostgreSQL", "right would be one like postgres://role@endpoint:5432/database");
      }
      // Not shown: it has a password in it.
      if (new URL(url).password === "") return [];
      return finding("the url has a password in it", "right would be none there, and PGPASSWORD or a .pgpass file");
    }),
  );

const soundQuestions: Rule<WrittenDatabases> = ({ databases = [] }) =>
  databases.flatMap((entry, place) => [
    ...refusedBy(relationOf, entry?.relations, ["databases", place, "relations"]),
    ...refusedBy(readOnlyStatement, entry?.statements, ["databases", place, "statements"]),
  ]);

function refusedBy(read: (written: string) => unknown, values: readonly (string | undefined)[] = [], path: Path): Finding[] {
  return values.flatMap((value, index) => {
    try {
      if (value !== undefined) read(value);
      return [];
    } catch (error) {
      if (!(error instanceof CalltimeError)) throw error;
      const [what = "", right = ""] = error.message.split(/; (?=right would be )/);
      return [{ path: [...path, index], what, right }];
    }
  });
}
