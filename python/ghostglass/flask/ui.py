"""A page with the statistics of the last fifteen minutes, within a Flask application.

The page itself holds no data and needs no token; the data does, if one is set. The page takes it
from the part of its address behind `#`, which browsers send to nobody: `/_ghostglass/#token=…`.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, jsonify, request

if TYPE_CHECKING:
    from ghostglass.stats import StatsStore

__all__ = ["make_ui_blueprint"]

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline';"
    " style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Ghostglass</title>
<style>
body { font: 15px system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
       color-scheme: light dark }
dl { display: flex; flex-wrap: wrap; gap: 2rem } dt { opacity: .6 }
dd { margin: 0; font-size: 2rem }
table { border-collapse: collapse; width: 100% } td, th { padding: .3rem .6rem; text-align: left }
svg { width: 100%; height: 6rem } polyline { fill: none; stroke: currentColor }
</style>
<h1>Ghostglass</h1>
<dl>
<div><dt>requests/s</dt><dd id="rps">-</dd></div>
<div><dt>errors</dt><dd id="error_pct">-</dd></div>
<div><dt>p50</dt><dd id="p50">-</dd></div>
<div><dt>p95</dt><dd id="p95">-</dd></div>
</dl>
<svg viewBox="0 0 59 100" preserveAspectRatio="none" role="img"
 aria-label="requests per second, last minute"><polyline id="spark" points=""/></svg>
<h2>Errors</h2>
<table><thead><tr><th>time<th>route<th>status<th>exception</tr></thead><tbody id="errors"></tbody>
</table>
<p id="state" role="status"></p>
<script>
const base = location.pathname.endsWith("/") ? location.pathname : location.pathname + "/";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const headers = token ? { Authorization: "Bearer " + token } : {};
const show = (id, text) => { document.getElementById(id).textContent = text };
const number = (value, unit) => value == null ? "-" : value.toFixed(2) + unit;
async function get(name) {
  const answer = await fetch(base + name, { headers, cache: "no-store" });
  if (!answer.ok) throw new Error("HTTP " + answer.status);
  return answer.json();
}
async function refresh() {
  try {
    const m = await get("metrics.json");
    show("rps", number(m.rps, "")); show("error_pct", number(m.error_pct, " %"));
    show("p50", number(m.p50, " ms")); show("p95", number(m.p95, " ms"));
    const top = Math.max(1, ...m.spark);
    document.getElementById("spark").setAttribute("points",
      m.spark.map((count, x) => x + "," + (100 - 98 * count / top)).join(" "));
    const rows = (await get("errors.json")).errors.reverse().map(error => {
      const row = document.createElement("tr");
      const time = error.ts_ns ? new Date(error.ts_ns / 1e6).toLocaleTimeString() : "";
      for (const text of [time, error.route, error.status, error.exception_type]) {
        row.insertCell().textContent = text ?? "";
      }
      return row;
    });
    document.getElementById("errors").replaceChildren(...rows);
    show("state", "");
  } catch (error) { show("state", String(error)) }
}
refresh(); setInterval(refresh, 4000);
</script>
</html>
"""


def make_ui_blueprint(
    stats: StatsStore, *, bearer_token: str | None = None, ui_prefix: str = "/_ghostglass"
) -> Blueprint:
    """Make a blueprint with the page, `metrics.json` and `errors.json`."""
    blueprint = Blueprint("ghostglass_ui", __name__, url_prefix=ui_prefix or None)

    def check_token() -> None:
        is_page = request.endpoint == f"{blueprint.name}.page"
        if bearer_token is None or is_page:
            return
        given = request.headers.get("Authorization", "")
        wanted = f"Bearer {bearer_token}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            abort(401)

    blueprint.before_request(check_token)
    blueprint.after_request(_add_headers)
    blueprint.add_url_rule("/", "page", lambda: Response(PAGE, mimetype="text/html"))
    blueprint.add_url_rule("/metrics.json", "metrics", lambda: jsonify(stats.snapshot()))
    blueprint.add_url_rule("/errors.json", "errors", lambda: jsonify(errors=stats.errors()))
    return blueprint


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
