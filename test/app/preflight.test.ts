import { expect, test } from "vitest";
import { checkLimits, readPreflight } from "../../shared/app/preflight.ts";
import type { LimitSource } from "../../shared/app/ports.ts";
import { at, platform } from "./made.ts";

const source = (vcpu: number): LimitSource => ({
  limits: async (ids) =>
    ids.map((targetId) => ({
      targetId,
      placeId: "here",
      tasks: { kind: "known", value: { vcpu: 1, runningUnits: 4, subnets: [] } },
      vcpuQuota: { kind: "known", value: vcpu },
    })),
});

test("the plans of the next days are held against the limits, and what is in the way is kept and told", async () => {
  const small = await platform();
  expect(await readPreflight(small.context)).toBeUndefined();
  await checkLimits(small.context, source(40), at(17));
  const found = await readPreflight(small.context);
  expect(found).toMatchObject({ atMs: at(17), findings: [{ code: "vcpu-quota", targetIds: ["api"] }] });
  // Before the final, not after it.
  expect(found?.findings[0]?.atMs).toBeLessThan(at(19, 30));
  expect(small.bus.of("calltime.limits.checked")).toMatchObject([{ data: { findings: [{ code: "vcpu-quota" }] } }]);
});

test("what is in nobody's way is told too, and takes the place of what was found before", async () => {
  const small = await platform();
  await checkLimits(small.context, source(40), at(16));
  await checkLimits(small.context, source(4_000), at(17));
  expect(await readPreflight(small.context)).toMatchObject({ atMs: at(17), findings: [] });
  expect(small.bus.of("calltime.limits.checked").map(({ data }) => data.findings.length)).toEqual([1, 0]);
});
