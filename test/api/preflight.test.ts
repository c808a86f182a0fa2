import { expect, test } from "vitest";
import { checkLimits } from "../../shared/app/preflight.ts";
import { HOUR_MS } from "../../shared/core/time.ts";
import { platform } from "./platform.ts";

test("before anybody looked that is said, and is not the same as nothing in the way; afterwards what was found is", async () => {
  const { ask, context } = platform();
  const read = async () => (await ask("/v1/preflight")).json() as Promise<{ readonly now: string }>;
  const before = await read();
  expect(before).toMatchObject({ lookedAt: null, until: null, findings: [] });
  const dark = { kind: "unknown", reason: "AccessDenied" } as const;
  const limits = async (ids: readonly string[]) => ids.map((targetId) => ({ targetId, placeId: "here", vcpuQuota: dark }));
  const at = Date.parse(before.now) - HOUR_MS;
  await checkLimits(context, { limits }, at);
  expect(await read()).toMatchObject({
    lookedAt: new Date(at).toISOString(),
    findings: [{ code: "limit-unknown", targetIds: context.settings.targets.map(({ id }) => id), at: null }],
  });
});
