//! The tables of spans: requests, queries and what happened in them.
//!
//! Totals are kept per ring, that is per process; single spans only as far as the bound goes. A row of
//! `span_rings` and everything that was read with it change in one transaction, so that no span counts
//! twice or never.

/// The version with which spans came.
pub(crate) const SPANS_SINCE: i64 = 5;

/// Tables a session file must have from then on.
pub(crate) const TABLES_OF_SPANS: [&str; 7] =
    ["span_rings", "span_counters", "spans", "routes", "statements", "flows", "span_functions"];

/// What files get after [`SPANS`], those that have them already, too: of how many queries the rows are
/// known. In older files they are where there were any.
pub(crate) const ROWS_KNOWN: &str = "
ALTER TABLE statements ADD COLUMN rows_known_count INTEGER NOT NULL DEFAULT 0;
UPDATE statements SET rows_known_count = query_count WHERE row_count > 0;
";

/// What a new file gets after the other tables, and an older one when it is written to.
pub(crate) const SPANS: &str = "
-- One row per ring: one for each process that made spans.
CREATE TABLE span_rings (
    ring_id         INTEGER PRIMARY KEY,
    ring            TEXT NOT NULL UNIQUE, -- name of the ring's file
    pid             INTEGER NOT NULL,
    position        INTEGER NOT NULL,     -- up to where the ring was read, bytes
    last_sequence   INTEGER NOT NULL,     -- newest record read or missed; 0 before the first
    received_count  INTEGER NOT NULL,     -- spans that came through it
    unsampled_count INTEGER NOT NULL      -- of them those of traces that are not kept
);

-- Spans that did not come through, by reason, where there are any.
CREATE TABLE span_counters (
    ring_id INTEGER NOT NULL,
    counter TEXT NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (ring_id, counter)
) WITHOUT ROWID;

-- The newest spans.
CREATE TABLE spans (
    span_sequence  INTEGER PRIMARY KEY, -- order of arrival
    ring_id        INTEGER NOT NULL,
    trace_id       TEXT NOT NULL,       -- 32 hexadecimal digits
    span_id        TEXT NOT NULL,       -- 16 hexadecimal digits
    parent_span_id TEXT,                -- NULL: none
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,       -- route template, function, redacted statement or host
    start_unix_ns  INTEGER NOT NULL,
    duration_ns    INTEGER NOT NULL,
    is_error       INTEGER NOT NULL,
    attributes     TEXT NOT NULL        -- JSON object
);
CREATE INDEX spans_of_trace ON spans (trace_id);

-- All requests, also those whose spans are not kept.
CREATE TABLE routes (
    ring_id                  INTEGER NOT NULL,
    route                    TEXT NOT NULL,
    method                   TEXT NOT NULL,
    framework                TEXT NOT NULL,
    request_count            INTEGER NOT NULL,
    error_count              INTEGER NOT NULL,
    duration_ns_sum          INTEGER NOT NULL,
    duration_ns_max          INTEGER NOT NULL,
    duration_buckets         TEXT NOT NULL,    -- JSON, as latency_buckets
    bytes_in                 INTEGER NOT NULL,
    bytes_out                INTEGER NOT NULL,
    query_count              INTEGER NOT NULL,
    query_ns                 INTEGER NOT NULL,
    repeated_query_count_max INTEGER NOT NULL, -- of one statement in one request
    repeated_query           TEXT NOT NULL,
    status_classes           TEXT NOT NULL,    -- JSON: requests by first digit of the status
    PRIMARY KEY (ring_id, route, method, framework)
) WITHOUT ROWID;

CREATE TABLE statements (
    ring_id          INTEGER NOT NULL,
    statement        TEXT NOT NULL,    -- redacted; empty where it was not safe to keep
    system           TEXT NOT NULL,
    operation        TEXT NOT NULL,
    collection       TEXT NOT NULL,
    query_count      INTEGER NOT NULL,
    error_count      INTEGER NOT NULL,
    row_count        INTEGER NOT NULL,
    duration_ns_sum  INTEGER NOT NULL,
    duration_ns_max  INTEGER NOT NULL,
    duration_buckets TEXT NOT NULL,
    pool_wait_ns     INTEGER NOT NULL,
    PRIMARY KEY (ring_id, statement, system, operation, collection)
) WITHOUT ROWID;

-- Requests the program sent.
CREATE TABLE flows (
    ring_id          INTEGER NOT NULL,
    host             TEXT NOT NULL,
    port             INTEGER NOT NULL, -- 0: not known
    method           TEXT NOT NULL,
    request_count    INTEGER NOT NULL,
    error_count      INTEGER NOT NULL,
    duration_ns_sum  INTEGER NOT NULL,
    duration_ns_max  INTEGER NOT NULL,
    duration_buckets TEXT NOT NULL,
    PRIMARY KEY (ring_id, host, port, method)
) WITHOUT ROWID;

-- The newest sampled activations that began within a span.
CREATE TABLE span_functions (
    process_id    INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,   -- rises within a process
    span_id       TEXT NOT NULL,
    function_id   INTEGER NOT NULL,
    caller_id     INTEGER NOT NULL,   -- function_id
    start_unix_ns INTEGER NOT NULL,
    latency_ns    INTEGER NOT NULL,
    is_exception  INTEGER NOT NULL,
    PRIMARY KEY (process_id, sequence)
) WITHOUT ROWID;
CREATE INDEX functions_of_span ON span_functions (span_id);
";
