import CachePolicy from "http-cache-semantics";

/** Headers of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Where caches say whether they had it: RFC 9211, CloudFront, Akamai, Fastly and Varnish, Cloudflare, nginx, Google. */
const HIT_HEADERS = ["cache-status", "x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "x-cache-hit"];

/** Whether the edge had it. Where several caches speak, the one that was asked speaks last. */
export function heldOf(headers: AnswerHeaders, hitHeader: string | undefined): "hit" | "miss" | "unknown" {
  for (const name of hitHeader === undefined ? HIT_HEADERS : [hitHeader.toLowerCase()]) {
    const last = textOf(headers[name])?.split(",").at(-1)?.trim();
    if (last === undefined || last === "") continue;
    // CloudFront's RefreshHit: it asked whether its copy is still right, and has it.
    if (/hit/i.test(last) && !/hit\s*[=:]\s*(0|false)/i.test(last)) return "hit";
    if (/miss|expired|bypass|dynamic|updating|stale|revalidated|fwd=/i.test(last)) return "miss";
  }
  return "unknown";
}

/**
 * How long a shared cache holds an answer from when the origin gave it, in milliseconds (RFC 9111): 0 when it may not, undefined when no
 * header says. Caches may be told otherwise: of that headers know nothing.
 */
export function lifetimeOf(headers: AnswerHeaders, request: Readonly<Record<string, string>>): number | undefined {
  const asked = { url: "/", method: "GET", headers: request };
  // A part of an answer is held as long as the whole.
  const policy = new CachePolicy(asked, { status: 200, headers }, { shared: true, cacheHeuristic: 0, immutableMinTimeToLive: 0 });
  if (!policy.storable()) return 0;
  const control = textOf(headers["cache-control"]) ?? "";
  const says = /max-?age|no-cache/i.test(control) || headers["expires"] !== undefined || textOf(headers["vary"]) === "*";
  return says ? policy.maxAge() * 1000 : undefined;
}

/** How long ago the origin gave it, in milliseconds; 0 when no header says. */
export function ageOf(headers: AnswerHeaders): number {
  const seconds = Number(textOf(headers["age"]) ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
