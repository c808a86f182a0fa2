import { Hono, type Context as HonoContext } from "hono";
import { CalltimeError } from "../core/error.ts";
import { DEFAULT_MAX_BODY_BYTES } from "./body.ts";
import { failureOf } from "./failure.ts";
import { readQuery } from "./query.ts";
import type { ApiParts, Reply, Route } from "./route.ts";
import { routes } from "./routes.ts";
import { checkToken } from "./token.ts";

/** Who may write. */
export type Writers = { readonly kind: "token"; readonly token: string } | { readonly kind: "let-in-by-gateway" };

/** What the API is made from. */
export type ApiInput = Omit<ApiParts, "maxBodyBytes"> & {
  /** Who may change anything: whoever shows the write token, or whoever a gateway in front of this has let in. */
  readonly writers: Writers;
  /** Bytes of a request's body beyond which it is refused; 64 MiB when left out. */
  readonly maxBodyBytes?: number;
  /** Told of every failure that a caller only sees as 500; standard error when left out. */
  readonly report?: (error: unknown) => void;
};

// Answers are for programs and for our own page: nobody frames them, guesses their type, keeps them or reads them from another origin.
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The HTTP API: Request → Response, the same on a laptop and behind a Lambda. Throws `token-empty`. */
export function createApi(input: ApiInput): Hono {
  const { writers } = input;
  if (writers.kind === "token" && writers.token === "")
    throw new CalltimeError("token-empty", "the write token is empty: anybody could write; give one of 32 random bytes");
  const parts: ApiParts = { ...input, maxBodyBytes: input.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES };
  const report = input.report ?? ((error: unknown) => console.error(error));
  const app = new Hono();
  app.use("*", async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  });
  for (const route of routes) {
    const path = route.path.replace("{id}", ":id");
    app.on(route.method, path, async (c) => answered(c, await handled(route, parts, writers, c)));
  }
  // After all of them: what gets here has a path that is known and a method that is not.
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path.replace("{id}", ":id"), (c) => {
      c.header("allow", methods.map((method) => (method === "GET" ? "GET, HEAD" : method)).join(", "));
      throw new CalltimeError("method-wrong", `${c.req.method} ${path}: this path takes ${methods.join(" and ")} only`);
    });
  }
  app.notFound((c) => {
    const known = routes.map(({ method, path }) => `${method} ${path}`).join(", ");
    return refused(
      c,
      new CalltimeError("route-unknown", `${c.req.method} ${c.req.path.slice(0, 200)}: there is no such path; there are ${known}`),
      report,
    );
  });
  app.onError((error, c) => refused(c, error, report));
  return app;
}

async function handled(route: Route, parts: ApiParts, writers: Writers, c: HonoContext): Promise<Reply> {
  if (route.writes && writers.kind === "token") checkToken(c.req.header("authorization") ?? null, writers.token);
  const query = readQuery(route.query(), new URL(c.req.url));
  const reply = await route.handle({ parts, now: parts.now(), query, id: c.req.param("id") ?? "", request: c.req.raw });
  const shape = route.responses[reply.status];
  if (shape === undefined) throw new TypeError(`${route.path}: status ${reply.status} has no schema`);
  // What does not have the shape we promise is a fault of ours: better said than sent.
  return { status: reply.status, body: shape.schema().parse(reply.body) };
}

function refused(c: HonoContext, error: unknown, report: (error: unknown) => void): Response {
  const { status, body, internal } = failureOf(error);
  if (internal) report(error);
  if (status === 401) c.header("www-authenticate", 'Bearer realm="calltime"');
  return answered(c, { status, body });
}

function answered(c: HonoContext, { status, body }: Reply): Response {
  c.status(status as 200);
  return c.body(`${JSON.stringify(body)}\n`, { headers: { "content-type": "application/json; charset=utf-8" } });
}
