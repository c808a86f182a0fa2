import { contextOf, type Context } from "../app/context.ts";
import type { Ports } from "../app/ports.ts";
import { minuteOf } from "../core/time.ts";
import { readEnv, type Variables } from "../lambda/env.ts";
import type { Handling } from "../lambda/stack.ts";
import { telemetryOf } from "../lambda/telemetry.ts";
import { withAbsent } from "./absent.ts";
import { deployedSettings, type DeployedSettings } from "./settings.ts";

/** What every function is told of where it runs. */
const ENVIRONMENT = {
  AWS_REGION: "the Region, which Lambda itself sets",
  CALLTIME_STAGE: "the stage, such as prod",
  CALLTIME_TABLE: "the name of the table that holds its state",
  CALLTIME_BUCKET: "the name of the bucket that feeds are put into",
  CALLTIME_BUS: "the name of the event bus",
  CALLTIME_ZONE: "the time zone that the audience lives in, such as Europe/Copenhagen",
};

/** What the ports of a function are made from. */
export type Place = DeployedSettings & {
  readonly region: string;
  readonly table: string;
  readonly bucket: string;
  readonly bus: string;
};

/** One function of a deployment. */
export type Deployed = {
  readonly handling: Handling;
  readonly context: Context;
  readonly place: Place;
  /** The platform's present, in epoch milliseconds. */
  readonly now: () => number;
  /** The beginning of the present minute: the instant of a tick. */
  readonly minute: () => number;
};

/**
 * A function as it is deployed; made once, at cold start. `code` is where its code lies, `portsOf` makes the ports it needs, and `own` are
 * the variables that it alone is told. Throws what its environment and its settings have wrong, every problem together.
 */
export function deployed<Own extends string = never>(
  functionName: string,
  code: string,
  portsOf: (place: Place, env: Readonly<Record<Own, string>>) => Partial<Ports>,
  own?: Variables<Own>,
): Deployed {
  const env = readEnv({ ...ENVIRONMENT, ...own } as Variables<keyof typeof ENVIRONMENT | Own>, process.env);
  const now = (): number => Date.now();
  const place: Place = {
    ...deployedSettings(new URL(".", code), env.CALLTIME_ZONE, now()),
    region: env.AWS_REGION,
    table: env.CALLTIME_TABLE,
    bucket: env.CALLTIME_BUCKET,
    bus: env.CALLTIME_BUS,
  };
  return {
    handling: { functionName, telemetry: telemetryOf({ functionName, stage: env.CALLTIME_STAGE }) },
    context: contextOf(withAbsent(functionName, portsOf(place, env)), place.settings),
    place,
    now,
    minute: () => minuteOf(now()),
  };
}
