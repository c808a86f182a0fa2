import { handle } from "hono/aws-lambda";
import { createApi } from "../../shared/api/api.ts";
import { control, loads } from "../../shared/deployed/control.ts";
import { DEAD_LETTER_ENVIRONMENT, deadLetters } from "../../shared/deployed/dead-letters.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { stack } from "../../shared/lambda/stack.ts";

const { handling, context, now } = deployed(
  "api",
  import.meta.url,
  (place, env) => ({ ...state(place), ...loads(place), ...control(place), ...deadLetters(env) }),
  DEAD_LETTER_ENVIRONMENT,
);
const app = createApi({
  context,
  now,
  writers: { kind: "let-in-by-gateway" },
  exclusively: (work) => work(), // What people write are single documents, each written on its condition.
  report: (error) => handling.telemetry.error("a request could not be answered", error),
});
const answer = handle(app);

/** The HTTP API. */
export const handler = stack(handling, (event) => answer(event as Parameters<typeof answer>[0]));
