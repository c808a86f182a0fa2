import type { AccountRole, TargetInAws } from "../core/target-in-aws.ts";

/** Whose account and which Region something is in; the account is Calltime's own when left out. */
export type Place = { readonly region: string; readonly account?: AccountRole };

/** The same place has the same key. */
export function placeKey({ region, account }: Place): string {
  return JSON.stringify([region, account?.roleArn, account?.externalId]);
}

/** Where a target is, seen from the Region that Calltime runs in. */
export function placeOf({ region, account }: Pick<TargetInAws, "region" | "account">, homeRegion: string): Place {
  return { region: region ?? homeRegion, ...(account !== undefined && { account }) };
}

/** A value for each place, made once. */
export function byPlace<V>(make: (place: Place) => V): (place: Place) => V {
  const made = new Map<string, V>();
  return (place) => {
    const key = placeKey(place);
    let value = made.get(key);
    if (value === undefined) made.set(key, (value = make(place)));
    return value;
  };
}
