import { describe, expect, test } from "vitest";
import { ageOf, heldOf, lifetimeOf, type AnswerHeaders } from "../../shared/edges/cache-headers.ts";

describe("whether the edge had it", () => {
  test.each<[string, string, string]>([
    ["x-cache", "Hit from cloudfront", "hit"],
    ["x-cache", "Miss from cloudfront", "miss"],
    ["x-cache", "RefreshHit from cloudfront", "hit"],
    ["x-cache", "MISS, HIT", "hit"],
    ["x-cache", "HIT, MISS", "miss"],
    ["x-cache", "Error from cloudfront", "unknown"],
    ["cf-cache-status", "DYNAMIC", "miss"],
    ["x-cache-status", "EXPIRED", "miss"],
    ["cache-status", "Origin; fwd=miss, Edge; hit; ttl=30", "hit"],
    ["cache-status", "Edge; fwd=uri-miss", "miss"],
    ["x-other", "HIT", "unknown"],
  ])("%s: %s is %s", (name, value, held) => {
    expect(heldOf({ [name]: value }, undefined)).toBe(held);
  });

  test("only the header that the edge names is believed, where it names one", () => {
    expect(heldOf({ "x-cache": "HIT", "x-mine": "MISS" }, "X-Mine")).toBe("miss");
  });
});

describe("how long a shared cache holds it", () => {
  test.each<[AnswerHeaders, number | undefined]>([
    [{ "cache-control": "public, max-age=60" }, 60_000],
    [{ "cache-control": "max-age=60, s-maxage=600" }, 600_000],
    [{ "cache-control": "no-store" }, 0],
    [{ "cache-control": "private, max-age=60" }, 0],
    [{ "cache-control": "no-cache" }, 0],
    [{ "cache-control": "max-age=60", vary: "*" }, 0],
    [{ "cache-control": "public" }, undefined],
    [{}, undefined],
    [{ date: "Fri, 27 Nov 2026 10:00:00 GMT", expires: "Fri, 27 Nov 2026 10:02:00 GMT" }, 120_000],
    [{ expires: "0" }, 0],
  ])("%j", (headers, lifetimeMs) => {
    expect(lifetimeOf(headers, {})).toBe(lifetimeMs);
  });

  test("an age is in seconds, and one that is none is no age", () => {
    expect([ageOf({ age: "12" }), ageOf({}), ageOf({ age: "-3" }), ageOf({ age: "soon" })]).toEqual([12_000, 0, 0, 0]);
  });
});
