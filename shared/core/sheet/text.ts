import { instantText } from "../instant-text.ts";
import { largestUnits, type SheetTarget } from "./evening.ts";

/** The evening sheet: what each target needs when, and why, for people who have nothing else. Times are in UTC. */
export function sheetText(targets: readonly SheetTarget[]): string {
  return [
    "Calltime: evening sheet",
    "Written at every change of plan, for when Calltime itself is down. Times are in UTC, a floor holds until the next one.",
    "evening-sheet.sh beside it sets them by hand: sh evening-sheet.sh raise|release|unbook [target ...]",
    ...targets.flatMap((one) => ["", ...linesOf(one)]),
    "",
  ].join("\n");
}

function linesOf(one: SheetTarget): readonly string[] {
  const { target, ownUnits, floors, shorts } = one;
  const most = largestUnits(one);
  return [
    `${oneLine(target.id)} (${target.kind}, ${target.mode}): its own minimum ${ownUnits}, its maximum ${target.ceilingUnits}, largest floor ${most ?? "unknown"}`,
    ...(floors.length === 0 ? ["  no plan"] : []),
    ...floors.flatMap(({ atMs, units, sentences }) => [
      `  ${instantText(atMs)}  ${units}`,
      ...sentences.map((sentence) => `      ${oneLine(sentence)}`),
    ]),
    ...shorts.map(({ fromMs, toMs, units, limit }) => `  short by ${units} from ${instantText(fromMs)} to ${instantText(toMs)}: ${limit}`),
  ];
}

/** `text` without what would begin a line of its own or move a terminal's cursor: titles come from feeds. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}
