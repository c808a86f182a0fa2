import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { calltime } from "../cli/calltime.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

test("the evening in the README is the evening that the command plays", async () => {
  const block = /<!-- evening:[^>]*-->\n```\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
  const lines = block.trim().split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(3);
  const { stdout, code } = await calltime("start", "--headless");
  expect(code).toBe(0);
  const played = stdout.split("\n");
  for (const line of lines) expect(played).toContain(line);
}, 60_000);

test("every link of the docs leads to a file that is there", () => {
  const broken = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => resolve(ROOT, dirname(page), target ?? ""))
      .filter((target) => !existsSync(target))
      .map((target) => `${page}: ${relative(ROOT, target)}`),
  );
  expect(broken).toEqual([]);
});

const optionsIn = (text: string): ReadonlySet<string> => new Set([...text.matchAll(/--[a-z]+/g)].map(([option]) => option));

const helps = new Map<string, Promise<ReadonlySet<string>>>();

/** The options of a command, as its own help has them; each is asked once. */
async function optionsOf(...command: readonly string[]): Promise<ReadonlySet<string>> {
  const name = command.join(" ");
  const known = helps.get(name) ?? optionsAsked(command);
  helps.set(name, known);
  return known;
}

async function optionsAsked(command: readonly string[]): Promise<ReadonlySet<string>> {
  const { stdout } = await calltime(...command, "--help");
  return new Set([...optionsIn(stdout)].filter((option) => option !== "--help"));
}

test("every option that operating.md names is an option of the command it is about, and none is left out", async () => {
  const page = read("docs/operating.md");
  const byHand = /## Overriding by hand\n([\s\S]*?)\n## /.exec(page)?.[1] ?? "";
  const chaos = /## Trying to break it\n([\s\S]*?)\n## /.exec(page)?.[1] ?? "";
  expect(optionsIn(page.replace(byHand, "").replace(chaos, ""))).toEqual(await optionsOf("start"));
  const rows = [...byHand.matchAll(/^\| (.*?) \| (.*) \|$/gm)].map(([, command = "", told = ""]) => ({ command, told }));
  const common = optionsIn(rows.find(({ command }) => command === "all of them")?.told ?? "");
  const commands = rows.filter(({ command }) => command.startsWith("`"));
  expect(commands).toHaveLength(11);
  for (const { command, told } of commands) {
    // Words in lower case are the command, the others what it is about.
    const words = command.match(/\b[a-z]+\b/g) ?? [];
    expect([words, new Set([...optionsIn(told), ...common])]).toEqual([words, await optionsOf(...words)]);
  }
}, 60_000);

test("the options of a world in a process of its own are all in world.md", async () => {
  const table = /\| option of `calltime world`([\s\S]*?)\n\n/.exec(read("docs/world.md"))?.[1] ?? "";
  const rows = [...table.matchAll(/^\| (`--.*?`) \|/gm)].map(([, cell = ""]) => cell);
  expect(optionsIn(rows.join(" "))).toEqual(await optionsOf("world"));
});

test("every command in operating.md is one, with options that it has", async () => {
  const lines = [...read("docs/operating.md").matchAll(/^npx calltime (.*)$/gm)].map(([, line = ""]) => line);
  expect(lines.length).toBeGreaterThanOrEqual(6);
  for (const line of lines) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    const command = words.slice(0, ["override", "programme", "occasion"].includes(words[0] ?? "") ? 2 : 1);
    const options = await optionsOf(...command);
    expect([line, [...optionsIn(line)].filter((option) => !options.has(option))]).toEqual([line, []]);
  }
}, 60_000);

type KeysSchema = { readonly properties: Readonly<Record<string, KeysSchema>>; readonly items?: KeysSchema };

/** The keys that a section of operating.md explains in its tables. */
function toldIn(section: string): ReadonlySet<string> {
  const table = new RegExp(`${section}\n([\\s\\S]*?)\n##`).exec(read("docs/operating.md"))?.[1] ?? "";
  const cells = [...table.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell = ""]) => cell);
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([\w.]+)`/g)].map(([, key = ""]) => key)));
}

test("every key of a target that operating.md explains is one, and none is left out", () => {
  const { items } = (JSON.parse(read("docs/schemas/targets.json")) as KeysSchema).properties["targets"] ?? {};
  const keys = Object.keys(items?.properties ?? {});
  expect(toldIn("## Targets")).toEqual(new Set(keys.filter((key) => !["id", "kind", "mode", "costPerHour"].includes(key))));
  const aws = items?.properties["aws"]?.properties ?? {};
  const nested = ["refused", "serving"].filter((key) => key in (aws["load"]?.properties ?? {})).map((key) => `load.${key}`);
  expect(toldIn("### Targets in AWS")).toEqual(new Set([...Object.keys(aws), ...nested]));
});
