import { accountLimits } from "../aws/account-limits.ts";
import type { LimitSource } from "../app/ports.ts";
import type { Place } from "./platform.ts";

/** Where limits of accounts are looked at. */
export function limits({ settings, region }: Place): LimitSource {
  return accountLimits({ targets: settings.targets, homeRegion: region });
}
