import { CalltimeError } from "../../shared/core/error.ts";

/** The problems of a file that is refused, one a line, as a person meets them. Throws when it is taken. */
export function problemsOf(parse: (text: string, file: string) => unknown, text: string): string[] {
  try {
    parse(text, "f.yaml");
  } catch (error) {
    if (error instanceof CalltimeError && error.code === "config-invalid") return error.message.split("\n");
    throw error;
  }
  throw new Error("the file was taken");
}
