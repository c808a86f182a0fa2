import fc from "fast-check";
import { expect, test } from "vitest";
import { isFiller, normaliseTitle, saysNothing } from "../../../shared/core/schedule/title.ts";

test.each([
  ["H.M. Kongens nytårstale", "h m kongens nytårstale"],
  ["Premier League (Live)", "premier league"],
  ["  Live:\tKick–off!  ", "live kick off"],
  ["Live at the Apollo", "live at the apollo"],
  ["a\u030Arhundrede", "\u00E5rhundrede"],
  ["Sky Sports News\u00A0LIVE", "sky sports news live"],
  ["?!", "?!"],
  ["", ""],
])("the title %j is compared as %j", (title, normalised) => {
  expect(normaliseTitle(title)).toBe(normalised);
});

test("a normalised title stays as it is when normalised again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (title) => {
      expect(normaliseTitle(normaliseTitle(title))).toBe(normaliseTitle(title));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test.each([
  "Kanalpause",
  "Sandningsuppehåll SE",
  "SÄNDNINGSUPPEHÅLL",
  "Airing Break",
  "Tommy Teleshopping",
  "TV Shop - Home Shopping",
  "TVA",
  "SIGN OFF",
])("%s is a filler", (title) => expect(isFiller({ title })).toBe(true));

test.each(["Test Cricket", "TVA-mysteriet", "Breakfast", "Signora Volpe", "To Be Announced", "Kanalpausen: en film", ""])(
  "%j is no filler",
  (title) => expect(isFiller({ title })).toBe(false),
);

test("a title to be announced says nothing of what is on, a short title does", () => {
  expect(["", "tba", "no listing available"].map(saysNothing)).toEqual([true, true, true]);
  expect(saysNothing("news")).toBe(false);
});
