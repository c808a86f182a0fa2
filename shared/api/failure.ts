import * as z from "zod/mini";
import { annotated, described } from "../../events/described.ts";
import { CalltimeError } from "../core/error.ts";
import { once } from "../core/once.ts";

/** What every error looks like, on every route. */
export const errorSchema = once(() =>
  annotated(
    z.strictObject({
      error: z.strictObject({
        code: described(z.string(), "Stable; match on this."),
        message: described(z.string(), "Where, what, and what would be right: for people."),
      }),
    }),
    { id: "Error", description: "Every answer that is no success has this shape." },
  ),
);

/** The body of an error. */
export type ErrorBody = z.output<ReturnType<typeof errorSchema>>;

/** Every code that can reach a caller. A code that is not here is nobody's business outside: 500, without its message. */
export const STATUS_OF_CODE: Readonly<Record<string, 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422>> = {
  "query-invalid": 400,
  "body-invalid": 400,
  "override-author-blank": 400,
  "override-why-blank": 400,
  "override-floor-invalid": 400,
  "override-factor-invalid": 400,
  "override-minutes-invalid": 400,
  "override-viewers-invalid": 400,
  "override-until-invalid": 400,
  "override-until-far": 400,
  "override-from-invalid": 400,
  "override-id-invalid": 400,
  "proposal-author-blank": 400,
  "proposal-why-blank": 400,
  "mode-author-blank": 400,
  "mode-why-blank": 400,
  "quarantine-author-blank": 400,
  "quarantine-why-blank": 400,
  "correction-empty": 400,
  "correction-author-blank": 400,
  "correction-why-blank": 400,
  "correction-title-blank": 400,
  "correction-times-invalid": 400,
  "correction-until-invalid": 400,
  "correction-until-far": 400,
  "feed-id-invalid": 400,
  "feed-empty": 400,
  "feed-truncated": 400,
  "feed-malformed": 400,
  "feed-format-unknown": 400,
  "feed-unreadable": 400,
  "token-missing": 401,
  "token-wrong": 403,
  "route-unknown": 404,
  "target-unknown": 404,
  "tag-unknown": 404,
  "occasion-unknown": 404,
  "model-version-unknown": 404,
  "override-unknown": 404,
  "programme-unknown": 404,
  "signal-unmatched": 404,
  "signal-invalid": 400,
  "dead-letter-unknown": 404,
  "quarantine-unknown": 404,
  "proposal-unknown": 404,
  "dead-letters-elsewhere": 404,
  "method-wrong": 405,
  "feed-contested": 409,
  "document-contested": 409,
  "quarantine-replaced": 409,
  "quarantine-decided": 409,
  "quarantine-outdated": 409,
  "quarantine-not-kept": 409,
  "override-exists": 409,
  "body-too-large": 413,
  "feed-too-large": 413,
  "feed-quarantined": 422,
  "override-above-ceiling": 422,
  "programme-unlisted": 422,
  "mode-no-scale-in": 422,
};

/** What a caller is told of a failure, and with which status. `internal` says that it is ours and is to be reported. */
export function failureOf(error: unknown): { readonly status: number; readonly body: ErrorBody; readonly internal: boolean } {
  const status = error instanceof CalltimeError && Object.hasOwn(STATUS_OF_CODE, error.code) ? STATUS_OF_CODE[error.code] : undefined;
  if (error instanceof CalltimeError && status !== undefined) {
    return { status, body: { error: { code: error.code, message: error.message } }, internal: false };
  }
  const message = "Calltime could not answer: the fault is its own and is in its log; try again, and tell whoever runs it if it stays";
  return { status: 500, body: { error: { code: "internal", message } }, internal: true };
}
