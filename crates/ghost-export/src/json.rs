//! JSON: the schema of the original tool, and what this one knows beyond it.
//!
//! Fields are only ever added. Change the meaning of one and bump [`SCHEMA_VERSION`].

use std::collections::BTreeMap;
use std::io::{self, Write};

use ghost_model::{ExceptionCount, Function, FunctionId, Process, Profile, Recording};
use serde::Serialize;

use crate::Labels;
use crate::distribution::Distribution;
use crate::format::{ExportError, Exporter};
use crate::view::ExportView;

/// Version of the JSON schema. 1: first.
pub const SCHEMA_VERSION: u32 = 1;

/// The JSON format.
pub(crate) struct Json;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    session_id: &'a str,
    script_path: &'a str,
    name: Option<&'a str>,
    note: Option<&'a str>,
    /// `started` by `ghost run`, or `attached` to while it ran.
    kind: &'static str,
    pid: u32,
    start_unix_ns: u64,
    end_unix_ns: Option<u64>,
    exit_code: Option<i32>,
    state: &'static str,
    call_count: u64,
    processes: Vec<ProcessEntry<'a>>,
    profiles: Vec<ProfileEntry<'a>>,
}

#[derive(Serialize)]
struct ProcessEntry<'a> {
    pid: u32,
    parent_pid: u32,
    start_unix_ns: u64,
    end_unix_ns: Option<u64>,
    python_version: &'a str,
    /// What observing one call costs, picoseconds; 0 where it was not measured.
    call_cost_ps: u64,
    /// What observing took in all, where that is measured (under a budget); else 0.
    own_cost_ns: u64,
    state: &'static str,
    /// What was refused, lost or failed; absent where it is zero.
    counters: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct ProfileEntry<'a> {
    fn_key: String,
    call_count: u64,
    /// Standard error of `call_count`: 0 where it is exact.
    call_count_se: u64,
    exception_count: u64,
    exception_rate: f64,
    mean_latency_ns: Option<u64>,
    min_latency_ns: Option<u64>,
    max_latency_ns: Option<u64>,
    arg_type_dist: Distribution,
    ret_type_dist: Distribution,
    module: &'a str,
    qualname: &'a str,
    line: u32,
    file: &'a str,
    kind: &'static str,
    parameters: &'a str,
    p50_latency_ns: Option<u64>,
    p90_latency_ns: Option<u64>,
    p95_latency_ns: Option<u64>,
    p99_latency_ns: Option<u64>,
    total_ns: u64,
    self_ns: u64,
    running_ns: u64,
    /// Counts by bucket: bucket `i` ends at `2^((i+1)/8)` nanoseconds.
    latency_buckets: BTreeMap<u32, u64>,
    yield_type_dist: Distribution,
    exc_type_dist: Distribution,
    handled_type_dist: Distribution,
    exceptions: Vec<ExceptionEntry<'a>>,
    callers: Distribution,
    /// Counts by signature for each caller; empty in sessions that did not record them.
    arg_type_dist_by_caller: BTreeMap<String, Distribution>,
    /// Counts by returned type for each caller.
    ret_type_dist_by_caller: BTreeMap<String, Distribution>,
}

#[derive(Serialize)]
struct ExceptionEntry<'a> {
    exception_type: &'a str,
    /// `fn_key` of the function that caught it; null while nobody has.
    caught_by: Option<String>,
    count: u64,
}

impl Exporter for Json {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let labels = view.labels();
        serde_json::to_writer_pretty(&mut *output, &document(view, &labels))
            .map_err(io::Error::from)?;
        output.write_all(b"\n")?;
        Ok(())
    }
}

fn document<'a>(view: &'a ExportView<'_>, labels: &'a Labels) -> Document<'a> {
    let session = view.session;
    let entry = |(function, profile)| profile_entry(view.recording, labels, function, profile);
    Document {
        schema_version: SCHEMA_VERSION,
        session_id: session.id.as_str(),
        script_path: &session.script,
        name: session.name.as_deref(),
        note: session.note.as_deref(),
        kind: session.kind.as_str(),
        pid: session.pid,
        start_unix_ns: session.start_unix_ns,
        end_unix_ns: session.end_unix_ns,
        exit_code: session.exit_code,
        state: session.state.as_str(),
        call_count: session.call_count,
        processes: view.processes.iter().map(process_entry).collect(),
        profiles: view.rows().map(entry).collect(),
    }
}

fn process_entry(process: &Process) -> ProcessEntry<'_> {
    ProcessEntry {
        pid: process.pid,
        parent_pid: process.parent_pid,
        start_unix_ns: process.start_unix_ns,
        end_unix_ns: process.end_unix_ns,
        python_version: &process.python_version,
        call_cost_ps: process.call_cost_ps,
        own_cost_ns: process.own_cost_ns,
        state: process.state.as_str(),
        counters: process.counters.iter().map(|(counter, n)| (counter.as_str(), *n)).collect(),
    }
}

