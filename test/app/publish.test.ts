import { expect, test } from "vitest";
import { modelUpdated, newEvent, type AnyEvent } from "../../events/index.ts";
import { offer, publish, publishUnsent, readUnsent } from "../../shared/app/publish.ts";
import { tick } from "../../shared/app/tick.ts";
import { DAY_MS } from "../../shared/core/time.ts";
import { at, platform, stored } from "./made.ts";

const told = (version: number, what = "learned", atMs = at(17)): AnyEvent =>
  newEvent(modelUpdated, {
    id: `model.updated/${version}`,
    atMs,
    data: { modelVersion: version, previousVersion: null, cause: "lead", what },
  });

const idsOf = (events: readonly AnyEvent[]): readonly string[] => events.map(({ id }) => id);

test("of a half-success only what was refused is kept, and it is offered again", async () => {
  const small = await platform();
  small.bus.refuse(({ id }) => id === "model.updated/2");
  await publish(small.context, [told(1), told(2), told(3)]);
  expect(idsOf(small.bus.events)).toEqual(["model.updated/1", "model.updated/3"]);
  expect(idsOf(await readUnsent(small.context))).toEqual(["model.updated/2"]);
  await publishUnsent(small.context, at(17, 1));
  expect(await readUnsent(small.context)).toHaveLength(1);
  small.bus.refuse(() => false);
  await publishUnsent(small.context, at(17, 2));
  expect(idsOf(small.bus.events)).toEqual(["model.updated/1", "model.updated/3", "model.updated/2"]);
  expect(await readUnsent(small.context)).toEqual([]);
});

test("a refusal that passes is met by the second try, and nothing is kept", async () => {
  const small = await platform();
  let refusals = 1;
  small.bus.refuse(() => refusals-- > 0);
  await publish(small.context, [told(1)]);
  expect(idsOf(small.bus.events)).toEqual(["model.updated/1"]);
  expect(await stored(small)).not.toHaveProperty("unsent");
});

test("a bus that throws has taken nothing, and stops nobody", async () => {
  const small = await platform();
  small.bus.goDown(true);
  expect(idsOf(await offer(small.context, [told(1)]))).toEqual(["model.updated/1"]);
  await publish(small.context, [told(2)]);
  expect(idsOf(await readUnsent(small.context))).toEqual(["model.updated/2"]);
});

test("a whole tick over a bus that is down loses neither state nor event", async () => {
  const calm = await platform();
  const dark = await platform();
  dark.bus.goDown(true);
  for (const minute of [0, 1]) {
    for (const small of [calm, dark]) {
      small.goTo(at(18, minute));
      await tick(small.context, at(18, minute));
    }
  }
  expect(dark.control.calls).toEqual(calm.control.calls);
  const { unsent: _, cues: __, ...rest } = await stored(dark);
  const { cues: ___, ...expected } = await stored(calm);
  expect(rest).toEqual(expected);
  dark.bus.goDown(false);
  dark.goTo(at(18, 2));
  await tick(dark.context, at(18, 2));
  const ids = new Set(idsOf(dark.bus.events));
  expect(idsOf(calm.bus.events).filter((id) => !ids.has(id))).toEqual([]);
});

test("what the bus did not take for a day is given up", async () => {
  const small = await platform();
  small.bus.goDown(true);
  await publish(small.context, [told(1), told(2, "learned", at(18))]);
  await publishUnsent(small.context, at(17) + DAY_MS);
  expect(idsOf(await readUnsent(small.context))).toEqual(["model.updated/2"]);
});

test("what waits stays within one document: the oldest is given up first", async () => {
  const small = await platform();
  small.bus.goDown(true);
  for (const version of [1, 2, 3]) await publish(small.context, [told(version, "x".repeat(150_000))]);
  expect(idsOf(await readUnsent(small.context))).toEqual(["model.updated/2", "model.updated/3"]);
});
