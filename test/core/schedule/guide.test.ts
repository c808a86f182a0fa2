import fc from "fast-check";
import { expect, test } from "vitest";
import { correctedBy, type Correction } from "../../../shared/core/schedule/correction.ts";
import { guideMaker, type Guide, type GuideInput } from "../../../shared/core/schedule/guide.ts";
import { occasionsOf, type SaidTogether } from "../../../shared/core/schedule/occasion.ts";
import { byStart, type ListedProgramme, type Programme } from "../../../shared/core/schedule/programme.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { anyListed, EIGHT_PM } from "./programmes.ts";

const window = { windowStartMs: EIGHT_PM, windowEndMs: EIGHT_PM + HOUR_MS };
const EXPECTATIONS = [
  { occasion: "the derby", title: "derby", channels: ["one", "two"], ...window, viewers: 1_000 },
  { occasion: "the league", title: "league", channels: ["two"], ...window, endsAtMs: EIGHT_PM + 3 * HOUR_MS, viewers: 2_000 },
  { occasion: "the derby", title: "premier", channels: ["three"], ...window, viewers: 3_000 },
];

/** Everything that is said or listed, before it is made a guide. */
type Known = {
  readonly feeds: readonly (readonly Programme[])[];
  readonly corrections: ReadonlyMap<string, Correction>;
  readonly together: readonly SaidTogether[];
};

/** A feed's days as a store hands them on: one that stayed the same is the same array, another one is read anew. */
function daysKept() {
  const known = new Map<string, readonly Programme[]>();
  return (feed: number, programmes: readonly Programme[]) => {
    const days = Map.groupBy(programmes, ({ channelId, startsAtMs }) => `${channelId} ${Math.floor(startsAtMs / DAY_MS)}`);
    return [...days].map(([day, listed]) => {
      const key = JSON.stringify([feed, day, listed]);
      const same = known.get(key) ?? structuredClone(listed);
      known.set(key, same);
      return same;
    });
  };
}

/** A guide worked out as a whole, in the plainest way. */
function whole({ feeds, corrections, together }: Known) {
  const listed = feeds.flat().sort(byStart);
  const programmes = listed.flatMap((programme) => correctedBy(corrections, programme) ?? []);
  const occasions = occasionsOf({ channels: [], programmes }, EXPECTATIONS, together);
  const byId = new Map(occasions.map((occasion) => [occasion.id, occasion]));
  const cancelled = listed.filter((programme) => correctedBy(corrections, programme) === undefined);
  const calledOff = occasionsOf({ channels: [], programmes: cancelled }, EXPECTATIONS, together)
    .filter(({ id }) => !byId.has(id))
    .map((occasion) => {
      const { author = "", why = "" } = corrections.get(occasion.programmes[0]?.id ?? "") ?? {};
      return { ...occasion, said: [{ change: { kind: "cancelled" as const }, author, why }] };
    });
  return { guide: { occasions, calledOff }, byId, programmeIds: new Set(programmes.map(({ id }) => id)) };
}

/** Compares guides with what they would be as a whole, also in what they say of all that there ever was. */
function comparison(): (guide: Guide, known: Known) => void {
  const occasionIds = new Set<string>();
  const programmeIds = new Set<string>();
  return ({ occasions, corrections, calledOff, ...guide }, known) => {
    const made = whole(known);
    expect({ occasions, corrections, calledOff }).toEqual({ ...made.guide, corrections: known.corrections });
    for (const id of made.byId.keys()) occasionIds.add(id);
    for (const id of made.programmeIds) programmeIds.add(id);
    for (const id of occasionIds) {
      expect(guide.byId.get(id)).toEqual(made.byId.get(id));
      expect(guide.byId.has(id)).toBe(made.byId.has(id));
    }
    for (const id of programmeIds) expect(guide.programmeIds.has(id)).toBe(made.programmeIds.has(id));
  };
}

