import { stableHash } from "../core/hash.ts";
import { sentenceOf } from "../core/plan/explain.ts";
import type { SheetFloor, SheetTarget } from "../core/sheet/evening.ts";
import { sheetScript } from "../core/sheet/script.ts";
import { sheetText } from "../core/sheet/text.ts";
import type { Target } from "../core/target.ts";
import type { Booking } from "../core/warm/bookings.ts";
import { readAhead } from "./bookings.ts";
import type { Context } from "./context.ts";
import { readDocument, updateDocument } from "./documents.ts";
import { readFloor } from "./floor.ts";
import { targetsInForce } from "./modes.ts";
import { storedPlan, type StoredPlan } from "./plan.ts";

/** Names of the evening sheet and of the script beside it. */
export const SHEET_NAME = "evening-sheet.txt";
export const SCRIPT_NAME = "evening-sheet.sh";

/** What the sheet that was put last says. */
type KeptSheet = { readonly of: string };

const SHEET_KEY = "sheet";

/**
 * Puts what a person needs while Calltime is down where people find it, when it says anything else than what lies there: floors, reasons
 * and commands for each target. What it rests on is read, not remembered: a sheet that could not be put is put at the next tick.
 */
export async function keepSheet(context: Context, now: number): Promise<void> {
  const { sheets, documents } = context.ports;
  if (sheets === undefined) return;
  const ahead = await readAhead(context);
  const targets = await Promise.all(
    (await targetsInForce(context)).map((target) => sheetTargetOf(context, target, ahead[target.id] ?? [], now)),
  );
  const of = stableHash(JSON.stringify([targets.map(essenceOf), sheets.region]));
  if ((await readDocument<KeptSheet>(documents, SHEET_KEY))?.value.of === of) return;
  await sheets.keep(SHEET_NAME, sheetText(targets));
  await sheets.keep(SCRIPT_NAME, sheetScript(targets, sheets.region));
  await updateDocument<KeptSheet>(documents, SHEET_KEY, () => ({ of }));
}

async function sheetTargetOf(context: Context, target: Target, ahead: readonly Booking[], now: number): Promise<SheetTarget> {
  const stored = await storedPlan(context, target.id);
  const ownUnits = (await readFloor(context, target.id))?.value.customerUnits ?? target.baselineUnits;
  const floors = floorsOf(stored, ahead).filter((_, index, all) => (all[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) > now);
  return { target, ownUnits, floors, shorts: (stored?.plan.shorts ?? []).filter(({ toMs }) => toMs > now) };
}

/** The floors of the plan, and those of the day ahead that lie beyond it. */
function floorsOf(stored: StoredPlan | undefined, ahead: readonly Booking[]): readonly SheetFloor[] {
  if (stored === undefined) return [];
  const { steps, untilMs } = stored.plan;
  return [
    ...steps.map(({ atMs, floorUnits, reasons }) => ({ atMs, units: floorUnits, sentences: reasons.map(sentenceOf) })),
    ...ahead.filter(({ atMs }) => atMs >= untilMs).map(({ atMs, units }) => ({ atMs, units, sentences: [] })),
  ];
}

/** What makes another sheet. The first floor and the shortages that are under way begin anew with each plan, and their reasons are worded anew. */
function essenceOf({ target, ownUnits, floors, shorts }: SheetTarget): unknown {
  return [
    [target.id, target.mode, target.ceilingUnits, target.aws ?? null, ownUnits],
    floors.map(({ atMs, units }, index) => [index === 0 ? null : atMs, units]),
    shorts.map(({ toMs, units, limit }) => [toMs, units, limit]),
  ];
}
