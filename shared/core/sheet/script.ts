import { instantText } from "../instant-text.ts";
import type { Scaling, TargetInAws } from "../target-in-aws.ts";
import { OURS } from "../warm/bookings.ts";
import { largestUnits, type SheetTarget } from "./evening.ts";

const ENDPOINT = '${ENDPOINT:+--endpoint-url "$ENDPOINT"}';

/**
 * A script for any POSIX shell that does by hand what Calltime would do: raises minimums to the largest floor to come, releases them to the
 * customer's own, deletes our bookings. It needs AWS's command and credentials alone. `region`: where a target lies that does not say.
 */
export function sheetScript(targets: readonly SheetTarget[], region?: string): string {
  return [
    "#!/bin/sh",
    "# Calltime's evening by hand, written at every change of plan.",
    "#   sh evening-sheet.sh raise|release|unbook [target ...]",
    "# raise: the minimum to the largest floor to come; a higher one is left. release: the minimum back to the customer's own.",
    "# unbook: Calltime's scheduled actions are deleted. Without targets: those that Calltime is active on.",
    "# A target that fails keeps none from its turn; the end is 1 then. ENDPOINT: where AWS's API is, when not at AWS.",
    "set -u",
    "export AWS_PAGER=''",
    "",
    ...AS_ROLE,
    "",
    ...targets.flatMap((one, index) => [...functionsOf(one, index, region), ""]),
    "one() {",
    "  case $2 in",
    ...targets.map(({ target }, index) => `    ${quoted(target.id)}) "$1_${index}" ;;`),
    `    *) echo "there is no target $2 on this sheet" >&2; return 64 ;;`,
    "  esac",
    "}",
    "",
    "case ${1-} in",
    "  raise|release|unbook) action=$1; shift ;;",
    '  *) echo "say raise, release or unbook, and the targets" >&2; exit 64 ;;',
    "esac",
    `[ "$#" -gt 0 ] || set -- ${targets.flatMap(({ target }) => (target.mode === "active" ? [quoted(target.id)] : [])).join(" ")}`.trimEnd(),
    '[ "$#" -gt 0 ] || echo "Calltime is active on no target; name those that you mean"',
    "failed=0",
    'for target in "$@"; do',
    '  if one "$action" "$target"; then echo "$action $target: done"; else echo "$action $target: FAILED" >&2; failed=1; fi',
    "done",
    'exit "$failed"',
    "",
  ].join("\n");
}

const AS_ROLE: readonly string[] = [
  "# as ROLE EXTERNAL_ID REGION COMMAND...: does it in the role's account; without a role in our own.",
  "as() {",
  "  role=$1 external=$2 region=$3",
  "  shift 3",
  '  [ -z "$region" ] || set -- "$@" --region "$region"',
  '  if [ -z "$role" ]; then "$@"; return; fi',
  '  keys=$(aws sts assume-role --role-arn "$role" --role-session-name calltime-by-hand ${external:+--external-id "$external"} \\',
  `    \${region:+--region "$region"} --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text ${ENDPOINT}) || return`,
  "  printf '%s\\n' \"$keys\" | {",
  "    read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
  "    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
  '    "$@"',
  "  }",
  "}",
];

function functionsOf(one: SheetTarget, index: number, region: string | undefined): readonly string[] {
  const { target, ownUnits, floors } = one;
  const most = largestUnits(one);
  const plan = floors.map(({ atMs, units }) => `${units} from ${instantText(atMs)}`).join(", ");
  const { aws } = target;
  const acts = aws?.scaling === undefined ? undefined : actsOf(aws, aws.scaling, region);
  const cannot = (why: string): readonly string[] => [`  echo ${quoted(why)} >&2`, "  return 1"];
  const elsewhere = `${target.id} is not set by this script: it is no scalable target, no Aurora Serverless cluster and no load balancer`;
  const noPlan = `${target.id} has no plan`;
  const raise = acts === undefined ? cannot(elsewhere) : most === undefined ? cannot(noPlan) : acts.raise(most);
  return [
    `# ${index}: its own minimum ${ownUnits}; ${plan === "" ? "no plan" : plan}`,
    ...shellFunction(`raise_${index}`, raise),
    ...shellFunction(`release_${index}`, acts?.release(ownUnits) ?? cannot(elsewhere)),
    ...shellFunction(`unbook_${index}`, acts?.unbook ?? cannot(elsewhere)),
  ];
}

type Acts = {
  readonly raise: (units: number) => readonly string[];
  readonly release: (units: number) => readonly string[];
  readonly unbook: readonly string[];
};

