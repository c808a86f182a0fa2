import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { modeOf, readModes, setMode, type Modes } from "../../shared/app/modes.ts";
import { tick } from "../../shared/app/tick.ts";
import { TARGET_MODES, type TargetMode } from "../../shared/core/target.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, target } from "./made.ts";

const by = { author: "ops", why: "to see" };
const anyMode = fc.constantFrom(...TARGET_MODES);
const allows = (mode: TargetMode): number => ["frozen", "observe", "active"].indexOf(mode);

describe("the mode in force", () => {
  test("is the target's own, and the switch for all can only take away from it", () => {
    fc.assert(
      fc.property(anyMode, fc.option(anyMode, { nil: undefined }), fc.option(anyMode, { nil: undefined }), (file, own, all) => {
        const set = (mode: TargetMode) => ({ mode, ...by, atMs: 0 });
        const modes: Modes = { all: all && set(all), targets: own === undefined ? {} : { api: set(own) }, changes: 0 };
        const inForce = modeOf({ id: "api", mode: file }, modes);
        expect(allows(inForce)).toBe(Math.min(allows(own ?? file), allows(all ?? "active")));
      }),
      { seed: 1 },
    );
  });
});

describe("setting a mode", () => {
  test("is told once; the same again changes nothing", async () => {
    const made = await platform();
    expect(await setMode(made.context, { mode: "frozen", ...by }, at(17))).toBe("set");
    expect(await setMode(made.context, { mode: "frozen", ...by }, at(17, 1))).toBe("unchanged");
    expect(made.bus.of("calltime.mode.changed").map(({ data }) => data)).toEqual([
      { targetId: null, mode: "frozen", author: "ops", reason: "to see" },
    ]);
    expect((await readModes(made.context)).all).toMatchObject({ mode: "frozen", atMs: at(17) });
  });

  test("back and forth within one minute each is told under an id of its own", async () => {
    const made = await platform();
    for (const mode of ["frozen", "active", "frozen"] as const) await setMode(made.context, { mode, ...by }, at(17));
    await setMode(made.context, { mode: "frozen", targetId: "api", ...by }, at(17));
    expect(new Set(made.bus.of("calltime.mode.changed").map(({ id }) => id)).size).toBe(4);
  });

  test("frozen, nothing is written although the plan asks for more; active again, the floor is there with the next tick", async () => {
    const made = await platform();
    await setMode(made.context, { mode: "frozen", targetId: "api", ...by }, at(18, 40));
    for (let atMs = at(18, 40); atMs < at(19); atMs += MINUTE_MS) {
      made.goTo(atMs);
      await tick(made.context, atMs);
    }
    expect(made.control.calls).toEqual([]);
    expect(made.journal.at(-1)?.tick).toMatchObject({ mode: "frozen" });
    await setMode(made.context, { mode: "active", targetId: "api", ...by }, at(19));
    made.goTo(at(19));
    await tick(made.context, at(19));
    expect(made.control.cloud("api").minimumUnits).toBe(made.journal.at(-1)?.tick.wantedUnits);
  });

  test("is refused without a name, without a reason, for a target that is none, and active for one that nothing scales in", async () => {
    const { context } = await platform({ targets: [target("api"), target("box", { mode: "observe", scalesIn: "none" })] });
    const cases = [
      ["mode-author-blank", { mode: "frozen", author: " ", why: "x" }],
      ["mode-why-blank", { mode: "frozen", author: "ops", why: "" }],
      ["target-unknown", { mode: "frozen", targetId: "none", ...by }],
      ["mode-no-scale-in", { mode: "active", targetId: "box", ...by }],
    ] as const;
    for (const [code, asked] of cases) await expect(setMode(context, asked, at(17))).rejects.toMatchObject({ code });
    expect(await readModes(context)).toEqual({ targets: {}, changes: 0 });
  });
});
