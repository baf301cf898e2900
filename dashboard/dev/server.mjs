/**
 * A server with made-up data, for work on the pages without a program: the assets as built, and the shapes of the API.
 *
 * Not shipped. `node dev/server.mjs [PORT] [FUNCTIONS]` prints a link. Answers with the headers of the real server, so
 * whatever its policy forbids fails here too.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { functionDetail, functionList, overview, processes, sessions } from "./made_up.mjs";

const ASSETS = join(dirname(fileURLToPath(import.meta.url)), "../../crates/ghost-server/assets");
const TOKEN = "0".repeat(64);
const KINDS = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const HEADERS = {
  "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

const [port = "0", functionCount = "100000"] = process.argv.slice(2);
const startedAt = Date.now();
let telemetryEnabled = true;

/** What is answered below `/api/v1`, by pattern. */
const RESOURCES = [
  [/^\/sessions$/, (_, query) => sessions(query)],
  [/^\/sessions\/[^/]+\/overview$/, () => overview()],
  [/^\/sessions\/[^/]+\/functions$/, (_, query) => functionList(Number(functionCount), query)],
  [/^\/sessions\/[^/]+\/functions\/([0-9a-f]{16})$/, ([, id]) => functionDetail(Number(functionCount), id)],
  [/^\/sessions\/[^/]+\/processes$/, () => processes()],
  [/^\/monitor$/, monitor],
  [/^\/settings$/, () => ({ telemetry: { telemetry_enabled: telemetryEnabled, telemetry_endpoint: "" } })],
  [/^\/telemetry$/, () => ({ is_sent: false, reason: "no endpoint is configured", endpoint: null, payload: {} })],
];

function monitor() {
  const minutes = Math.floor((Date.now() - startedAt) / 60_000);
  return { db_size_human: "52.3 MB", mem_alloc_human: "14 MB", goroutines: 12, uptime_human: `${minutes}m` };
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const send = (status, kind, body) => {
    response.writeHead(status, { ...HEADERS, "Content-Type": kind });
    response.end(body);
  };
  if (!url.pathname.startsWith("/api/v1")) return sendAsset(url.pathname, send);
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return problem(send, 401, "Unauthorized");
  if (request.method === "PATCH") telemetryEnabled = !telemetryEnabled;
  for (const [pattern, answer] of RESOURCES) {
    const match = pattern.exec(url.pathname.slice("/api/v1".length));
    const value = match && answer(match, url.searchParams);
    if (value) return send(200, "application/json", JSON.stringify(value));
  }
  return problem(send, 404, "Not Found");
});

function sendAsset(pathname, send) {
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  if (!/^[a-z_]+\.(html|js|css|svg)$/.test(name)) return problem(send, 404, "Not Found");
  return send(200, KINDS[name.split(".")[1]], readFileSync(join(ASSETS, name)));
}

function problem(send, status, title) {
  send(status, "application/problem+json", JSON.stringify({ type: "about:blank", title, status }));
}

server.listen(Number(port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/#token=${TOKEN}`);
});
