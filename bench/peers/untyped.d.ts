declare module "epg-parser" {
  /** Times are ISO-8601, or null. */
  export function parse(text: string): {
    readonly channels: readonly unknown[];
    readonly programs: readonly { readonly start: string | null; readonly stop: string | null }[];
  };
}

declare module "xmltv" {
  import type { Writable } from "node:stream";

  /** Emits `programme` with each. */
  export class Parser extends Writable {
    constructor(options?: { readonly timeFmt?: string; readonly strictTime?: boolean });
  }
}
