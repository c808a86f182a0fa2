import { randomUUID } from "node:crypto";
import type { DocumentStore, Json } from "../app/ports.ts";
import { documentKey, MAX_DOCUMENT_BYTES } from "../app/ports/document-key.ts";
import { storedJson } from "../app/ports/stored-json.ts";
import { compareText } from "../core/schedule/programme.ts";
import { numberOf, PARTITION, textOf, type Condition, type Item, type ItemKey, type Table } from "./table.ts";

/** Where the first segments of all keys are listed, so that any prefix finds its partitions. */
const FOLDERS = "folders";

/**
 * Documents in the table. Those of one folder, the first segment of their key, are a partition: what is busy in one slows no other. A
 * document that is created again after its removal starts at version 1 again.
 */
export function dynamoDocumentStore(table: Table): DocumentStore {
  const listedFolders = new Set<string>();

  /** Lists a folder before anything is in it: a document that is there can be found. */
  const listFolder = async (key: string): Promise<void> => {
    const folder = folderOf(key);
    if (listedFolders.has(folder)) return;
    await table.put(`folder ${folder}`, { key: { partition: FOLDERS, sort: folder }, attributes: {} });
    listedFolders.add(folder);
  };

  const foldersFor = async (prefix: string): Promise<readonly string[]> => {
    if (prefix.includes("/")) return [folderOf(prefix)];
    const found = await table.query("folders", FOLDERS, prefix === "" ? undefined : { beginning: prefix });
    return found.map(({ key }) => key.sort);
  };

  return {
    read: async (key) => {
      const item = await table.get(`document ${key}`, placeOf(documentKey(key)));
      return item === undefined ? undefined : { value: valueOf(item), version: versionOf(item) };
    },
    write: async (key, value, expected) => {
      const what = `document ${documentKey(key)}`;
      const json = storedJson(what, value, MAX_DOCUMENT_BYTES);
      if (expected === 0) await listFolder(key);
      // Our own mark: should the answer be lost, the SDK asks again, and finds that somebody wrote first: ourselves.
      const Mark = { S: randomUUID() };
      const attributes = { Json: { S: json }, Version: { N: String(expected + 1) }, Mark };
      const outcome = await table.put(
        what,
        { key: placeOf(key), attributes },
        expected === 0 ? { expression: `attribute_not_exists(${PARTITION})` } : isVersion(expected),
      );
      if (outcome.kind === "written") return "written";
      return textOf(outcome.there?.attributes["Mark"]) === Mark.S ? "written" : "conflict";
    },
    list: async (prefix) => {
      const folders = await foldersFor(prefix);
      const range = prefix.includes("/") ? { beginning: prefix } : undefined;
      const items = await Promise.all(folders.map((folder) => table.query(`documents ${prefix}`, partitionOf(folder), range)));
      return items
        .flat()
        .map((item) => ({ key: item.key.sort, value: valueOf(item), version: versionOf(item) }))
        .sort((a, b) => compareText(a.key, b.key));
    },
    remove: async (key, expected) => {
      const { expression, values } = isVersion(expected);
      const condition = { expression: `attribute_not_exists(${PARTITION}) OR ${expression}`, ...(values && { values }) };
      const { kind } = await table.remove(`document ${key}`, placeOf(documentKey(key)), condition);
      return kind;
    },
  };
}

const folderOf = (path: string): string => path.slice(0, path.includes("/") ? path.indexOf("/") : undefined);
const partitionOf = (folder: string): string => `document/${folder}`;
const placeOf = (key: string): ItemKey => ({ partition: partitionOf(folderOf(key)), sort: key });

function isVersion(expected: number): Condition {
  return { expression: "Version = :expected", values: { ":expected": { N: String(expected) } } };
}

const valueOf = ({ attributes }: Item): Json => JSON.parse(textOf(attributes["Json"])) as Json;
const versionOf = ({ attributes }: Item): number => numberOf(attributes["Version"]);
