import { modeChanged, newEvent } from "../../events/index.ts";
import { CalltimeError } from "../core/error.ts";
import type { Target, TargetMode } from "../core/target.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { publish } from "./publish.ts";

/** A mode that a person set, over what the target's own file says. */
export type ModeSet = { readonly mode: TargetMode; readonly author: string; readonly why: string; readonly atMs: number };

/** The modes that people set: one switch for all targets, and one for each. */
export type Modes = {
  readonly all?: ModeSet | undefined;
  /** By target id. */
  readonly targets: Readonly<Record<string, ModeSet>>;
  /** How often a mode was set: what tells two changes of one minute apart. */
  readonly changes: number;
};

const NOBODY_SET: Modes = { targets: {}, changes: 0 };

/** Key of the modes. */
export const MODES_KEY = "modes";

// Of the switch for all and the target's own the one that lets Calltime do less holds.
const LEAST_FIRST: readonly TargetMode[] = ["frozen", "observe", "active"];

/** The modes that people set. */
export async function readModes(context: Context): Promise<Modes> {
  return (await readDocument<Modes>(context.ports.documents, MODES_KEY))?.value ?? NOBODY_SET;
}

/** The mode in force for a target: what its switch says, else its file; the switch for all can only take away from that. */
export function modeOf({ id, mode }: Pick<Target, "id" | "mode">, modes: Modes): TargetMode {
  const own = modes.targets[id]?.mode ?? mode;
  return LEAST_FIRST.find((each) => each === own || each === modes.all?.mode) ?? own;
}

/** The targets with the modes in force. */
export async function targetsInForce(context: Context): Promise<readonly Target[]> {
  const modes = await readModes(context);
  return context.settings.targets.map((target) => ({ ...target, mode: modeOf(target, modes) }));
}

/** A mode as a person sets it: for one target, or for all when `targetId` is left out. */
export type AskedMode = {
  readonly mode: TargetMode;
  readonly targetId?: string | undefined;
  readonly author: string;
  readonly why: string;
};

/**
 * Sets the mode of one target, or the switch for all, and tells of it; setting the same again changes nothing. Throws `target-unknown`,
 * `mode-author-blank`, `mode-why-blank`, and `mode-no-scale-in` for a target that nothing would ever scale in again.
 */
export async function setMode(context: Context, asked: AskedMode, now: number): Promise<"set" | "unchanged"> {
  const { mode, targetId } = asked;
  const author = asked.author.trim();
  const why = asked.why.trim();
  if (author === "") throw new CalltimeError("mode-author-blank", "the author is blank; the name of whoever sets the mode would be right");
  if (why === "") throw new CalltimeError("mode-why-blank", "the reason is blank; whoever asks why nothing is written needs one");
  if (targetId !== undefined) refuseTarget(context, targetId, mode);
  let changed = false;
  const modes = await updateDocument<Modes>(context.ports.documents, MODES_KEY, (before = NOBODY_SET) => {
    const held = targetId === undefined ? before.all : before.targets[targetId];
    changed = held?.mode !== mode;
    if (!changed) return undefined;
    const set: ModeSet = { mode, author, why, atMs: now };
    const next = { ...before, changes: before.changes + 1 };
    return targetId === undefined ? { ...next, all: set } : { ...next, targets: { ...before.targets, [targetId]: set } };
  });
  if (!changed || modes === undefined) return "unchanged";
  const data = { targetId: targetId ?? null, mode, author, reason: why };
  await publish(context, [newEvent(modeChanged, { id: `mode.changed/${modes.changes}`, atMs: now, data })]);
  return "set";
}

function refuseTarget({ settings }: Context, targetId: string, mode: TargetMode): void {
  const target = settings.targets.find(({ id }) => id === targetId);
  if (target === undefined) {
    const known = settings.targets.map(({ id }) => id).join(", ");
    throw new CalltimeError("target-unknown", `${targetId}: there is no such target; the targets are ${known}`);
  }
  if (mode === "active" && target.scalesIn === "none") {
    const right = "give it a policy that scales in, or leave it in observe";
    throw new CalltimeError("mode-no-scale-in", `${targetId}: nothing scales it in, so a raised minimum would never come down; ${right}`);
  }
}
