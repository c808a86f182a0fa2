import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareText } from "../../shared/core/schedule/programme.ts";
import { ROOT } from "../architecture/planted.ts";
import { identifiersOf, identifiersOfFile, sourceFiles, wordsOf } from "./identifiers.ts";

const GLOSSARY = readFileSync(join(ROOT, "docs/glossary.md"), "utf8");
const [TERMS = "", BANNED = "", BANNED_IN_CORE = ""] = GLOSSARY.split(/^(?:## Words we do not use|In the core, where).*$/mu);

/** The terms in bold, in the order of the page. */
function termsOf(text: string): readonly string[] {
  return [...text.matchAll(/^- \*\*(.+?)\*\*/gmu)].map(([, term = ""]) => term);
}

/** What is written as code. */
function codeOf(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/gu)].map(([, name = ""]) => name).filter((name) => name !== "code");
}

function struckOf(text: string): readonly string[] {
  return [...text.matchAll(/~~(.+?)~~/gu)].map(([, word = ""]) => word);
}

/** The names in which one of the words occurs, each with its file. */
function namesWith(words: readonly string[], files: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return [...files].flatMap(([path, names]) =>
    [...names].filter((name) => wordsOf(name).some((word) => words.includes(word))).map((name) => `${path}: ${name}`),
  );
}

const FILES = new Map(sourceFiles().map((path) => [path, identifiersOfFile(path)]));

describe("the glossary", () => {
  test("each term has one line, and they are in alphabetical order", () => {
    const terms = termsOf(TERMS);
    expect(terms.length).toBeGreaterThan(50);
    expect(terms).toEqual([...new Set(terms)].toSorted(compareText));
  });

  test("the words of the field are all there", () => {
    const words =
      "channel programme feed target unit floor baseline ceiling lead step plan override occasion event verdict forecast nowcast";
    const terms = termsOf(TERMS);
    for (const word of [...words.split(" "), "usual load", "impact threshold", "shortfall", "waste"]) expect(terms).toContain(word);
  });

  test("every name it gives as code is a name in the source", () => {
    const names = new Set([...FILES.values()].flatMap((of) => [...of]));
    expect(codeOf(TERMS).filter((name) => !names.has(name))).toEqual([]);
    expect(codeOf(TERMS).length).toBeGreaterThan(50);
  });
});

describe("words we do not use", () => {
  test("none is part of a name", () => {
    expect(struckOf(BANNED).length).toBeGreaterThan(10);
    expect(namesWith(struckOf(BANNED), FILES)).toEqual([]);
  });

  test("in the core nothing is called an event", () => {
    const core = new Map([...FILES].filter(([path]) => path.startsWith("shared/core/")));
    expect(core.size).toBeGreaterThan(40);
    expect(struckOf(BANNED_IN_CORE)).toEqual(["event", "events"]);
    expect(namesWith(struckOf(BANNED_IN_CORE), core)).toEqual([]);
  });

  test("a name is found whatever its case, and a word inside another or in a comment or a text is none", () => {
    const source = `
      import { thing } from "./utils.ts"; // a helper
      const text = "manager";
      const prevents = { capacityManager: 1, PRE_WARM: 2, eventsByDay: 3 };
      type Utility = { readonly helperOf: string };`;
    const found = namesWith(["manager", "helper", "utils", "event", "events"], new Map([["planted.ts", identifiersOf(source)]]));
    expect([...found].sort(compareText)).toEqual(["planted.ts: capacityManager", "planted.ts: eventsByDay", "planted.ts: helperOf"]);
  });
});
