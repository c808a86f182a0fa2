import type { Target, TargetMode } from "../core/target.ts";
import type { Context } from "./context.ts";
import { readDocument } from "./documents.ts";

/** A mode that a person set, over what the target's own file says. */
export type ModeSet = { readonly mode: TargetMode; readonly author: string; readonly why: string; readonly atMs: number };

/** The modes that people set: one switch for all targets, and one for each. */
export type Modes = {
  readonly all?: ModeSet | undefined;
  /** By target id. */
  readonly targets: Readonly<Record<string, ModeSet>>;
};

/** Key of the modes. */
export const MODES_KEY = "modes";

// Of the switch for all and the target's own the one that lets Calltime do less holds.
const LEAST_FIRST: readonly TargetMode[] = ["frozen", "observe", "active"];

/** The modes that people set. */
export async function readModes(context: Context): Promise<Modes> {
  return (await readDocument<Modes>(context.ports.documents, MODES_KEY))?.value ?? { targets: {} };
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
