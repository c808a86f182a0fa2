import { WARM_UP_FROM_MS } from "../core/readiness/warm-up.ts";
import type { Occasion } from "../core/schedule/occasion.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { Context } from "./context.ts";
import { situationAt } from "./situation.ts";
import { warmUpMode } from "./warm-ups.ts";

// A minute that is called a little early is the right one.
const EARLY_MS = MINUTE_MS;

/** An occasion for which caches are to be warmed now, or why they are not. */
export type AboutToStart = { readonly kind: "now"; readonly occasion: Occasion } | { readonly kind: "not-now"; readonly why: NotNow };

/** `unlisted`: no guide has it. `too-early`, `started`: caches are warmed from half an hour before the start until then. */
type NotNow = "unlisted" | "too-early" | "started" | "switched-off";

/** Whether an occasion is about to start, by what is known now and not by what an event said. */
export async function aboutToStart(context: Context, occasionId: string, now: number): Promise<AboutToStart> {
  const notNow = (why: NotNow): AboutToStart => ({ kind: "not-now", why });
  const occasion = (await situationAt(context, now)).occasions.find(({ id }) => id === occasionId);
  if (occasion === undefined) return notNow("unlisted");
  if (now >= occasion.startsAtMs) return notNow("started");
  if (now < occasion.startsAtMs - WARM_UP_FROM_MS - EARLY_MS) return notNow("too-early");
  if ((await warmUpMode(context)) !== "active") return notNow("switched-off");
  return { kind: "now", occasion };
}
