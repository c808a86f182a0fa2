import { releaseAll } from "../../shared/app/release.ts";
import { control } from "../../shared/deployed/control.ts";
import { giveBack, pause } from "../../shared/deployed/give-back.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onStack } from "../../shared/lambda/on-stack.ts";

const { handling, context, now } = deployed("release", import.meta.url, (place) => ({ ...state(place), ...control(place) }));

/** Gives every target back before the stack is deleted; the deletion fails, and says why, while one is not. */
export const handler = onStack(handling, (stackId) => {
  const by = { author: "CloudFormation", why: `${stackId} is being deleted` };
  return giveBack(() => releaseAll(context, now(), by), pause);
});
