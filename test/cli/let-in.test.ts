import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { letIn, signed, type Sent } from "../../cli/let-in.ts";

const AWS = new URL("https://a1b2c3.execute-api.eu-west-1.amazonaws.com/v1/plan?target=player%20api&hours=48");
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: "session" };
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The signature that API Gateway expects, worked out by the four steps of AWS's page on signing. */
function expected({ method, body = "" }: Sent, headers: Readonly<Record<string, string>>, path: string, query: string): string {
  const names = ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
  const values: Readonly<Record<string, string>> = { ...headers, host: AWS.host };
  const canonical = [method, path, query, ...names.map((name) => `${name}:${values[name] ?? ""}`), "", names.join(";"), sha(body)];
  const scope = "20251231/eu-west-1/execute-api/aws4_request";
  const text = ["AWS4-HMAC-SHA256", "20251231T160000Z", scope, sha(canonical.join("\n"))].join("\n");
  const key = ["20251231", "eu-west-1", "execute-api", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${KEYS.secretAccessKey}`);
  const signature = hmac(key, text).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}

test.each<Sent>([
  { method: "GET", url: AWS, body: undefined },
  { method: "POST", url: AWS, body: '{"why":"på skærmen"}' },
])("a $method is signed as API Gateway checks it", async (sent) => {
  const headers = await signed(sent, "eu-west-1", KEYS, new Date("2025-12-31T16:00:00Z"));
  expect(headers["authorization"]).toBe(expected(sent, headers, "/v1/plan", "hours=48&target=player%20api"));
  expect(headers["x-amz-security-token"]).toBe("session");
});

const get = (url: string): Sent => ({ method: "GET", url: new URL(url), body: undefined });

test("a token that is given goes to whoever is asked; without one only an API in AWS is signed for", async () => {
  expect(await letIn(get("http://127.0.0.1:8321/v1/plan"), {})).toBeUndefined();
  expect(await letIn(get("https://calltime.example/v1/plan"), { CALLTIME_TOKEN: "jwt" })).toEqual({ authorization: "Bearer jwt" });
  const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  expect(await letIn({ method: "GET", url: AWS, body: undefined }, env)).toMatchObject({
    authorization: expect.stringContaining("Credential=AKIDEXAMPLE/") as string,
  });
  expect(await letIn(get("https://execute-api.eu-west-1.amazonaws.com.example/v1"), env)).toBeUndefined();
});

test("an API in AWS without keys is not asked, and what is missing is said", async () => {
  await expect(letIn({ method: "GET", url: AWS, body: undefined }, { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE" })).rejects.toMatchObject({
    code: "credentials-missing",
    message: expect.stringContaining("CALLTIME_TOKEN") as string,
  });
});
