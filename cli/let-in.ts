import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { CalltimeError } from "../shared/core/error.ts";

/** One request as it is sent. */
export type Sent = { readonly method: string; readonly url: URL; readonly body: string | undefined };

type Environment = Readonly<Record<string, string | undefined>>;

/** Hosts of HTTP APIs in AWS, with their Region. */
const AWS_HOST = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

/**
 * The headers that let a request in where a deployment asks for them: the token of CALLTIME_TOKEN as it is, and a signature with the keys of
 * the environment for an HTTP API in AWS. Undefined where neither is asked for. Throws `credentials-missing`.
 */
export async function letIn(sent: Sent, env: Environment = process.env): Promise<Readonly<Record<string, string>> | undefined> {
  const token = env["CALLTIME_TOKEN"];
  if (token !== undefined && token !== "") return { authorization: `Bearer ${token}` };
  const region = AWS_HOST.exec(sent.url.hostname)?.[1];
  if (region === undefined) return undefined;
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "", AWS_SESSION_TOKEN: sessionToken } = env;
  if (accessKeyId === "" || secretAccessKey === "") {
    const right = "right would be AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or with auth=jwt CALLTIME_TOKEN";
    throw new CalltimeError(
      "credentials-missing",
      `${sent.url.origin}: it lets in only who signs, and there are no keys in the environment; ${right}`,
    );
  }
  return signed(sent, region, { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }, new Date());
}

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** The headers of a request with its signature at an instant, for API Gateway. */
export async function signed({ method, url, body }: Sent, region: string, keys: Keys, at: Date): Promise<Readonly<Record<string, string>>> {
  const signer = new SignatureV4({ service: "execute-api", region, credentials: keys, sha256: Sha256 });
  const { headers } = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
      ...(body !== undefined && { body }),
    },
    { signingDate: at },
  );
  // fetch writes the host itself.
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "host"));
}

/** SHA-256 as the signer wants it: with a secret an HMAC. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, "utf8");
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
