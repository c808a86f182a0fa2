import { expect, test } from "vitest";
import { parseContent } from "../../shared/config/content.ts";
import { CONTENT_BUDGET } from "../../shared/core/warm/content.ts";
import { problemsOf } from "./config-failure.ts";

const ONE = `hosts: [vod.example]
edges:
  - { id: one, role: shield, address: 192.0.2.1, port: 8443, scheme: https, hitHeader: x-mine }
  - { id: two }
content:
  - occasion: the premiere
    title: harbour lights
    channels: [one]
    window: [2026-06-13T19:00:00Z, 2026-06-13T20:00:00Z]
    urls: [https://vod.example/a.m3u8]
undocumentedNames: true
`;

const problems = (from: string, to: string) => {
  if (!ONE.includes(from)) throw new Error(`nothing to change: ${from}`);
  return problemsOf(parseContent, ONE.replace(from, to));
};

test("a file of content names hosts, edges and what is fetched, and leaves the rest to the defaults", () => {
  expect(parseContent(ONE, "f.yaml")).toEqual({
    hosts: ["vod.example"],
    edges: [
      { id: "one", role: "shield", address: "192.0.2.1", port: 8443, scheme: "https", hitHeader: "x-mine" },
      { id: "two", role: "pop" },
    ],
    acceptEncodings: [],
    budget: CONTENT_BUDGET,
    price: { usdPerGigabyte: 0, usdPerTenThousandRequests: 0 },
    content: [
      {
        occasion: "the premiere",
        title: "harbour lights",
        channels: ["one"],
        windowStartMs: Date.UTC(2026, 5, 13, 19),
        windowEndMs: Date.UTC(2026, 5, 13, 20),
        urls: ["https://vod.example/a.m3u8"],
        segments: 3,
      },
    ],
  });
});

test.each([
  ["id: two", "id: one", /^f.yaml:4:.*the id "one" is taken by an edge above/],
  ["https://vod.example/a", "https://other.example/a", /^f.yaml:10:.*other.example is none of the hosts that may be asked for/],
  ["https://vod.example/a", "vod/a", /^f.yaml:10:.*"vod\/a.m3u8" is no address/],
  ["id: two }", "id: two, cloudFront: { distribution: d1.example, pop: fra56-p1 } }", /^f.yaml:4:.*is no distribution/],
  [
    "id: two }",
    "id: two, cloudFront: { distribution: d1.cloudfront.net, pop: berlin } }",
    /^f.yaml:4:.*right would be a name like fra56-p1/,
  ],
  ["hitHeader: x-mine", "cloudFront: { distribution: d1.cloudfront.net, pop: fra56-p1 }", /^f.yaml:3:.*cloudFront and an address/],
  ["port: 8443", "port: 84430", /^f.yaml:3:.*a whole number from 1 to 65535/],
])("%s as %s is a problem with its line", (from, to, problem) => {
  expect(problems(from, to)).toEqual([expect.stringMatching(problem)]);
});

test("a point of presence is asked by its undocumented name only where the file says that it may be, and may stand before the shield", () => {
  const pop = "id: two, role: shield, cloudFront: { distribution: d1.cloudfront.net, pop: fra56-p1 } }";
  const withPop = ONE.replace("id: two }", pop);
  expect(parseContent(withPop, "f.yaml").edges[1]).toMatchObject({ role: "shield", address: "d1.fra56-p1.cloudfront.net" });
  expect(problemsOf(parseContent, withPop.replace("undocumentedNames: true", ""))).toEqual([
    expect.stringMatching(/^f.yaml:4:.*right would be undocumentedNames: true/),
  ]);
});
