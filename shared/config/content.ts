import type * as z from "zod";
import { CONTENT_BUDGET, EDGE_ROLES, type ContentSettings } from "../core/warm/content.ts";
import { cloudFrontPop, type Edge } from "../core/warm/edge.ts";
import { CalltimeError } from "../core/error.ts";
import { flag, keys, listOf, numberFromZero, oneOf, positiveNumber, targetId, text, wholeNumber, type Written } from "./fields.ts";
import { occasionFindings, occasionKeys, occasionSlots } from "./occasion-entry.ts";
import { parseYaml, type Rule } from "./parse-yaml.ts";
import { shown } from "./problem.ts";
import { repeated } from "./repeated.ts";

const MEGABYTE = 1_000_000;

const edge = keys(
  {
    id: targetId(),
    role: oneOf(EDGE_ROLES, "shield: right before the origin; regional: before that; pop: where viewers come in").default("pop"),
    address: text("host name or IP address to connect to, where that is not the name viewers use").optional(),
    port: wholeNumber("the port to connect to", 1, 65_535).optional(),
    scheme: oneOf(["http", "https"], "how it is spoken to, where that is not as in the addresses").optional(),
    hitHeader: text("the header that says HIT or MISS, where it is none of the usual ones").optional(),
    private: flag("it may have an address that is not public").optional(),
    cloudFront: keys(
      { distribution: text("its domain name, like d111111abcdef8.cloudfront.net"), pop: text("its point of presence, like fra56-p1") },
      "a point of presence of CloudFront; AWS does not document that it can be asked by itself",
    ).optional(),
  },
  "one edge",
);

const budget = keys(
  {
    megabytes: positiveNumber("megabytes (10⁶ bytes) that may be fetched, over all edges").default(CONTENT_BUDGET.bytes / MEGABYTE),
    requests: wholeNumber("requests that may be made, over all edges", 1).default(CONTENT_BUDGET.requests),
    objectMegabytes: positiveNumber("megabytes that one object may have").default(CONTENT_BUDGET.objectBytes / MEGABYTE),
    concurrency: wholeNumber("requests under way at one edge", 1, 100).default(CONTENT_BUDGET.concurrency),
    perSecond: positiveNumber("requests a second, over all edges").default(CONTENT_BUDGET.requestsPerSecond),
    depth: wholeNumber("manifests and redirects that may lead to a segment", 1, 10).default(CONTENT_BUDGET.depth),
    tries: wholeNumber("requests for one object at one edge, the second of which must be a hit", 2, 20).default(CONTENT_BUDGET.tries),
    timeoutSeconds: positiveNumber("seconds that one answer may take").default(CONTENT_BUDGET.timeoutMs / 1000),
  },
  "how much one warm-up of an occasion may fetch",
);

const content = keys(
  {
    ...occasionKeys,
    urls: listOf(text("an address as viewers use it"), "what its viewers fetch first: pages, documents, artwork, playlists", 1),
    segments: wholeNumber("segments of each rendition", 0, 1000).default(3),
  },
  "what the viewers of one occasion fetch first",
);

/** The file of content. */
export const contentSchema = keys(
  {
    hosts: listOf(text("a host name, with its port where it has one"), "the only hosts that may be asked for", 1),
    edges: listOf(edge, "the caches to be warmed", 1),
    undocumentedNames: flag("edges may be points of presence of CloudFront, by names that AWS does not document").default(false),
    acceptEncodings: listOf(text("as players send it"), "asked for one by one, where the edge keeps one object for each").default([]),
    budget: budget.prefault({}),
    price: keys(
      {
        perGigabyte: numberFromZero("US dollars for 10⁹ bytes").default(0),
        perTenThousandRequests: numberFromZero("US dollars for 10,000 requests").default(0),
      },
      "what the CDN bills",
    ).prefault({}),
    content: listOf(content, "what is fetched for which occasion", 1),
  },
  "hosts:, edges: and content:",
);

type WrittenContent = Written<typeof contentSchema>;

