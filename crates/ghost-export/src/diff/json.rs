//! A comparison as one JSON object, with every function in it.
//!
//! Fields are only ever added. Change the meaning of one and bump [`DIFF_SCHEMA_VERSION`].

use std::io::{self, Write};

use ghost_analysis::diff::{
    Direction, FunctionChange, LatencyChange, Novelty, OneSided, RateChange,
};
use ghost_model::Session;
use serde::Serialize;

use super::DiffView;
use crate::distribution::Distribution;
use crate::format::ExportError;

/// Version of the JSON below. 1: first.
pub const DIFF_SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    before: SessionEntry<'a>,
    after: SessionEntry<'a>,
    /// By which factor the calls of most functions grew; null where they did not.
    traffic_ratio: Option<f64>,
    unchanged_count: u64,
    changed: Vec<ChangeEntry<'a>>,
    added: Vec<OneSidedEntry<'a>>,
    removed: Vec<OneSidedEntry<'a>>,
}

#[derive(Serialize)]
struct SessionEntry<'a> {
    session_id: &'a str,
    script_path: &'a str,
    state: &'static str,
    call_count: u64,
}

#[derive(Serialize)]
struct OneSidedEntry<'a> {
    fn_key: String,
    file: &'a str,
    call_count: u64,
    exception_count: u64,
    mean_latency_ns: Option<u64>,
}

#[derive(Serialize)]
struct ChangeEntry<'a> {
    fn_key: String,
    file: &'a str,
    line_before: u32,
    /// How much of the run is concerned; the order of the list.
    weight: f64,
    call_count: Both<u64>,
    call_count_changed: bool,
    latency: Option<LatencyEntry>,
    exception_rate: Option<RateEntry>,
    exceptions: NoveltyEntry,
    arg_signatures: NoveltyEntry,
    return_types: NoveltyEntry,
    callers: NoveltyEntry,
}

#[derive(Serialize)]
struct Both<T> {
    before: T,
    after: T,
}

impl<T> From<(T, T)> for Both<T> {
    fn from((before, after): (T, T)) -> Self {
        Self { before, after }
    }
}

#[derive(Serialize)]
struct LatencyEntry {
    direction: &'static str,
    mean_latency_ns: Both<u64>,
    p50_latency_ns: Both<u64>,
    p95_latency_ns: Both<u64>,
    /// Factor of a typical call.
    typical_ratio: f64,
    /// Cliff's delta; null, as is `p`, where there were too few calls to test.
    effect: Option<f64>,
    p: Option<f64>,
}

#[derive(Serialize)]
struct RateEntry {
    exception_rate: Both<f64>,
    exception_count: Both<u64>,
    p: f64,
}

/// Calls by name.
#[derive(Serialize)]
struct NoveltyEntry {
    new: Distribution,
    gone: Distribution,
}

pub(super) fn write(view: &DiffView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
    serde_json::to_writer_pretty(&mut *output, &document(view)).map_err(io::Error::from)?;
    output.write_all(b"\n")?;
    Ok(())
}

/// The same as a value.
pub fn diff_json(view: &DiffView<'_>) -> serde_json::Value {
    // Names and finite numbers only: nothing in it can fail to be written.
    serde_json::to_value(document(view)).unwrap_or_default()
}

fn document<'a>(view: &DiffView<'a>) -> Document<'a> {
    let comparison = view.comparison;
    Document {
        schema_version: DIFF_SCHEMA_VERSION,
        before: session(view.before),
        after: session(view.after),
        traffic_ratio: comparison.traffic_ratio,
        unchanged_count: comparison.unchanged_count,
        changed: comparison.changed.iter().map(change).collect(),
        added: comparison.added.iter().map(one_sided).collect(),
        removed: comparison.removed.iter().map(one_sided).collect(),
    }
}

fn session(session: &Session) -> SessionEntry<'_> {
    SessionEntry {
        session_id: session.id.as_str(),
        script_path: &session.script,
        state: session.state.as_str(),
        call_count: session.call_count,
    }
}

fn one_sided(one: &OneSided) -> OneSidedEntry<'_> {
    OneSidedEntry {
        fn_key: one.key.to_string(),
        file: &one.file,
        call_count: one.call_count,
        exception_count: one.exception_count,
        mean_latency_ns: one.latency_ns_mean,
    }
}

fn change(change: &FunctionChange) -> ChangeEntry<'_> {
    ChangeEntry {
        fn_key: change.key.to_string(),
        file: &change.file,
        line_before: change.line_before,
        weight: change.weight,
        call_count: (change.calls.before, change.calls.after).into(),
        call_count_changed: change.calls.is_notable,
        latency: change.latency.as_ref().map(latency),
        exception_rate: change.exception_rate.map(rate),
        exceptions: novelty(&change.exceptions, String::clone),
        arg_signatures: novelty(&change.signatures, String::clone),
        return_types: novelty(&change.returns, String::clone),
        callers: novelty(&change.callers, ToString::to_string),
    }
}

fn latency(change: &LatencyChange) -> LatencyEntry {
    LatencyEntry {
        direction: match change.direction {
            Direction::Faster => "faster",
            Direction::Slower => "slower",
            Direction::FasterWithSlowCalls => "faster_with_slow_calls",
            Direction::SlowerWithoutSlowCalls => "slower_without_slow_calls",
        },
        mean_latency_ns: change.mean_ns.into(),
        p50_latency_ns: change.median_ns.into(),
        p95_latency_ns: change.p95_ns.into(),
        typical_ratio: change.ratio,
        effect: change.tested.map(|tested| tested.effect),
        p: change.tested.map(|tested| tested.p),
    }
}

fn rate(rate: RateChange) -> RateEntry {
    RateEntry {
        exception_rate: rate.shares().into(),
        exception_count: (rate.before.0, rate.after.0).into(),
        p: rate.p,
    }
}

fn novelty<T>(novelty: &Novelty<T>, name: impl Fn(&T) -> String) -> NoveltyEntry {
    let named = |things: &[(T, u64)]| -> Distribution {
        things.iter().map(|(thing, count)| (name(thing), *count)).collect()
    };
    NoveltyEntry { new: named(&novelty.new), gone: named(&novelty.gone) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::sample::Sample;

    #[test]
    fn the_document_stays_as_it_is() {
        let mut output = Vec::new();
        write(&Sample::new().view(), &mut output).unwrap();
        insta::assert_snapshot!(String::from_utf8(output).unwrap());
    }
}
