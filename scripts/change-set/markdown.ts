/** What `aws cloudformation describe-change-set` answers, as far as it is shown. */
export type ChangeSet = {
  readonly Status?: string;
  readonly StatusReason?: string;
  readonly Changes?: readonly {
    readonly ResourceChange?: {
      readonly Action?: string;
      readonly LogicalResourceId?: string;
      readonly ResourceType?: string;
      readonly Replacement?: string;
      readonly Details?: readonly { readonly Target?: { readonly Attribute?: string; readonly Name?: string } }[];
    };
  }[];
};

const HEADING = "### What this change does to the stack";

/**
 * A change set in Markdown, what is replaced or removed first. Functions of which only the code differs are counted, since each packaging
 * puts it somewhere else.
 */
export function markdownOfChangeSet({ Status, StatusReason, Changes = [] }: ChangeSet): readonly string[] {
  const head = ["", HEADING, ""];
  if (Status !== "CREATE_COMPLETE") {
    const nothing = /didn't contain changes|No updates are to be performed/.test(StatusReason ?? "");
    return [
      ...head,
      nothing ? "Nothing." : `There is no change set: ${Status ?? "CloudFormation did not say"}, ${StatusReason ?? "without a reason"}.`,
    ];
  }
  const all = Changes.flatMap(({ ResourceChange }) => ResourceChange ?? []);
  const isCodeAlone = (one: (typeof all)[number]): boolean =>
    one.ResourceType === "AWS::Lambda::Function" &&
    one.Action === "Modify" &&
    (one.Details ?? []).length > 0 &&
    (one.Details ?? []).every(({ Target }) => Target?.Name === "Code");
  const rows = all
    .filter((one) => !isCodeAlone(one))
    .map(({ Action = "?", LogicalResourceId = "?", ResourceType = "?", Replacement, Details = [] }) => {
      const properties = [...new Set(Details.flatMap(({ Target }) => Target?.Name ?? Target?.Attribute ?? []))];
      const what = Replacement === "True" || Replacement === "Conditional" ? `${Action}, replaced: ${Replacement.toLowerCase()}` : Action;
      return { gravity: gravityOf(Action, Replacement), cells: [what, LogicalResourceId, ResourceType, properties.join(", ")] };
    })
    .sort((a, b) => b.gravity - a.gravity);
  const code = all.length - rows.length;
  const codes = code === 0 ? [] : ["", `${code} functions get code that was packaged anew.`];
  if (rows.length === 0) return [...head, code === 0 ? "Nothing." : `${code} functions get code that was packaged anew, and nothing else.`];
  const table = [["change", "resource", "type", "what of it"], ["---", "---", "---", "---"], ...rows.map(({ cells }) => cells)];
  return [...head, ...table.map((cells) => `| ${cells.join(" | ")} |`), ...codes];
}

function gravityOf(action: string, replacement: string | undefined): number {
  if (action === "Remove" || replacement === "True") return 2;
  return replacement === "Conditional" ? 1 : 0;
}
