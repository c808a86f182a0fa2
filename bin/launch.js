// Plain JavaScript on purpose: this is the one file that has to run on any Node from 20 on. It gets the packages and a Node 24 in
// place and hands over. npm 10 (which ships with Node 20 and 22) does not link the packaged Node's bin, so npm cannot do this for us.
import { spawn } from "node:child_process";
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The first Node line that runs this project: type stripping without a flag, `node:sqlite`, zstd. */
export const OLDEST_NODE_MAJOR = 24;

/** The folder of this checkout, ending without a slash. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A terminal and npm deliver one Ctrl-C two or three times; those within this time are one. */
const SAME_INTERRUPT_MS = 1000;

/** @type {NodeJS.Signals[]} */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** @typedef {{ kind: "own", path: string } | { kind: "packaged", path: string, pathFirst: string } | { kind: "none", message: string }} NodeChoice */

/**
 * Which Node runs the TypeScript: this process's own if it is new enough, else the one that came with the packages, else none with a
 * sentence for the person at the terminal.
 * @param {{ version: string, execPath: string, platform: string, arch: string, root: string, exists: (path: string) => boolean }} seen
 * @returns {NodeChoice}
 */
export function chooseNode({ version, execPath, platform, arch, root, exists }) {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1]);
  if (major >= OLDEST_NODE_MAJOR) return { kind: "own", path: execPath };
  const folder = join(root, "node_modules", `node-${platform}-${arch}`, "bin");
  const path = join(folder, "node");
  if (exists(path)) return { kind: "packaged", path, pathFirst: folder };
  return {
    kind: "none",
    message: `Calltime needs Node ${OLDEST_NODE_MAJOR} or newer, this is ${version} and there is no packaged Node for ${platform}-${arch}: install Node ${OLDEST_NODE_MAJOR} from https://nodejs.org and run the command again.`,
  };
}

/**
 * Whether the packages have to be installed. npm writes its own record (`node_modules/.package-lock.json`) last, so an install that was
 * killed half-way has none and is repeated. Equal times count as installed.
 * @param {{ lockfileMs: number, recordMs: number | undefined }} times modification times; no record is `undefined`
 */
export function needsInstall({ lockfileMs, recordMs }) {
  return recordMs === undefined || recordMs < lockfileMs;
}

/**
 * How to start npm: the one we were started by, through this process's Node (it may not be on PATH), else the one on PATH. Under npx the
 * variable can name npx's own entry, and under other package managers theirs, which have no `ci`.
 * @param {{ npmExecPath: string | undefined, execPath: string, exists: (path: string) => boolean }} seen
 * @returns {{ command: string, args: string[] }}
 */
export function npmCommand({ npmExecPath, execPath, exists }) {
  if (npmExecPath !== undefined && ["npm-cli.js", "npx-cli.js"].includes(basename(npmExecPath))) {
    const npm = join(dirname(npmExecPath), "npm-cli.js");
    if (exists(npm)) return { command: execPath, args: [npm] };
  }
  return { command: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };
}

/**
 * Whether a signal is passed on to the child, given when the last SIGINT was: a repeat within a second is the same Ctrl-C.
 * @param {{ signal: string, nowMs: number, lastInterruptMs: number | undefined }} seen
 */
export function passesOn({ signal, nowMs, lastInterruptMs }) {
  return signal !== "SIGINT" || lastInterruptMs === undefined || nowMs - lastInterruptMs >= SAME_INTERRUPT_MS;
}

/**
 * Installs the packages if they are missing or older than the lockfile, then runs `file` (below the root, or absolute) with `args` on
 * Node 24 or newer and ends this process the way the child ended. Everything the launcher itself says goes to standard error.
 * @param {string} file
 * @param {string[]} args
 * @returns {Promise<void>}
 */