function actsOf({ region: own, account }: TargetInAws, scaling: Scaling, region: string | undefined): Acts {
  const prefix = `as ${[account?.roleArn ?? "", account?.externalId ?? "", own ?? region ?? ""].map(quoted).join(" ")} aws`;
  const call = (words: string): string => `${prefix} ${words} ${ENDPOINT}`;
  switch (scaling.kind) {
    case "scalable-target":
      return scalableActs(scaling, call);
    case "acu":
      return acuActs(scaling, call);
    case "lcu":
      return lcuActs(scaling, call);
    default:
      return scaling satisfies never;
  }
}

function scalableActs(
  { namespace, resourceId, dimension }: Extract<Scaling, { kind: "scalable-target" }>,
  call: (words: string) => string,
): Acts {
  const service = `--service-namespace ${quoted(namespace)} --scalable-dimension ${quoted(dimension)}`;
  const place = `${service} --resource-id ${quoted(resourceId)}`;
  const set = (units: number): string => `  ${call(`application-autoscaling register-scalable-target ${place} --min-capacity ${units}`)}`;
  const described = `application-autoscaling describe-scalable-targets ${service} --resource-ids ${quoted(resourceId)}`;
  const booked = `application-autoscaling describe-scheduled-actions ${place}`;
  const names = `"ScheduledActions[?starts_with(ScheduledActionName, '${OURS}')].ScheduledActionName"`;
  return {
    raise: (units) => [
      `  now=$(${call(`${described} --query 'ScalableTargets[0].MinCapacity' --output text`)}) || return`,
      ...unlessEnough(units),
      set(units),
    ],
    release: (units) => [set(units)],
    unbook: [
      `  names=$(${call(`${booked} --query ${names} --output text`)}) || return`,
      "  for name in $names; do",
      '    [ "$name" != None ] || continue',
      `    ${call(`application-autoscaling delete-scheduled-action ${place} --scheduled-action-name "$name"`)} || return`,
      "  done",
    ],
  };
}

function acuActs({ clusterId }: Extract<Scaling, { kind: "acu" }>, call: (words: string) => string): Acts {
  const cluster = `--db-cluster-identifier ${quoted(clusterId)}`;
  const range = "DBClusters[0].ServerlessV2ScalingConfiguration";
  const read = (name: string, field: string): string =>
    `  ${name}=$(${call(`rds describe-db-clusters ${cluster} --query ${quoted(`${range}.${field}`)} --output text`)}) || return`;
  // The maximum has to be sent again, as it is.
  const set = (units: number): readonly string[] => [
    read("most", "MaxCapacity"),
    `  [ "$most" != None ] || { echo ${quoted(`${clusterId} has no range of capacity units`)} >&2; return 1; }`,
    `  ${call(`rds modify-db-cluster ${cluster} --serverless-v2-scaling-configuration "MinCapacity=${units},MaxCapacity=$most" --apply-immediately`)}`,
  ];
  return {
    raise: (units) => [read("now", "MinCapacity"), ...unlessEnough(units), ...set(units)],
    release: set,
    unbook: ["  echo 'a cluster has no bookings'"],
  };
}

function lcuActs({ loadBalancerArn }: Extract<Scaling, { kind: "lcu" }>, call: (words: string) => string): Acts {
  const balancer = `--load-balancer-arn ${quoted(loadBalancerArn)}`;
  const now = "MinimumLoadBalancerCapacity.CapacityUnits";
  const set = (units: number): readonly string[] => {
    const what = units === 0 ? "--reset-capacity-reservation" : `--minimum-load-balancer-capacity CapacityUnits=${units}`;
    return [`  ${call(`elbv2 modify-capacity-reservation ${balancer} ${what}`)}`];
  };
  return {
    raise: (units) => [
      `  now=$(${call(`elbv2 describe-capacity-reservation ${balancer} --query ${now} --output text`)}) || return`,
      ...unlessEnough(units),
      ...set(units),
    ],
    release: set,
    unbook: ["  echo 'a load balancer has no bookings'"],
  };
}

/** Ends a raise where the minimum, `$now`, which may have a fraction, is at least `units`. */
function unlessEnough(units: number): readonly string[] {
  return [`  case $now in *[!0-9.]*|'') ;; *) [ "\${now%%.*}" -lt ${units} ] || { echo "its minimum is $now already"; return 0; } ;; esac`];
}

function shellFunction(name: string, lines: readonly string[]): readonly string[] {
  return [`${name}() {`, ...lines, "}"];
}

/** `text` as one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
