/** What is used of http-cache-semantics, which has no types of its own. */
declare module "http-cache-semantics" {
  type Headers = Readonly<Record<string, string | string[] | undefined>>;

  export default class CachePolicy {
    constructor(
      request: { readonly url: string; readonly method: string; readonly headers: Headers },
      response: { readonly status: number; readonly headers: Headers },
      options: { readonly shared: boolean; readonly cacheHeuristic: number; readonly immutableMinTimeToLive: number },
    );
    storable(): boolean;
    /** Seconds. */
    maxAge(): number;
  }
}
