#!/usr/bin/env node
// `npm run package`: the same install and the same Node as `npm start`, then the packaging of the functions for AWS.
import { launch } from "./launch.js";

await launch("scripts/package.ts", process.argv.slice(2));
