/** Every failure a person can meet: a stable `code` to match on, and a message that says where, what, and what would be right. */
export class CalltimeError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "CalltimeError";
    this.code = code;
  }
}