const KINDS = ["add", "drop", "move", "lengthen", "retitle", "copy", "drop feed", "add feed"] as const;
const anyEdit = fc.record({
  kind: fc.constantFrom(...KINDS, ...KINDS.slice(0, 5)),
  feed: fc.nat(1),
  at: fc.nat(100),
  listed: anyListed,
  minutes: fc.integer({ min: -90, max: 90 }),
});
const anySaid = fc.record({
  kind: fc.constantFrom("start", "end", "title", "cancel", "ended", "expire", "expire all", "together", "apart"),
  at: fc.nat(100),
  minutes: fc.integer({ min: -90, max: 90 }),
  title: fc.constantFrom("Derby", "News", "Kanalpause"),
});
type Edit = typeof anyEdit extends fc.Arbitrary<infer Made> ? Made : never;
type Word = typeof anySaid extends fc.Arbitrary<infer Made> ? Made : never;

function edited(known: Known, { kind, feed, at, listed, minutes }: Edit, nth: number): Known {
  const before = known.feeds[feed] ?? [];
  const place = before.length === 0 ? 0 : at % before.length;
  const other = known.feeds[1 - feed] ?? [];
  const copied = other[at % Math.max(1, other.length)];
  const put = (programmes: readonly Programme[]): Known => ({
    ...known,
    feeds: known.feeds.map((was, i) => (i === feed ? programmes : was)),
  });
  const change = (changes: (was: Programme) => Partial<ListedProgramme>): Known =>
    put(before.map((was, i) => (i === place ? { ...was, ...changes(was) } : was)));
  const byMs = minutes * MINUTE_MS;
  if (kind === "add") return put([...before, { ...listed, id: `${feed}-${nth}` }]);
  if (kind === "drop") return put(before.toSpliced(place, 1));
  if (kind === "move") return change((was) => ({ startsAtMs: was.startsAtMs + byMs, endsAtMs: was.endsAtMs + byMs }));
  if (kind === "lengthen") return change((was) => ({ endsAtMs: was.endsAtMs + Math.abs(byMs) }));
  if (kind === "retitle") return change(() => ({ title: listed.title }));
  // Two feeds that list one programme.
  if (kind === "copy") return copied === undefined || before.some(({ id }) => id === copied.id) ? known : put([...before, copied]);
  if (kind === "drop feed") return put([]);
  return { ...known, feeds: known.feeds.length < 3 ? [...known.feeds, []] : known.feeds.slice(0, 2) };
}

function saidOf(known: Known, { kind, at, minutes, title }: Word, nth: number): Known {
  const all = known.feeds.flat();
  const programme = all[at % Math.max(1, all.length)];
  if (programme === undefined) return known;
  const { id: programmeId, startsAtMs, endsAtMs } = programme;
  const corrections = new Map(known.corrections);
  const by = { author: "newsroom", why: `word ${nth}`, atMs: nth, untilMs: EIGHT_PM + DAY_MS };
  const say = (said: Partial<Correction>): Known => {
    corrections.set(programmeId, { ...by, programmeId, ...corrections.get(programmeId), ...said });
    return { ...known, corrections };
  };
  const byMs = minutes * MINUTE_MS;
  if (kind === "start") return say({ startsAtMs: startsAtMs + byMs });
  if (kind === "end") return say({ endsAtMs: endsAtMs + byMs });
  if (kind === "title") return say({ title });
  if (kind === "cancel") return say({ cancelled: true });
  if (kind === "ended") return say({ actualEnd: { atMs: endsAtMs, by: "operator" } });
  if (kind === "expire all") return { ...known, corrections: new Map() };
  if (kind === "expire") return { ...known, corrections: new Map([...corrections].slice(1)) };
  if (kind === "apart") return { ...known, together: known.together.slice(1) };
  const next = all[(at + 1) % all.length]?.id ?? programmeId;
  return { ...known, together: [{ programmeIds: [programmeId, next] }, ...known.together] };
}

const anyStep = fc.oneof(
  anyEdit.map((edit) => ({ edit })),
  anySaid.map((word) => ({ word })),
);

