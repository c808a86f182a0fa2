/** What is asked for of a target, and what serves, as the service itself says; undefined where it does not. */
export type Counts = {
  readonly desiredUnits: number | undefined;
  readonly servingUnits: number | undefined;
  /** While a deployment is under way: how many times the units asked for may run. */
  readonly deployingTimes?: number;
  /** What a person should know besides. */
  readonly remarks: readonly string[];
};

/** Where nobody says. */
export function uncounted(remark: string): Counts {
  return { desiredUnits: undefined, servingUnits: undefined, remarks: [remark] };
}