export async function launch(file, args) {
  if (!(await install())) return;
  const node = chooseNode({
    version: process.version,
    execPath: process.execPath,
    platform: process.platform,
    arch: process.arch,
    root: ROOT,
    exists: existsSync,
  });
  if (node.kind === "none") {
    say(node.message);
    process.exitCode = 1;
    return;
  }
  const env = { ...process.env };
  if (node.kind === "packaged") env["PATH"] = node.pathFirst + delimiter + (env["PATH"] ?? "");
  // node:sqlite is still announced as experimental by Node 24; standard error is for what the operator should read.
  const flags = ["--disable-warning=ExperimentalWarning"];
  const end = await run(node.path, [...flags, resolve(ROOT, file), ...args], { stdio: "inherit", env });
  endLike(end);
}

/**
 * Runs a command to its end, passing on the signals this process is sent meanwhile.
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
function run(command, args, options) {
  const child = spawn(command, args, options);
  /** @type {number | undefined} */
  let lastInterruptMs;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    const nowMs = Date.now();
    if (!passesOn({ signal, nowMs, lastInterruptMs })) return;
    if (signal === "SIGINT") lastInterruptMs = nowMs;
    child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise((done) => {
    /** @param {number | null} code @param {NodeJS.Signals | null} signal */
    const ended = (code, signal) => {
      for (const each of FORWARDED) process.off(each, forward);
      done({ code, signal });
    };
    child.on("error", (error) => {
      say(`${command} could not be started: ${error.message}`);
      ended(1, null);
    });
    child.on("exit", ended);
  });
}

/**
 * Makes this process end as its child did: by the same signal, so that a shell or a supervisor sees what happened, else with its exit code.
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} end
 */
function endLike({ code, signal }) {
  // 128 + n is for the signals that do not end a process by themselves.
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  if (signal !== null) process.kill(process.pid, signal);
}

/**
 * True when the packages are in place, after installing them if need be. `npm ci` empties node_modules first, so of two launchers started
 * together one installs and the other waits.
 */
async function install() {
  if (!stale()) return true;
  const unlock = await lockInstall();
  try {
    if (!stale()) return true;
    say("Installing packages (first start, or the lockfile changed) …");
    const npm = npmCommand({ npmExecPath: process.env["npm_execpath"], execPath: process.execPath, exists: existsSync });
    // NODE_ENV=production must not leave out what the tests need, nor an omit setting the packaged Node.
    const args = [...npm.args, "ci", "--loglevel=error", "--include=dev", "--include=optional"];
    const end = await run(npm.command, args, { cwd: ROOT, stdio: ["ignore", 2, 2], shell: npm.command.endsWith(".cmd") });
    if (end.code === 0) return true;
    say(`npm ci ended with ${end.signal ?? end.code}, so nothing was started.`);
    // Only npm knows what it had deleted or half written: without its record the next start repeats the install.
    rmSync(join(ROOT, "node_modules", ".package-lock.json"), { force: true });
    endLike(end);
    return false;
  } finally {
    unlock();
  }
}

function stale() {
  const lockfileMs = modifiedMs(join(ROOT, "package-lock.json"));
  // Without a lockfile there is nothing to compare with or to install from.
  if (lockfileMs === undefined) return false;
  return needsInstall({ lockfileMs, recordMs: modifiedMs(join(ROOT, "node_modules", ".package-lock.json")) });
}

/** @param {string} path */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** Waits until no other living launcher installs into this checkout. Returns the function that lets the next one in. */
async function lockInstall() {
  const lock = join(ROOT, ".installing");
  const mine = `${lock}.${process.pid}`;
  // A link appears with its content, so nobody ever reads a lock without its owner.
  writeFileSync(mine, String(process.pid));
  let told = false;
  try {
    for (;;) {
      try {
        linkSync(mine, lock);
        return () => rmSync(lock, { force: true });
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      }
      if (!ownerLives(lock)) {
        rmSync(lock, { force: true });
        continue;
      }
      if (!told) say("Another start is installing packages; waiting for it …");
      told = true;
      await sleep(200);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @param {string} lock */
function ownerLives(lock) {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return true;
  } catch (error) {
    // EPERM: alive, but somebody else's. ENOENT: it has just finished. ESRCH: it was killed.
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} sentence */
function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}