/**
 * The content of a file. Throws CalltimeError `config-invalid` with every problem: unknown keys, an edge or an occasion given twice, an
 * address whose host may not be asked for, an edge that is none.
 */
export function parseContent(source: string, file: string): ContentSettings {
  const rules: Rule<WrittenContent>[] = [
    ({ content: entries }) => occasionFindings("content", entries),
    uniqueEdges,
    soundEdges,
    undocumentedNames,
    allowedHosts,
  ];
  const read = parseYaml(source, file, contentSchema, rules);
  const { budget: most, price } = read;
  return {
    hosts: read.hosts,
    edges: read.edges.map(edgeOf),
    acceptEncodings: read.acceptEncodings,
    budget: {
      bytes: Math.round(most.megabytes * MEGABYTE),
      requests: most.requests,
      objectBytes: Math.round(most.objectMegabytes * MEGABYTE),
      concurrency: most.concurrency,
      requestsPerSecond: most.perSecond,
      depth: most.depth,
      tries: most.tries,
      timeoutMs: most.timeoutSeconds * 1000,
    },
    price: { usdPerGigabyte: price.perGigabyte, usdPerTenThousandRequests: price.perTenThousandRequests },
    content: read.content.map((entry) => ({ ...occasionSlots(entry), urls: entry.urls, segments: entry.segments })),
  };
}

function edgeOf({ id, role, cloudFront, address, port, scheme, hitHeader, private: notPublic }: z.output<typeof edge>): Edge {
  if (cloudFront !== undefined) return cloudFrontPop({ id, role, ...cloudFront });
  return {
    id,
    role,
    ...(address !== undefined && { address }),
    ...(port !== undefined && { port }),
    ...(scheme !== undefined && { scheme }),
    ...(hitHeader !== undefined && { hitHeader }),
    ...(notPublic !== undefined && { private: notPublic }),
  };
}

const uniqueEdges: Rule<WrittenContent> = ({ edges }) =>
  repeated(edges?.map((entry) => entry?.id)).map(({ index, value }) => ({
    path: ["edges", index, "id"],
    what: `the id ${shown(value)} is taken by an edge above`,
    right: "right would be an id of its own",
  }));

const soundEdges: Rule<WrittenContent> = ({ edges = [] }) =>
  edges.flatMap((entry, index) => {
    const path = ["edges", index, "cloudFront"];
    const { id, distribution, pop } = { id: entry?.id, ...entry?.cloudFront };
    if (id === undefined || distribution === undefined || pop === undefined) return [];
    if (entry?.address !== undefined) {
      return [
        { path, what: "an edge has cloudFront and an address", right: "right would be one of them: the point of presence is an address" },
      ];
    }
    try {
      cloudFrontPop({ id, distribution, pop });
      return [];
    } catch (error) {
      if (!(error instanceof CalltimeError)) throw error;
      const [what = "", right = ""] = error.message.split("; ");
      return [{ path, what, right }];
    }
  });

const undocumentedNames: Rule<WrittenContent> = ({ edges = [], undocumentedNames: allowed }) =>
  edges.flatMap((entry, index) => {
    if (allowed === true || entry?.cloudFront === undefined) return [];
    const what = "points of presence are asked by names that AWS does not document, and that may stop leading there";
    return [{ path: ["edges", index, "cloudFront"], what, right: "right would be undocumentedNames: true, or an edge by its address" }];
  });

const allowedHosts: Rule<WrittenContent> = ({ hosts = [], content: entries = [] }) =>
  entries.flatMap((entry, index) =>
    (entry?.urls ?? []).flatMap((url, place) => {
      if (url === undefined) return [];
      const path = ["content", index, "urls", place];
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
        return [{ path, what: `${shown(url)} is no address`, right: "right would be one like https://vod.example/film.m3u8" }];
      }
      const { host } = new URL(url);
      if (hosts.includes(host)) return [];
      return [
        {
          path,
          what: `${host} is none of the hosts that may be asked for`,
          right: `right would be one of ${hosts.join(", ")}, or ${host} among them`,
        },
      ];
    }),
  );
