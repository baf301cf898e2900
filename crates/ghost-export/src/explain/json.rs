//! An explanation as one JSON object. The same object without the explanation is what models are
//! asked about.
//!
//! Fields are only ever added. Change the meaning of one and bump [`EXPLAIN_SCHEMA_VERSION`].

use std::io::{self, Write};

use ghost_analysis::explain::{Argument, Caller, Excerpt, Facts, Latency};
use serde::Serialize;

use super::{ExplainView, Explanation};
use crate::distribution::Distribution;
use crate::format::ExportError;

/// Version of the JSON below. 1: first.
pub const EXPLAIN_SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    session_id: &'a str,
    script_path: &'a str,
    #[serde(flatten)]
    facts: FactsEntry<'a>,
    declared: Option<DeclaredEntry<'a>>,
    explanation: ExplanationEntry<'a>,
}

#[derive(Serialize)]
struct ExplanationEntry<'a> {
    backend: &'static str,
    model: Option<&'a str>,
    paragraphs: &'a [String],
}

#[derive(Serialize)]
struct FactsEntry<'a> {
    fn_key: String,
    file: &'a str,
    kind: &'static str,
    call_count: u64,
    call_count_se: u64,
    exception_count: u64,
    exceptions: Vec<ExceptionEntry<'a>>,
    handled_type_dist: Distribution,
    latency: Option<LatencyEntry>,
    running_ns: u64,
    self_ns: u64,
    parameters: Vec<ParameterEntry<'a>>,
    arg_type_dist: Distribution,
    ret_type_dist: Distribution,
    yield_type_dist: Distribution,
    callers: Vec<CallerEntry>,
    /// Whether types by caller are those of sampled calls.
    callers_are_sampled: bool,
    callees: Distribution,
}

#[derive(Serialize)]
struct ExceptionEntry<'a> {
    exception_type: &'a str,
    caught_by: Option<String>,
    count: u64,
}

#[derive(Serialize)]
struct LatencyEntry {
    mean_latency_ns: u64,
    min_latency_ns: u64,
    max_latency_ns: u64,
    p50_latency_ns: u64,
    p90_latency_ns: u64,
    p95_latency_ns: u64,
    p99_latency_ns: u64,
    histogram: Vec<BarEntry>,
}

#[derive(Serialize)]
struct BarEntry {
    from_ns: u64,
    to_ns: u64,
    count: u64,
}

#[derive(Serialize)]
struct ParameterEntry<'a> {
    name: &'a str,
    type_dist: Distribution,
    /// For each type, calls by who passed it; empty where there is one type only.
    passed_by: Vec<PassedEntry<'a>>,
}

#[derive(Serialize)]
struct PassedEntry<'a> {
    type_name: &'a str,
    callers: Distribution,
}

#[derive(Serialize)]
struct CallerEntry {
    fn_key: String,
    call_count: u64,
    arg_type_dist: Distribution,
    ret_type_dist: Distribution,
}

#[derive(Serialize)]
struct DeclaredEntry<'a> {
    line: u32,
    parameters: Vec<DeclaredParameter<'a>>,
    returns: Option<&'a str>,
}

#[derive(Serialize)]
struct DeclaredParameter<'a> {
    name: &'a str,
    annotation: Option<&'a str>,
}

pub(super) fn write(
    view: &ExplainView<'_>,
    explanation: &Explanation,
    output: &mut dyn Write,
) -> Result<(), ExportError> {
    let document = Document {
        schema_version: EXPLAIN_SCHEMA_VERSION,
        session_id: view.session.id.as_str(),
        script_path: &view.session.script,
        facts: facts(view.facts),
        declared: view.excerpt.map(declared),
        explanation: ExplanationEntry {
            backend: explanation.backend,
            model: explanation.model.as_deref(),
            paragraphs: &explanation.paragraphs,
        },
    };
    serde_json::to_writer_pretty(&mut *output, &document).map_err(io::Error::from)?;
    output.write_all(b"\n")?;
    Ok(())
}

