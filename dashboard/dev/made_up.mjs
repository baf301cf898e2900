/**
 * Made-up sessions in the shapes of the API. The same every time, but for the present moment.
 */

const MODULES = ["shop.orders", "shop.catalog.search", "shop.payments", "api.views", "api.serializers", "lib.cache"];
const VERBS = ["load", "place", "find", "render", "charge", "validate", "merge", "flush"];
const THINGS = ["order", "cart", "invoice", "price", "stock", "user", "session", "query"];
const HOSTILE = ['<img src=x onerror="window.hacked=1">', "</script><script>window.hacked=1</script>", "\u202Egnp.exe"];
const SIGNATURES = [
  "(int, str)",
  "(Order, *, user: User | None)",
  "(list[dict[str, int]])",
  "()",
  "(float) -> Decimal",
];

const known = new Map();

/** Numbers that look like chance and are not. */
function chance(seed) {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

function functionsOf(count) {
  if (!known.has(count))
    known.set(
      count,
      Array.from({ length: count }, (_, index) => functionOf(index)),
    );
  return known.get(count);
}

function functionOf(index) {
  const pick = (list, salt) => list[Math.floor(chance(index * 7 + salt) * list.length)];
  const calls = Math.max(1, Math.floor(3_000_000 / (index + 1) ** 1.1));
  const mean = Math.floor(10 ** (3 + chance(index) * 6));
  const exceptions = chance(index + 99) < 0.1 ? Math.floor(calls * chance(index + 5)) : 0;
  return {
    function_id: (index + 1).toString(16).padStart(16, "0"),
    qualname:
      HOSTILE[index - 3] ??
      `${pick(THINGS, 1)[0].toUpperCase()}${pick(THINGS, 1).slice(1)}.${pick(VERBS, 2)}_${pick(THINGS, 3)}_${index}`,
    module: pick(MODULES, 4),
    file: `/srv/${pick(MODULES, 4).replaceAll(".", "/")}.py`,
    line: 1 + Math.floor(chance(index + 1) * 900),
    kind: "function",
    is_external: false,
    call_count: calls,
    exception_count: exceptions,
    total_ns: calls * mean,
    self_ns: Math.floor(calls * mean * chance(index + 2)),
    latency_ns_mean: mean,
    latency_ns_p50: Math.floor(mean * 0.8),
    latency_ns_p95: mean * 3,
    latency_ns_p99: mean * 6,
    latency_ns_max: mean * 40,
    signature_count: 1 + Math.floor(chance(index + 3) * 5),
    top_signature: pick(SIGNATURES, 5),
    is_estimate: false,
  };
}

const lists = new Map();

/** A page of the functions. */
export function functionList(count, query) {
  const sort = query.get("sort") ?? "-call_count";
  const q = (query.get("q") ?? "").toLowerCase();
  const key = `${count} ${sort} ${q}`;
  if (!lists.has(key))
    lists.set(
      key,
      sorted(functionsOf(count), sort).filter((row) => matches(row, q)),
    );
  const rows = lists.get(key);
  const offset = Number(query.get("offset") ?? 0);
  const items = rows.slice(offset, offset + Number(query.get("limit") ?? 100));
  return { items, total_count: count, matched_count: rows.length, version: "1" };
}

function matches(row, q) {
  return `${row.module}:${row.qualname}`.toLowerCase().includes(q);
}

function sorted(rows, sort) {
  const name = sort.replace(/^-/, "");
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...rows].sort((a, b) => sign * (a[name] < b[name] ? -1 : a[name] > b[name] ? 1 : 0));
}

/** All of one function. */
export function functionDetail(count, id) {
  const rows = functionsOf(count);
  const row = rows[Number.parseInt(id, 16) - 1];
  if (row === undefined) return null;
  const middle = Math.round(Math.log2(row.latency_ns_mean) * 8);
  const bell = Array.from({ length: 33 }, (_, index) => index - 16);
  const edge = (other, part) => ({ ...other, call_count: Math.max(1, Math.floor(row.call_count * part)) });
  return {
    ...row,
    parameters: "self, order",
    call_count_se: 0,
    running_ns: 0,
    signatures: SIGNATURES.map((name, index) => ({ name, count: Math.ceil(row.call_count / 3 ** (index + 1)) })),
    returned_types: [{ name: "Order", count: row.call_count - row.exception_count }],
    yielded_types: [],
    handled_types: [],
    exceptions: [
      { exception_type: HOSTILE[0], count: 12, is_swallowed: true, caught_by: rows[1] },
      { exception_type: "ValueError", count: 3, is_swallowed: false, caught_by: null },
    ],
    latency_buckets: bell.map((offset) => ({
      lower_ns: 2 ** ((middle + offset) / 8),
      upper_ns: 2 ** ((middle + offset + 1) / 8),
      count: Math.round(row.call_count * Math.exp(-(offset ** 2) / 40)),
    })),
    callers: [edge(rows[0], 0.7), edge(rows[5], 0.3)],
    callees: [edge(rows[7], 2), edge(rows[3], 1)],
    elided_count: 0,
    source: null,
    version: "1",
  };
}

