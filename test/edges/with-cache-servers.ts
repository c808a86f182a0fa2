import { existsSync } from "node:fs";
import { describe, test } from "vitest";
import { NGINX, VARNISH } from "../../bench/edges/cache-servers.ts";

/** Tests with Varnish and nginx as edges. Without them they are skipped by name; with `CI` set that is a failure. */
export function describeWithCacheServers(title: string, body: () => void): void {
  const missing = [VARNISH, NGINX].filter((path) => !existsSync(path));
  if (missing.length === 0) describe(title, body);
  else if (process.env["CI"]) {
    test(title, () => {
      throw new Error(
        `${missing.join(", ")} not present; install Debian's varnish and nginx-light, or set CALLTIME_VARNISHD and CALLTIME_NGINX`,
      );
    });
  } else test.skip(`${title} (skipped: ${missing.join(", ")} not present)`, () => undefined);
}
