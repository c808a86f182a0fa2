import type { Context } from "../../shared/app/context.ts";
import { setMode } from "../../shared/app/modes.ts";
import { setOverride, withdrawOverride, type AskedOverride } from "../../shared/app/override.ts";
import type { Happening } from "./evening.ts";

/** Does what a person asks for; true when it was acknowledged. */
export async function persons(context: Context, happening: Happening, now: number): Promise<boolean> {
  try {
    switch (happening.kind) {
      case "feed":
        return false;
      case "mode":
        await setMode(context, { mode: happening.mode, targetId: happening.targetId, author: "chaos", why: "to see" }, now);
        return true;
      case "withdraw":
        await withdrawOverride(context, happening.id, { author: "chaos" }, now);
        return true;
      default:
        await setOverride(context, await askedOf(context, happening, now), now);
        return true;
    }
  } catch {
    return false;
  }
}

type Ordered = Exclude<Happening, { readonly kind: "feed" | "mode" | "withdraw" }>;

async function askedOf(context: Context, happening: Ordered, now: number): Promise<AskedOverride> {
  const { kind, id, untilMs } = happening;
  const lease = { kind, id, untilMs, author: "chaos", why: "to see" };
  switch (happening.kind) {
    case "floor":
      return { ...lease, targetIds: [happening.targetId], floorUnits: happening.floorUnits };
    case "factor":
      return { ...lease, targetIds: [happening.targetId], factor: happening.factor };
    case "hold":
      return { ...lease, targetIds: [happening.targetId] };
    case "overrun":
    case "delay":
      return { ...lease, occasionId: await occasionNamed(context, happening.occasion, now), byMinutes: happening.byMinutes };
    case "cancel":
      return { ...lease, occasionId: await occasionNamed(context, happening.occasion, now) };
    case "expected-audience": {
      // 90 % of a normal distribution lies within this many standard deviations.
      const reach = Math.exp(1.645 * happening.spread);
      const { viewers } = happening;
      return {
        ...lease,
        occasionId: await occasionNamed(context, happening.occasion, now),
        viewers,
        interval: [viewers / reach, viewers * reach],
      };
    }
    default:
      return happening satisfies never;
  }
}

/** The occasion that people call so, by its title in the guide. */
async function occasionNamed(context: Context, name: string, now: number): Promise<string | undefined> {
  const [, nth = "", seed = ""] = /^big (\d+) of evening (\d+)$/.exec(name) ?? [];
  const { occasions } = await context.guide(now);
  return occasions.find(
    (occasion) => occasion.name === name || occasion.programmes.some(({ title }) => title === `Occasion ${seed}-${nth}`),
  )?.id;
}
