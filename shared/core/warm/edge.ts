import { CalltimeError } from "../error.ts";
import type { EdgeRole } from "./content.ts";

/** A cache between viewers and the origin, and how to ask this one and no other. */
export type Edge = {
  readonly id: string;
  readonly role: EdgeRole;
  /** Host name or IP address to connect to. Left out: where the host name of what is asked for leads. */
  readonly address?: string;
  /** Port to connect to. Left out: that of what is asked for. */
  readonly port?: number;
  /** How it is spoken to. Left out: as what is asked for says. Over https its certificate must be of the host that is asked for. */
  readonly scheme?: "http" | "https";
  /** The header that says whether the edge had it. Left out: the usual ones are looked at. */
  readonly hitHeader?: string;
  /** It may have an address that is not public: loopback, a private network, link-local. */
  readonly private?: boolean;
};

/** Names of points of presence that CloudFront gives its own, like `fra56-p1`. */
const POP_NAME = /^[a-z]{3}\d{1,3}-[cp]\d{1,3}$/;

/**
 * One point of presence of CloudFront, asked by a name that AWS uses and does not document: it may stop leading there at any time, and
 * then every GET through it fails. `distribution`: its domain name, `d111111abcdef8.cloudfront.net`. Throws CalltimeError `edge-invalid`.
 */
export function cloudFrontPop({
  id,
  role = "pop",
  distribution,
  pop,
}: {
  readonly id: string;
  /** A point of presence that stands before Origin Shield or a regional cache is asked first, as what it fills. */
  readonly role?: EdgeRole;
  readonly distribution: string;
  readonly pop: string;
}): Edge {
  const [name, ...rest] = distribution.toLowerCase().split(".");
  if (rest.join(".") !== "cloudfront.net" || name === undefined || name === "") {
    throw new CalltimeError(
      "edge-invalid",
      `edge ${id}: ${distribution} is no distribution; right would be a name like d111111abcdef8.cloudfront.net`,
    );
  }
  if (!POP_NAME.test(pop.toLowerCase())) {
    throw new CalltimeError("edge-invalid", `edge ${id}: ${pop} is no point of presence; right would be a name like fra56-p1`);
  }
  return { id, role, address: `${name}.${pop.toLowerCase()}.cloudfront.net`, hitHeader: "x-cache" };
}
