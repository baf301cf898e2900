// Fills the page of statistics every four seconds. Sends the token as a header only.
"use strict";

const REFRESH_MS = 4000;
const base = location.pathname.endsWith("/") ? location.pathname : `${location.pathname}/`;
const element = (id) => document.getElementById(id);

// Kept for this tab, so that a reload needs no token in the address.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("ghostglass-token", given);
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem("ghostglass-token");
const headers = token ? { Authorization: `Bearer ${token}` } : {};

const rounded = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const show = (id, value, unit) => {
  element(id).textContent = value == null ? "–" : `${rounded(value)}${unit}`;
};

async function get(name) {
  const answer = await fetch(base + name, { headers, cache: "no-store" });
  if (answer.status === 401) throw new Error("This page needs a token: open it as …/#token=YOUR-TOKEN.");
  if (!answer.ok) throw new Error(`The application answered with status ${answer.status}.`);
  return answer.json();
}

function showSpark(counts) {
  const svg = element("spark");
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, x) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = (20 * count) / most;
    for (const [name, value] of Object.entries({ x: x + 0.1, width: 0.8, y: 20 - height, height })) {
      bar.setAttribute(name, String(value));
    }
    return bar;
  });
  const sum = counts.reduce((a, b) => a + b, 0);
  const title = element("spark-text");
  title.textContent = `${sum} requests in the last minute, at most ${Math.max(0, ...counts)} in a second`;
  svg.replaceChildren(title, ...bars);
}

function showErrors(errors) {
  const rows = errors.reverse().map((error) => {
    const row = document.createElement("tr");
    const time = error.ts_ns ? new Date(error.ts_ns / 1e6).toLocaleTimeString() : "";
    for (const text of [time, error.route, error.status, error.exception_type]) {
      row.insertCell().textContent = text ?? "";
    }
    return row;
  });
  element("errors").tBodies[0].replaceChildren(...rows);
  element("errors").hidden = rows.length === 0;
  element("no-errors").hidden = rows.length > 0;
}

function say(text, failed) {
  const state = element("state");
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("failed", failed);
}

async function refresh() {
  try {
    const [metrics, { errors }] = await Promise.all([get("metrics.json"), get("errors.json")]);
    show("rps", metrics.rps, "");
    show("error_pct", metrics.error_pct, " %");
    show("p50", metrics.p50, " ms");
    show("p95", metrics.p95, " ms");
    showSpark(metrics.spark);
    showErrors(errors);
    say("live", false);
  } catch (error) {
    say(error instanceof TypeError ? "The application does not answer." : error.message, true);
  } finally {
    setTimeout(refresh, REFRESH_MS);
  }
}

void refresh();