fn profile_entry<'a>(
    recording: &Recording,
    labels: &'a Labels,
    function: &'a Function,
    profile: &Profile,
) -> ProfileEntry<'a> {
    let (calls, exceptions) = (profile.call_count(), profile.exception_count());
    let ended = |ns: u64| (profile.ended_count() > 0).then_some(ns);
    let quantile = |quantile| profile.latency.quantile_ns(quantile);
    let types = |counts: &[(ghost_model::TypeId, u64)]| type_counts(labels, counts);
    let signatures = profile.args.iter();
    let callers = profile.callers.iter();
    ProfileEntry {
        fn_key: function.key.to_string(),
        call_count: calls,
        call_count_se: profile.call_count_se,
        exception_count: exceptions,
        exception_rate: if calls == 0 { 0.0 } else { exceptions as f64 / calls as f64 },
        mean_latency_ns: profile.latency_ns_mean(),
        min_latency_ns: ended(profile.latency_ns_min),
        max_latency_ns: ended(profile.latency_ns_max),
        arg_type_dist: signatures.map(|(types, n)| (labels.signature(types), *n)).collect(),
        ret_type_dist: types(&profile.returns),
        module: &function.key.module,
        qualname: &function.key.qualname,
        line: function.key.line,
        file: &function.file,
        kind: function.kind.as_str(),
        parameters: &function.parameters,
        p50_latency_ns: quantile(0.50),
        p90_latency_ns: quantile(0.90),
        p95_latency_ns: quantile(0.95),
        p99_latency_ns: quantile(0.99),
        total_ns: profile.total_ns,
        self_ns: profile.self_ns,
        running_ns: profile.running_ns,
        latency_buckets: profile.latency.buckets().collect(),
        yield_type_dist: types(&profile.yields),
        exc_type_dist: exception_counts(labels, &profile.exceptions),
        handled_type_dist: types(&profile.handled),
        exceptions: exception_entries(recording, labels, &profile.exceptions),
        callers: callers.map(|(id, n)| (recording.function(*id).key.to_string(), *n)).collect(),
        arg_type_dist_by_caller: by_caller(
            recording,
            profile
                .args_by_caller
                .iter()
                .map(|((id, types), n)| (*id, labels.signature(types), *n)),
        ),
        ret_type_dist_by_caller: by_caller(
            recording,
            profile
                .returns_by_caller
                .iter()
                .map(|((id, result), n)| (*id, labels.type_name(*result).to_owned(), *n)),
        ),
    }
}

fn by_caller(
    recording: &Recording,
    counts: impl Iterator<Item = (FunctionId, String, u64)>,
) -> BTreeMap<String, Distribution> {
    let mut lists: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    for (caller, label, count) in counts {
        let key = recording.function(caller).key.to_string();
        lists.entry(key).or_default().push((label, count));
    }
    lists.into_iter().map(|(caller, counts)| (caller, counts.into_iter().collect())).collect()
}

pub(crate) fn type_counts(labels: &Labels, counts: &[(ghost_model::TypeId, u64)]) -> Distribution {
    counts.iter().map(|(id, count)| (labels.type_name(*id).to_owned(), *count)).collect()
}

pub(crate) fn exception_counts(labels: &Labels, exceptions: &[ExceptionCount]) -> Distribution {
    exceptions
        .iter()
        .map(|raised| (labels.type_name(raised.exception).to_owned(), raised.count))
        .collect()
}

fn exception_entries<'a>(
    recording: &Recording,
    labels: &'a Labels,
    exceptions: &[ExceptionCount],
) -> Vec<ExceptionEntry<'a>> {
    let mut entries: Vec<_> = exceptions
        .iter()
        .map(|raised| ExceptionEntry {
            exception_type: labels.type_name(raised.exception),
            caught_by: raised.caught_by.map(|id| recording.function(id).key.to_string()),
            count: raised.count,
        })
        .collect();
    entries.sort_by(|a, b| {
        let order =
            |entry: &ExceptionEntry<'a>| (std::cmp::Reverse(entry.count), entry.exception_type);
        order(a).cmp(&order(b)).then_with(|| a.caught_by.cmp(&b.caught_by))
    });
    entries
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, write};
    use crate::sample;
    use serde_json::Value;

    fn text() -> String {
        let mut output = Vec::new();
        write(&sample::session().view(), Format::Json, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn the_document_stays_as_it_is() {
        insta::assert_snapshot!(text());
    }

    #[test]
    fn odd_names_come_back_unchanged() {
        let document: Value = serde_json::from_str(&text()).unwrap();
        let names: Vec<&str> = document["profiles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|profile| profile["qualname"].as_str().unwrap())
            .collect();
        assert!(names.contains(&sample::ODD_NAME));
    }

    #[test]
    fn distributions_add_up_to_the_calls() {
        let document: Value = serde_json::from_str(&text()).unwrap();
        for profile in document["profiles"].as_array().unwrap() {
            let signatures = profile["arg_type_dist"].as_object().unwrap();
            let sum: u64 = signatures.values().map(|count| count.as_u64().unwrap()).sum();
            assert_eq!(Some(sum), profile["call_count"].as_u64());
        }
    }

    const DOCUMENTED: &str = include_str!("../../../docs/schemas/export.schema.json");

    #[test]
    fn the_document_is_what_the_documented_schema_says() {
        let schema: Value = serde_json::from_str(DOCUMENTED).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let document: Value = serde_json::from_str(&text()).unwrap();
        let problems = |document: &Value| {
            validator.iter_errors(document).map(|error| error.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(problems(&document), Vec::<String>::new());
        let mut unknown = document.clone();
        unknown["profiles"][0]["undocumented"] = 1.into();
        let mut missing = document;
        missing["profiles"][0].as_object_mut().unwrap().remove("callers");
        assert!(!problems(&unknown).is_empty() && !problems(&missing).is_empty());
    }
}
