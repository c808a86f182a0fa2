// The import table: who may import whom. One row per folder, three rules per row (ours, npm packages, Node built-ins), read by
// test/architecture/imports.test.ts, which also plants a violation of every rule. To change what a folder may import, change its row
// here in the same commit as the import, with the reason.

/** Everything of ours that can be imported. A folder always may import itself. */
const OURS = "^(functions|events|shared|local|console|cli|bench|test|scripts|bin)/";
const NONE = [];
const ANY = "any";

/**
 * `ours`: pattern of paths, from the root. `packages`: names as in package.json, a trailing "/" takes a whole scope, and a path below a
 * package narrows it. `builtins`: names without "node:". ANY leaves that column open.
 */
const ROWS = [
  // simulate/ and forecast/ inside the core have rules of their own, below.
  { name: "core", from: "^shared/core/", ours: "^shared/core/", packages: NONE, builtins: NONE },
  { name: "events", from: "^events/", ours: "^events/", packages: ["zod"], builtins: NONE },
  { name: "config", from: "^shared/config/", ours: "^shared/(core|config)/", packages: ["zod", "yaml"], builtins: NONE },
  {
    name: "feeds",
    from: "^shared/feeds/",
    // error.ts: a broken feed is told with a stable code, like every failure a person can meet.
    ours: "^shared/(core/(schedule/|error\\.ts$)|feeds/)",
    // One parser a format: JSON, CSV. XML is read by our own.
    packages: ["@streamparser/json", "csv-parse"],
    // buffer: whether bytes are UTF-8 is asked of the host, a hundred times as fast as of a loop.
    builtins: ["buffer", "zlib", "stream", "crypto"],
  },
  {
    name: "manifests",
    from: "^shared/manifests/",
    ours: "^shared/(core/error\\.ts$|manifests/)",
    // One parser a format: HLS, DASH; the latter takes a document of xmldom.
    packages: ["hls-parser", "mpd-parser", "@xmldom/"],
    builtins: NONE,
  },
  { name: "app", from: "^shared/app/", ours: "^(shared/(core|feeds|manifests|app)|events)/", packages: NONE, builtins: NONE },
  { name: "api", from: "^shared/api/", ours: "^(shared/(app|core|config|api)|events)/", packages: ["zod", "hono"], builtins: NONE },
  {
    name: "aws",
    from: "^shared/aws/",
    ours: "^(shared/app/ports(/|\\.ts$)|shared/core/|shared/aws/|events/)",
    packages: ["@aws-sdk/", "@smithy/"],
    builtins: ANY,
  },
  {
    name: "edges",
    from: "^shared/edges/",
    ours: "^(shared/app/ports(/|\\.ts$)|shared/core/|shared/edges/)",
    // What RFC 9111 says of an answer, and which addresses are private, others keep better than we would.
    packages: ["http-cache-semantics", "ipaddr.js"],
    builtins: ["dns", "http", "https", "net", "util", "zlib"],
  },
  {
    name: "database",
    from: "^shared/database/",
    ours: "^(shared/app/ports(/|\\.ts$)|shared/core/|shared/database/)",
    packages: ["pg", "@types/pg"],
    builtins: NONE,
  },
  {
    name: "lambda",
    from: "^shared/lambda/",
    // error.ts: what a function refuses has a stable code, like every failure a person can meet.
    ours: "^(shared/(lambda/|core/error\\.ts$)|events/)",
    packages: ["@middy/", "@aws-lambda-powertools/", "zod"],
    builtins: ["process"],
  },
  {
    // A deployment put together: its settings, its ports, its clock. What `local/` is on a laptop.
    name: "deployed",
    from: "^shared/deployed/",
    ours: "^(shared/(app|aws|config|core|lambda|deployed)/|events/)",
    packages: NONE,
    // The zone is read off the process, which a worker cannot.
    builtins: ["fs", "worker_threads"],
  },
  {
    name: "functions",
    from: "^functions/([^/]+)/",
    ours: "^(functions/$1|shared|events)/",
    // Of the router only its Lambda adapter: routes belong to shared/api.
    packages: ["@middy/", "hono/dist/(types/)?adapter/aws-lambda/"],
    builtins: NONE,
  },
  {
    name: "local",
    from: "^local/",
    ours: "^(shared/(app|api|core|config|feeds)|events|local)/",
    // zod reads what a world in a process of its own says, as it reads what comes in over the API.
    packages: ["@hono/node-server", "hono", "zod"],
    builtins: ANY,
  },
  { name: "console", from: "^console/", ours: "^console/", packages: ["preact", "@preact/", "uplot"], builtins: NONE },
  {
    name: "cli",
    from: "^cli/",
    // edges, manifests, database: caches are warmed from wherever the command runs.
    ours: "^(shared/(core|config|feeds|manifests|edges|database|app)|events|local|cli)/",
    // The signature that a deployment's API asks for.
    packages: ["commander", "@smithy/signature-v4"],
    builtins: ANY,
  },
  {
    name: "bench",
    from: "^bench/",
    // scripts/package: how long a packaged function takes to start is measured of what is packaged.
    ours: "^(shared/(core|config|feeds|manifests|edges|database|app)|events|local|bench|scripts/package)/",
    // The peers a claim is measured against are added with the benchmark that runs them. pg: whoever asks a warmed database is a viewer's service.
    packages: ["epg-parser", "fast-xml-parser", "pg", "@types/pg", "saxes", "xmltv"],
    builtins: ANY,
  },
  // Runs on any Node, before anything is installed.
  { name: "bin", from: "^bin/", ours: "^bin/", packages: NONE, builtins: ANY },
  { name: "test", from: "^test/", ours: ANY, packages: ANY, builtins: ANY },
  { name: "scripts", from: "^scripts/", ours: ANY, packages: ANY, builtins: ANY },
];

