/** `npm run bench -- NAME [options]`: runs one of the benches that have a name. */
import { main as ablation } from "./ablation.ts";
import { main as audience } from "./audience.ts";
import { main as cold } from "./cold.ts";
import { main as database } from "./database.ts";
import { main as edges } from "./edges.ts";
import { main as premieres } from "./premieres.ts";
import { main as replan } from "./replan.ts";
import { main as season } from "./season.ts";

const BENCHES: Readonly<Record<string, (args: readonly string[]) => void | Promise<void>>> = {
  ablation,
  audience,
  cold,
  database,
  edges,
  premieres,
  replan,
  season,
};

const [name = "", ...args] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  process.stderr.write(`bench: there is no "${name}"; there are ${Object.keys(BENCHES).join(", ")}\n`);
  process.exitCode = 2;
} else await bench(args);
