import fc from "fast-check";
import { expect } from "vitest";
import type * as IngestModule from "../../shared/app/ingest.ts";
import { ingest } from "../../shared/app/ingest.ts";
import { tick } from "../../shared/app/tick.ts";
import { warm } from "../../shared/app/warm.ts";
import type * as DemandModule from "../../shared/core/plan/demand.ts";
import type * as SanityModule from "../../shared/core/schedule/sanity.ts";
import type * as FloorModule from "../../shared/core/warm/floor.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { at, platform, target } from "../app/made.ts";
import { scheduleInForce } from "../schedules.ts";
import { inChunks } from "../feeds/feed-bytes.ts";
import { calltimeWith, measuredPlatform, rule, withModule, type Calltime } from "./made.ts";

type Slot = { readonly channel: string; readonly title: string; readonly startsAtMs: number; readonly endsAtMs: number };

const stamp = (atMs: number): string => `${new Date(atMs).toISOString().replace(/[-:T]/g, "").slice(0, 14)} +0000`;

function xmltv(slots: readonly Slot[]): string {
  const channels = [...new Set(slots.map(({ channel }) => channel))].map(
    (id) => `<channel id="${id}"><display-name>${id}</display-name></channel>`,
  );
  const programmes = slots.map(
    ({ channel, title, startsAtMs, endsAtMs }) =>
      `<programme start="${stamp(startsAtMs)}" stop="${stamp(endsAtMs)}" channel="${channel}"><title>${title}</title></programme>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?><tv>${channels.join("")}${programmes.join("")}</tv>`;
}

const anyGuide: fc.Arbitrary<readonly Slot[]> = fc
  .record({ channels: fc.integer({ min: 3, max: 6 }), each: fc.constantFrom(30, 45, 60), hours: fc.integer({ min: 6, max: 12 }) })
  .map(({ channels, each, hours }) =>
    Array.from({ length: channels }, (_, channel) =>
      Array.from({ length: Math.floor((hours * 60) / each) }, (__, nth) => {
        const startsAtMs = at(17) + nth * each * MINUTE_MS;
        return { channel: `c${channel}`, title: `Show ${channel}-${nth}`, startsAtMs, endsAtMs: startsAtMs + each * MINUTE_MS };
      }),
    ).flat(),
  );

/** What a publisher's bad night makes of a guide. */
const anyBreak = fc.oneof(
  fc.constant({ how: "emptied" as const }),
  fc.record({ how: fc.constant("shrunken" as const), share: fc.double({ min: 0.05, max: 0.5, noNaN: true }) }),
  fc.record({ how: fc.constant("shifted" as const), minutes: fc.constantFrom(-120, -60, 60, 120, 330) }),
  fc.record({ how: fc.constant("without some channels" as const), left: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ how: fc.constant("cut off" as const), share: fc.double({ min: 0.1, max: 0.9, noNaN: true }) }),
);

function broken(guide: readonly Slot[], how: typeof anyBreak extends fc.Arbitrary<infer Break> ? Break : never): string {
  switch (how.how) {
    case "emptied":
      return xmltv([]);
    case "shrunken":
      // What is left reaches as far as before: half the evening is missing from the middle of it.
      return xmltv(guide.filter((slot, nth) => (nth * 7919) % 1_000 < how.share * 1_000 || slot === guide.at(-1)));
    case "shifted":
      return xmltv(
        guide.map((slot) => ({
          ...slot,
          startsAtMs: slot.startsAtMs + how.minutes * MINUTE_MS,
          endsAtMs: slot.endsAtMs + how.minutes * MINUTE_MS,
        })),
      );
    case "without some channels":
      return xmltv(guide.filter(({ channel }) => Number(channel.slice(1)) < how.left));
    case "cut off": {
      const whole = xmltv(guide);
      return whole.slice(0, Math.floor(how.share * whole.length));
    }
    default:
      return how satisfies never;
  }
}

type Ingest = typeof ingest;

rule<Ingest>("a feed that is empty, shifted, shrunken or cut off leaves the last good schedule as it is, and is told of", {
  holds: (take) =>
    fc.asyncProperty(anyGuide, anyBreak, async (guide, how) => {
      const made = await platform();
      await take(made.context, { feedId: "dk", read: () => inChunks(xmltv(guide)) }, at(17));
      const before = await made.context.ports.schedules.current("dk");
      expect((await scheduleInForce(made.context.ports, "dk"))?.programmes).toHaveLength(guide.length);
      const became = await take(made.context, { feedId: "dk", read: () => inChunks(broken(guide, how)) }, at(17, 5)).catch(
        (error: unknown) => error,
      );
      expect(await made.context.ports.schedules.current("dk")).toEqual(before);
      if (became instanceof Error) return;
      expect(became).toMatchObject({ outcome: "quarantined" });
      expect(made.bus.of("calltime.feed.quarantined")).toHaveLength(1);
    }),
  real: ingest,
  planted: {
    "whatever can be read is put in force": () =>
      ingestWith((real) => ({ judgeViews: (input) => ({ ...real.judgeViews(input), findings: [] }) })),
    "a feed is judged by itself alone": () =>
      ingestWith((real) => ({ judgeViews: (input) => real.judgeViews({ ...input, compared: false }) })),
    "a feed that breaks off is taken for what could be read of it": () => async (context, upload, now) => {
      const chunks = await text(upload.read());
      const end = chunks.lastIndexOf("</programme>");
      const mended = chunks.endsWith("</tv>") || end < 0 ? chunks : `${chunks.slice(0, end)}</programme></tv>`;
      return (await ingestWith((real) => ({ judgeViews: (input) => real.judgeViews({ ...input, compared: false }) })))(
        context,
        { ...upload, read: () => inChunks(mended) },
        now,
      );
    },
  },
  numRuns: 40,
});

async function text(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

function ingestWith(change: (real: typeof SanityModule) => Partial<typeof SanityModule>): Promise<Ingest> {
  return withModule<typeof SanityModule, Ingest>("../../shared/core/schedule/sanity.ts", change, async () => {
    const { ingest: changed }: typeof IngestModule = await import("../../shared/app/ingest.ts");
    return changed;
  });
}

rule<Calltime>("a raise goes all the way at once, however large, and never above the ceiling", {
  holds: (calltime) =>
    fc.asyncProperty(fc.integer({ min: 30_000, max: 3_000_000 }), fc.integer({ min: 50, max: 2_000 }), async (viewers, ceilingUnits) => {
      const expectation = {
        occasion: "the cup final",
        title: "cup final",
        channels: ["one"],
        windowStartMs: at(18),
        windowEndMs: at(21),
        viewers,
      };
      const made = await measuredPlatform({ targets: [target("api", { ceilingUnits })], expectations: [expectation] });
      // The customer's own maximum may be above what its owner lets Calltime ask for.
      made.control.cloud("api").maximumUnits = 100_000;
      made.goTo(at(19));
      await calltime.tick(made.context, at(19));
      const { minimumUnits } = made.control.cloud("api");
      expect(minimumUnits).toBeLessThanOrEqual(ceilingUnits);
      // What the expected crowd brings on the plateau, to the full use of each unit, is the least that it takes.
      expect(minimumUnits).toBeGreaterThanOrEqual(Math.min(ceilingUnits, Math.floor((0.03 * viewers) / 100)));
    }),
  real: { tick, warm },
  planted: {
    "a floor at most doubles in a minute": () =>
      calltimeWith<typeof FloorModule>("../../shared/core/warm/floor.ts", ({ decideFloor }) => ({
        decideFloor: (input) => {
          const decision = decideFloor(input);
          if (decision.kind !== "set" || decision.why !== "raise") return decision;
          return { ...decision, units: Math.min(decision.units, 2 * (input.minimumUnits ?? 0)) };
        },
      })),
    "what is needed is asked for without a look at the ceiling": () =>
      calltimeWith<typeof DemandModule>("../../shared/core/plan/demand.ts", ({ needsOf }) => ({
        needsOf: (input) => needsOf({ ...input, target: { ...input.target, ceilingUnits: Number.MAX_SAFE_INTEGER } }),
      })),
    "an occasion that takes more than the ceiling is left out": () =>
      calltimeWith<typeof DemandModule>("../../shared/core/plan/demand.ts", ({ needsOf }) => ({
        needsOf: (input) =>
          needsOf(input).map((need) =>
            need.kind === "known" && need.limit !== undefined ? { ...need, units: input.target.baselineUnits, limit: undefined } : need,
          ),
      })),
  },
  numRuns: 12,
});