const rulesOfRow = (row) =>
  [
    row.ours !== ANY && {
      name: `${row.name}-ours`,
      severity: "error",
      comment: `${row.from} may import of ours only ${row.ours}`,
      from: { path: row.from },
      to: { path: OURS, pathNot: row.ours },
    },
    row.packages !== ANY && {
      name: `${row.name}-packages`,
      severity: "error",
      comment: `${row.from} may import the packages ${row.packages.join(", ") || "(none)"}`,
      from: { path: row.from },
      // Not anchored at the start: in a tree of planted violations node_modules is some folders up.
      to: {
        path: "(^|/)node_modules/",
        ...(row.packages.length > 0 && {
          pathNot: row.packages.map((name) => `(^|/)node_modules/${name}${name.endsWith("/") ? "" : "(/|$)"}`),
        }),
      },
    },
    row.builtins !== ANY && {
      name: `${row.name}-builtins`,
      severity: "error",
      comment: `${row.from} may import the built-ins ${row.builtins.join(", ") || "(none)"}`,
      from: { path: row.from },
      to: {
        dependencyTypes: ["core"],
        ...(row.builtins.length > 0 && { pathNot: `^(node:)?(${row.builtins.join("|")})(/|$)` }),
      },
    },
  ].filter(Boolean);

module.exports = {
  forbidden: [
    ...ROWS.flatMap(rulesOfRow),
    {
      name: "simulate-knows-no-forecast",
      severity: "error",
      comment: "The world Calltime is proved in must not be built from what Calltime believes.",
      from: { path: "^shared/core/simulate/" },
      to: { path: "^shared/core/forecast/" },
    },
    {
      name: "simulate-is-for-proof",
      severity: "error",
      comment: "Only the local platform, benchmarks and tests run in a simulated world.",
      from: { pathNot: "^(shared/core/simulate|local|bench|test)/" },
      to: { path: "^shared/core/simulate/" },
    },
    {
      name: "every-import-resolves",
      severity: "error",
      comment: "What cannot be resolved matches no row, so it would pass unseen.",
      from: {},
      // Types without a package of that name: the next rule says who may have them.
      to: { couldNotResolve: true, pathNot: "^aws-lambda$" },
    },
    {
      name: "lambda-types-stay-there",
      severity: "error",
      comment: "Only what runs in a Lambda knows what one is called with.",
      from: { pathNot: "^(shared/lambda|functions|test)/" },
      to: { path: "^aws-lambda$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Never node_modules: an excluded import is an unseen import.
    exclude: { path: "^(coverage|dist)/" },
    // Without swc dependency-cruiser cannot read TypeScript 7 and is green on 0 modules.
    parser: "swc",
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
  },
};