/** A quarter of an hour of requests that come in waves. */
export function overview() {
  const step = 10;
  const now = Math.floor(Date.now() / 1000 / step) * step;
  const series = Array.from({ length: 90 }, (_, index) => {
    const seconds = now - (89 - index) * step;
    const requests = Math.round(300 + 150 * Math.sin(seconds / 60) + 60 * chance(seconds));
    return {
      start_unix_ns: seconds * 1e9,
      request_count: requests,
      error_count: Math.round(requests * 0.02 * chance(seconds + 1)),
      duration_ns_p50: 12e6 * (1 + chance(seconds + 2)),
      duration_ns_p95: 60e6 * (1 + chance(seconds + 3)),
    };
  });
  const sum = (name) => series.reduce((total, at) => total + at[name], 0);
  return {
    window_s: 900,
    step_s: step,
    series,
    request_count: sum("request_count"),
    error_count: sum("error_count"),
    requests_per_s: sum("request_count") / 900,
    error_share: sum("error_count") / sum("request_count"),
    duration_ns_p50: 17.4e6,
    duration_ns_p95: 92.1e6,
    recent_errors: Array.from({ length: 8 }, (_, index) => ({
      start_unix_ns: (now - index * 37) * 1e9,
      duration_ns: 5e6 * (index + 1),
      kind: "request",
      name: index === 2 ? HOSTILE[0] : "/orders/{id}",
      method: "POST",
      status: 500,
      exception_type: "PaymentDeclined",
      trace_id: (index + 1).toString(16).padStart(32, "0"),
    })),
    call_count: 34_567_890,
    function_count: 99_871,
    exception_count: 12_345,
    process_count: 5,
    own_cost: { observing_ns_per_call: 41.3, total_ns: null, share: 0.013 },
    is_live: true,
    version: String(now),
  };
}

/** A family of processes. */
export function processes() {
  const start = (Date.now() - 3_600_000) * 1e6;
  const row = (pid, parent_pid, state, counters = {}) => ({
    pid,
    parent_pid,
    start_unix_ns: start + pid * 1e7,
    end_unix_ns: state === "running" ? null : start + 9e11,
    python_version: "3.13.9",
    call_cost_ps: 41_000,
    own_cost_ns: 0,
    state,
    counters,
  });
  const items = [
    row(4711, 1, "running"),
    row(4712, 4711, "running", { types_dropped: 12 }),
    row(4713, 4711, "running"),
    row(4720, 4713, "killed", { calls_dropped: 1204, spans_dropped_queue_full: 88 }),
    row(4714, 4711, "finished"),
  ];
  return { items, total_count: items.length, matched_count: items.length, version: "1" };
}

/** Some sessions. */
export function sessions(query) {
  const items = Array.from({ length: 14 }, (_, index) => ({
    session_id: `17${60000000 - index * 91}-${(index * 7919).toString(16)}`,
    state: index === 0 ? "running" : index === 5 ? "killed" : "finished",
    script_path: index % 3 === 0 ? "/srv/shop/app.py" : "/srv/shop/worker.py",
    name: index === 2 ? "before the upgrade" : index === 4 ? HOSTILE[0] : null,
    note: index === 2 ? "load test with 200 users" : null,
    pid: 4711 + index,
    process_count: 1 + (index % 5),
    call_count: 34_567_890 >> index,
    start_unix_ns: (Date.now() - index * 7_200_000) * 1e6,
    end_unix_ns: index === 0 ? null : (Date.now() - index * 7_200_000 + 1_834_000) * 1e6,
    exit_code: index === 0 ? null : index === 7 ? 1 : 0,
  }));
  const q = (query.get("q") ?? "").toLowerCase();
  const matched = items.filter((item) => JSON.stringify(item).toLowerCase().includes(q));
  return { items: matched, total_count: items.length, matched_count: matched.length, version: "1" };
}
