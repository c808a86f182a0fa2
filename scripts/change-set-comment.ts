// Writes a change set as Markdown: `aws cloudformation describe-change-set … --output json | node scripts/change-set-comment.ts`.
import { text } from "node:stream/consumers";
import { markdownOfChangeSet, type ChangeSet } from "./change-set/markdown.ts";

process.stdout.write(`${markdownOfChangeSet(JSON.parse(await text(process.stdin)) as ChangeSet).join("\n")}\n`);
