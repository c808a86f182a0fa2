import { CalltimeError } from "../error.ts";
import { MINUTE_MS } from "../time.ts";

/** Bytes of a block of PostgreSQL, as it is built everywhere. */
export const BLOCK_BYTES = 8192;

/** A table or an index, by the names in the catalogue: not folded to lower case, not quoted. */
export type Relation = { readonly schema: string; readonly name: string };

/** How much of a relation is in the buffer cache. */
export type CachedRelation = { readonly relation: Relation; readonly blocks: number; readonly cachedBlocks: number };

/** What a warm-up of one instance may take. */
export type CacheBudget = {
  /** Bytes read into the cache, over all relations. More than the cache holds drives out what was read before. */
  readonly bytes: number;
  readonly timeMs: number;
  /** Time of one statement. */
  readonly statementMs: number;
};

/** A gigabyte in five minutes; half a minute for one statement, so that one that hangs is not all there is. */
export const CACHE_BUDGET: CacheBudget = { bytes: 1024 ** 3, timeMs: 5 * MINUTE_MS, statementMs: MINUTE_MS / 2 };

/** Blocks that are read at once: 64 MiB, so that a budget of time is kept to within the reading of so many. */
export const BLOCKS_AT_ONCE = 8192;

/** The share of its blocks from which on a relation counts as warm: the cache has its own mind about the last few. */
export const WARM_SHARE = 0.95;

// What the server takes for a plain name (PostgreSQL 15, 4.1.1), in its 63 bytes. Others could be quoted; nobody needs them here.
const NAME = /^[\p{L}_][\p{L}\p{N}_$]*$/u;
const MAX_NAME_CHARACTERS = 63;

/** A relation as `schema.name`, or `name` in the schema public. Throws CalltimeError `relation-invalid`. */
export function relationOf(written: string): Relation {
  const parts = written.split(".");
  const [schema, name] = parts.length === 1 ? ["public", parts[0]] : parts;
  const sound = (part: string | undefined): part is string => part !== undefined && part.length <= MAX_NAME_CHARACTERS && NAME.test(part);
  if (parts.length <= 2 && sound(schema) && sound(name)) return { schema, name };
  throw new CalltimeError(
    "relation-invalid",
    `${JSON.stringify(written)} is no relation; right would be a name like programme or guide.programme`,
  );
}

/** A relation as SQL has it, each name quoted: `"guide"."programme"`. */
export function quoted({ schema, name }: Relation): string {
  return [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
}

/** Words that make a statement more than a question. Inside texts and quoted names they are not looked at. */
const WRITES = [
  "insert|update|delete|merge|truncate|into|create|alter|drop|grant|revoke|copy|call|do|lock|vacuum|analyze|cluster|reindex|refresh",
  "set|set_config|reset|begin|commit|rollback|prepare|execute|listen|notify|pg_terminate_backend|pg_cancel_backend|pg_notify",
].join("|");

/**
 * One SELECT (or WITH, VALUES, TABLE), without its last semicolon. This is a first look, so that a mistake is told before anything is sent; the
 * server is told to write nothing as well. Throws CalltimeError `statement-not-read-only`.
 */
export function readOnlyStatement(written: string): string {
  const statement = written.trim().replace(/;\s*$/, "");
  const bare = statement.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$/g, " ");
  const refuse = (what: string, right: string): never => {
    throw new CalltimeError("statement-not-read-only", `${JSON.stringify(shortened(statement))}: ${what}; right would be ${right}`);
  };
  if (!/^(select|with|values|table)\b/i.test(bare)) return refuse("it is no question", "one SELECT");
  if (bare.includes(";")) return refuse("it is more than one statement", "one SELECT, each other one as an entry of its own");
  if (/--|\/\*/.test(bare)) return refuse("it has a comment, in which anything could hide", "the statement alone");
  const word = new RegExp(String.raw`\b(?:${WRITES})\b`, "i").exec(bare)?.[0];
  return word === undefined ? statement : refuse(`it has the word ${word.toUpperCase()}`, "a statement that only reads");
}

const SHOWN_CHARACTERS = 60;

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** The share of all their blocks that is cached, 0 … 1; 1 when there is not one block. */
export function cachedShare(relations: readonly CachedRelation[]): number {
  const blocks = relations.reduce((sum, relation) => sum + relation.blocks, 0);
  return blocks === 0 ? 1 : relations.reduce((sum, { cachedBlocks }) => sum + cachedBlocks, 0) / blocks;
}

/** A database of an Aurora PostgreSQL cluster: its writer is asked through the Data API, its readers at their own endpoints. */
export type AuroraDatabase = {
  readonly clusterId: string;
  /** That of the deployment when left out. */
  readonly region?: string;
  readonly database: string;
  /** The secret whose role the Data API takes. */
  readonly secretArn: string;
  /** The role that readers are asked as, with a token of IAM. */
  readonly user: string;
  /** The custom endpoint that viewers' questions go to, and that a reader is added to once it is warm. */
  readonly endpointId?: string;
};

/** One database whose instances are warmed alike. */
export type DatabaseToWarm = {
  readonly id: string;
  /** The target that it is: its instances are warmed as soon as more of them serve. */
  readonly targetId?: string;
  /** Each by its own endpoint; none where it is an Aurora cluster, which says itself what instances it has. */
  readonly instances: readonly { readonly id: string; readonly connectionString: string }[];
  readonly aurora?: AuroraDatabase;
  readonly relations: readonly Relation[];
  readonly statements: readonly string[];
  readonly budget: CacheBudget;
};

/** How much of relations is cached, as SQL; `names` is SQL for an array of their quoted names. Rows of name, blocks and cached. */
export function cachedQuery(names: string): string {
  // A relation's file is known by its tablespace, database and file node; fork 0 holds its rows.
  return `
  SELECT wanted.name,
         pg_relation_size(to_regclass(wanted.name)) / CAST(current_setting('block_size') AS bigint) AS blocks,
         (SELECT count(*) FROM pg_buffercache buffer
           WHERE buffer.relfilenode = pg_relation_filenode(to_regclass(wanted.name))
             AND buffer.reldatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
             AND buffer.relforknumber = 0) AS cached
    FROM unnest(${names}) AS wanted (name)`;
}

/** One row of `cachedQuery`; `blocks` is undefined for a relation that is not there. */
export type CachedRow = { readonly name: string; readonly blocks: number | undefined; readonly cached: number };

/** What rows of `cachedQuery` say of `relations`, in their order. Throws CalltimeError `relation-unknown` naming those that are not there. */
export function cachedRelations(instanceId: string, relations: readonly Relation[], rows: readonly CachedRow[]): readonly CachedRelation[] {
  const missing = rows.filter(({ blocks }) => blocks === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    const right = "right would be a table or an index that the role may see";
    throw new CalltimeError("relation-unknown", `${instanceId}: there is no ${missing.join(", no ")}; ${right}`);
  }
  const found = new Map(rows.map((row) => [row.name, row]));
  return relations.map((relation) => {
    const row = found.get(quoted(relation));
    return { relation, blocks: row?.blocks ?? 0, cachedBlocks: row?.cached ?? 0 };
  });
}

/** Time that measuring may take: a look at every buffer of a large cache takes seconds. */
export const MEASURE_MS = MINUTE_MS;