/// The facts alone, as compact JSON.
pub fn facts_json(known: &Facts) -> Result<String, ExportError> {
    Ok(serde_json::to_string(&facts(known)).map_err(io::Error::from)?)
}

fn facts(known: &Facts) -> FactsEntry<'_> {
    let named = |counts: &[(String, u64)]| counts.iter().cloned().collect();
    let exceptions = known.exceptions.iter().map(|raised| ExceptionEntry {
        exception_type: &raised.exception,
        caught_by: raised.caught_by.as_ref().map(ToString::to_string),
        count: raised.count,
    });
    let callees = known.callees.iter().map(|(key, count)| (key.to_string(), *count));
    FactsEntry {
        fn_key: known.key.to_string(),
        file: &known.file,
        kind: known.kind.as_str(),
        call_count: known.call_count,
        call_count_se: known.call_count_se,
        exception_count: known.exception_count,
        exceptions: exceptions.collect(),
        handled_type_dist: named(&known.handled),
        latency: known.latency.as_ref().map(latency),
        running_ns: known.running_ns,
        self_ns: known.self_ns,
        parameters: known.arguments.iter().map(parameter).collect(),
        arg_type_dist: named(&known.signatures),
        ret_type_dist: named(&known.returns),
        yield_type_dist: named(&known.yields),
        callers: known.callers.iter().map(caller).collect(),
        callers_are_sampled: known.callers_are_sampled,
        callees: callees.collect(),
    }
}

fn latency(known: &Latency) -> LatencyEntry {
    let bar = |bar: &ghost_analysis::explain::Bar| BarEntry {
        from_ns: bar.from_ns,
        to_ns: bar.to_ns,
        count: bar.count,
    };
    LatencyEntry {
        mean_latency_ns: known.mean_ns,
        min_latency_ns: known.min_ns,
        max_latency_ns: known.max_ns,
        p50_latency_ns: known.p50_ns,
        p90_latency_ns: known.p90_ns,
        p95_latency_ns: known.p95_ns,
        p99_latency_ns: known.p99_ns,
        histogram: known.bars.iter().map(bar).collect(),
    }
}

fn parameter(known: &Argument) -> ParameterEntry<'_> {
    let passed = known.types.iter().filter(|one| !one.callers.is_empty());
    let passed = passed.map(|one| PassedEntry {
        type_name: &one.name,
        callers: one.callers.iter().map(|(key, count)| (key.to_string(), *count)).collect(),
    });
    ParameterEntry {
        name: &known.name,
        type_dist: known.types.iter().map(|one| (one.name.clone(), one.count)).collect(),
        passed_by: passed.collect(),
    }
}

fn caller(known: &Caller) -> CallerEntry {
    CallerEntry {
        fn_key: known.key.to_string(),
        call_count: known.call_count,
        arg_type_dist: known.signatures.iter().cloned().collect(),
        ret_type_dist: known.returns.iter().cloned().collect(),
    }
}

fn declared(excerpt: &Excerpt) -> DeclaredEntry<'_> {
    let parameters = excerpt.declared.parameters.iter();
    let parameters = parameters
        .map(|(name, annotation)| DeclaredParameter { name, annotation: annotation.as_deref() });
    DeclaredEntry {
        line: excerpt.first_line,
        parameters: parameters.collect(),
        returns: excerpt.declared.returns.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::sample::Sample;

    #[test]
    fn the_document_stays_as_it_is() {
        let mut output = Vec::new();
        write(&Sample::new().view(), &Sample::explanation(), &mut output).unwrap();
        insta::assert_snapshot!(String::from_utf8(output).unwrap());
    }

    #[test]
    fn what_a_model_is_told_holds_no_source() {
        let sample = Sample::new();
        let told = facts_json(sample.view().facts).unwrap();
        assert!(told.contains("legacy_checkout") && !told.contains("return int("), "{told}");
    }
}
