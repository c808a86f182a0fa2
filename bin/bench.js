#!/usr/bin/env node
// `npm run bench -- NAME`: the same install and the same Node as `npm start`, then the bench of that name.
import { launch } from "./launch.js";

await launch("bench/index.ts", process.argv.slice(2));
