import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Varnish is. */
export const VARNISH = process.env["CALLTIME_VARNISHD"] ?? "/usr/sbin/varnishd";
/** Where nginx is. */
export const NGINX = process.env["CALLTIME_NGINX"] ?? "/usr/sbin/nginx";

/** A cache server that runs. */
export type CacheServer = { readonly port: number; readonly stop: () => Promise<void> };

/** Varnish before an origin on loopback, telling by `X-Cache` whether it had what it was asked for. */
export function startVarnish(originPort: number): Promise<CacheServer> {
  return started("varnish", (folder, port) => {
    const vcl = join(folder, "edge.vcl");
    writeFileSync(
      vcl,
      `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${originPort}"; }
sub vcl_backend_fetch { set bereq.http.X-Edge = "varnish"; }
sub vcl_deliver { if (obj.hits > 0) { set resp.http.X-Cache = "HIT"; } else { set resp.http.X-Cache = "MISS"; } }
`,
    );
    // Without gzip of its own: it would ask the origin for gzip whatever it was asked for.
    const args = ["-F", "-j", "none", "-a", `127.0.0.1:${port}`, "-f", vcl, "-n", join(folder, "state"), "-s", "malloc,256m", "-T", "none"];
    return [VARNISH, [...args, "-p", "http_gzip_support=off"]];
  });
}

/** nginx before an origin on loopback, telling by `X-Cache` whether it had what it was asked for. */
export function startNginx(originPort: number): Promise<CacheServer> {
  return started("nginx", (folder, port) => {
    for (const name of ["cache", "temp", "logs"]) mkdirSync(join(folder, name));
    writeFileSync(
      join(folder, "edge.conf"),
      `daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${folder}/nginx.pid;
error_log ${folder}/logs/error.log;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/temp/body;
  proxy_temp_path ${folder}/temp/proxy;
  fastcgi_temp_path ${folder}/temp/fastcgi;
  uwsgi_temp_path ${folder}/temp/uwsgi;
  scgi_temp_path ${folder}/temp/scgi;
  proxy_cache_path ${folder}/cache keys_zone=edge:10m max_size=1g inactive=60m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${originPort};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Edge nginx;
      proxy_cache edge;
      proxy_cache_key $scheme$http_host$request_uri;
      proxy_cache_lock on;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`,
    );
    return [NGINX, ["-p", folder, "-c", join(folder, "edge.conf")]];
  });
}

async function started(name: string, command: (folder: string, port: number) => [string, string[]]): Promise<CacheServer> {
  const folder = mkdtempSync(join(tmpdir(), `calltime-${name}-`));
  const port = await freePort();
  const [path, args] = command(folder, port);
  let said = "";
  const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + 15_000;
  for (;;) {
    const answers = await fetch(`http://127.0.0.1:${port}/is-it-up`, { signal: AbortSignal.timeout(1_000) }).then(
      () => true,
      () => false,
    );
    if (answers) return { port, stop };
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`${name} did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

/** A port on loopback that nothing listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
