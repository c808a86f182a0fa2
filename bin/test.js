#!/usr/bin/env node
// `npm test`: the same install and the same Node as `npm start`, then vitest. It runs once; pass `--watch` to keep it running.
import { launch } from "./launch.js";

await launch("node_modules/vitest/vitest.mjs", ["run", ...process.argv.slice(2)]);
