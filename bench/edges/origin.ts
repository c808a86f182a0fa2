import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** An origin on loopback, and what it was asked for: how often for each `edge url encoding`. */
export type Origin = {
  readonly port: number;
  readonly asked: Map<string, number>;
  readonly bytes: () => number;
  readonly stop: () => Promise<void>;
};

/** Answers a request in full. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts an origin that answers with what is at a path; 404 for any other. */
export async function startOrigin(answers: Readonly<Record<string, Answer>>): Promise<Origin> {
  const asked = new Map<string, number>();
  let bytes = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const answer = answers[path];
    if (answer === undefined) {
      response.writeHead(404).end();
      return;
    }
    const key = [request.headers["x-edge"] ?? "direct", path, request.headers["accept-encoding"]]
      .filter((part) => part !== undefined)
      .join(" ");
    asked.set(key, (asked.get(key) ?? 0) + 1);
    const { socket } = response;
    const before = socket?.bytesWritten ?? 0;
    response.once("close", () => (bytes += (socket?.bytesWritten ?? before) - before));
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    port: address.port,
    asked,
    bytes: () => bytes,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer that caches hold for ten minutes. */
export function held(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => {
    response.writeHead(200, { "cache-control": "public, max-age=3600", "content-length": String(Buffer.byteLength(body)), ...headers });
    response.end(body);
  };
}

const MASTER = "application/vnd.apple.mpegurl";

/** What the viewers of a premiere fetch first: a page, artwork, an API document, and a film in renditions with a few segments each. */
export function premiere({
  renditions,
  segments,
  segmentBytes,
}: {
  renditions: number;
  segments: number;
  segmentBytes: number;
}): Record<string, Answer> {
  const answers: Record<string, Answer> = {
    "/": held("<html><body>Tonight: the premiere</body></html>", { "content-type": "text/html", vary: "Accept-Encoding" }),
    "/api/home.json": held('{"rows":[]}', { "content-type": "application/json", vary: "Accept-Encoding" }),
    "/art/poster.jpg": held(new Uint8Array(40_000).fill(7), { "content-type": "image/jpeg" }),
  };
  const names = Array.from({ length: renditions }, (_, index) => `v${index}`);
  const lines = names.map((name, index) => `#EXT-X-STREAM-INF:BANDWIDTH=${(index + 1) * 800_000}\n${name}/index.m3u8`);
  answers["/film/master.m3u8"] = held(`#EXTM3U\n${lines.join("\n")}\n`, { "content-type": MASTER });
  for (const name of names) {
    const list = Array.from({ length: segments }, (_, index) => `#EXTINF:6.0,\n${index}.m4s`).join("\n");
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI="init.mp4"\n${list}\n#EXT-X-ENDLIST\n`;
    answers[`/film/${name}/index.m3u8`] = held(playlist, { "content-type": MASTER });
    answers[`/film/${name}/init.mp4`] = held(new Uint8Array(900).fill(1), { "content-type": "video/mp4" });
    for (let index = 0; index < segments; index += 1) {
      answers[`/film/${name}/${index}.m4s`] = held(new Uint8Array(segmentBytes).fill(index), { "content-type": "video/mp4" });
    }
  }
  return answers;
}