test("whatever is listed and said from one guide to the next, each is what it would be made as a whole; what stayed is the same object", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.array(anyListed, { maxLength: 30 }), fc.array(anyListed, { minLength: 100, maxLength: 150, size: "max" })),
      fc.array(fc.array(anyStep, { maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      (listed, editions) => {
        const next = guideMaker(EXPECTATIONS);
        const daysOf = daysKept();
        const inputOf = ({ feeds, corrections, together }: Known): GuideInput => ({
          feeds: feeds.map((programmes, nth) => ({ feedId: `feed ${nth}`, days: daysOf(nth, programmes) })),
          corrections: structuredClone(corrections),
          together,
        });
        const programmes = listed.map((each, nth) => ({ ...each, id: `first-${nth}` }));
        let known: Known = { feeds: [programmes.slice(0, -10), programmes.slice(-10)], corrections: new Map(), together: [] };
        const expectAlike = comparison();
        let before = next(inputOf(known));
        expectAlike(before, known);
        for (const [edition, steps] of editions.entries()) {
          for (const [nth, step] of steps.entries()) {
            const name = 10 * edition + nth;
            known = "edit" in step ? edited(known, step.edit, name) : saidOf(known, step.word, name);
          }
          const guide = next(inputOf(known));
          expectAlike(guide, known);
          for (const { id } of guide.occasions) {
            const [was, is] = [before.byId.get(id), guide.byId.get(id)];
            if (was !== undefined && JSON.stringify(was) === JSON.stringify(is)) expect(is).toBe(was);
          }
          before = guide;
        }
      },
    ),
    { numRuns: 300 },
  );
});

const FILM = {
  id: "film",
  channelId: "one",
  title: "Film",
  categories: [],
  live: false,
  startsAtMs: EIGHT_PM,
  endsAtMs: EIGHT_PM + HOUR_MS,
};

/** What feeds list, a feed a list, with nothing said of it. */
const listing = (...feeds: readonly (readonly Programme[])[]) => ({
  known: { feeds, corrections: new Map<string, Correction>(), together: [] },
  input: {
    feeds: feeds.map((programmes, nth) => ({ feedId: `feed ${nth}`, days: [programmes] })),
    corrections: new Map<string, Correction>(),
    together: [],
  },
});

test("two feeds that list one programme, alike or not, have the same part in a guide whichever of them came last", () => {
  const longer = { ...FILM, endsAtMs: EIGHT_PM + 2 * HOUR_MS };
  const news = { ...FILM, title: "News" };
  const others = Array.from({ length: 100 }, (_, nth) => ({ ...FILM, id: `other ${nth}`, title: `Other ${nth}` }));
  const editions = [
    listing([FILM, ...others], [longer]),
    listing([{ ...FILM, live: true }, ...others], [longer]),
    listing([FILM, ...others], [news]),
    listing(others, [news]),
    listing([FILM, ...others], [news]),
    listing([FILM, ...others], []),
  ];
  const next = guideMaker(EXPECTATIONS);
  const expectAlike = comparison();
  for (const { input, known } of editions) expectAlike(next(input), known);
});

test("a guide that could not be made leaves nothing half-made for the next one", () => {
  const next = guideMaker(EXPECTATIONS);
  const broken = { ...FILM, id: "broken", title: "Broken", categories: undefined as never };
  const { input, known } = listing([{ ...FILM, title: "News" }]);
  next(listing([FILM]).input);
  expect(() => next(listing([{ ...FILM, title: "Derby" }, broken]).input)).toThrow(TypeError);
  comparison()(next(input), known);
});

test("nothing of a guide is made again where nothing changed, and where a correction changes nothing of it", () => {
  const next = guideMaker(EXPECTATIONS);
  const { input } = listing([FILM]);
  const first = next(input);
  const ended = { programmeId: "film", actualEnd: { atMs: EIGHT_PM, by: "operator" as const }, author: "newsroom", why: "over" };
  const said = new Map([["film", { ...ended, atMs: EIGHT_PM, untilMs: EIGHT_PM + DAY_MS }]]);
  const again = [next(listing([{ ...FILM }]).input), next({ ...input, corrections: said })];
  for (const guide of again) {
    expect(guide.occasions).toBe(first.occasions);
    expect(guide.byId).toBe(first.byId);
    expect(guide.programmeIds).toBe(first.programmeIds);
  }
  expect(again[1]?.corrections).toBe(said);
});
