#!/usr/bin/env node
// The `calltime` command: `npx calltime …` inside a checkout, `npm start -- …` for `calltime start …`.
import { launch } from "./launch.js";

await launch("cli/main.ts", process.argv.slice(2));
