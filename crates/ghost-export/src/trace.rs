//! Chrome's trace format, which Perfetto reads too: the sampled activations on a line of time.
//!
//! A recording knows when an activation began and how long it took, not in which thread. So every
//! function has a track of its own, and activations of one function that overlap get further tracks:
//! one above the other never means that one called the other. The caller is among the arguments.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ghost_model::{Activation, FunctionId, Labels, Outcome};
use serde::Serialize;

use crate::format::{ExportError, Exporter};
use crate::view::ExportView;

/// The trace format.
pub(crate) struct Trace;

/// Timestamps are in microseconds, with the nanoseconds behind the point.
const MICROSECOND_NS: f64 = 1000.0;

#[derive(Serialize)]
struct Event<'a> {
    ph: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'a str>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    args: Arguments<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Arguments<'a> {
    Named { name: String },
    Activation(Described<'a>),
}

#[derive(Serialize)]
struct Described<'a> {
    arg_types: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_type: Option<&'a str>,
    caller: String,
    file: &'a str,
    line: u32,
}

impl Exporter for Trace {
    fn write(&self, view: &ExportView<'_>, output: &mut dyn Write) -> Result<(), ExportError> {
        let session = view.session;
        write!(
            output,
            "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"session_id\":\"{}\",\"start_unix_ns\":\"{}\"}},\
             \"traceEvents\":[",
            session.id, session.start_unix_ns
        )?;
        let mut events = Events { output, is_first: true };
        let labels = view.labels();
        let mut track = 0;
        for (process, activations) in view.processes.iter().zip(view.activations) {
            let name = format!("{} ({})", session.script, process.pid);
            events.push(&named("process_name", name, process.pid, 0))?;
            for (function, activations) in by_function(view, activations) {
                let lanes = lanes(activations);
                for (number, lane) in lanes.iter().enumerate() {
                    track += 1;
                    let name = track_name(view, function, number);
                    events.push(&named("thread_name", name, process.pid, track))?;
                    for activation in lane {
                        let event = event(view, &labels, activation, process.pid, track);
                        events.push(&event)?;
                    }
                }
            }
        }
        writeln!(events.output, "\n]}}")?;
        Ok(())
    }
}

/// Written one by one: with `--events all` there may be very many.
struct Events<'a> {
    output: &'a mut dyn Write,
    is_first: bool,
}

impl Events<'_> {
    fn push(&mut self, event: &Event<'_>) -> Result<(), ExportError> {
        self.output.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        serde_json::to_writer(&mut *self.output, event).map_err(io::Error::from)?;
        Ok(())
    }
}

/// What a process or a track is called.
fn named(what: &'static str, name: String, pid: u32, tid: u32) -> Event<'static> {
    let args = Arguments::Named { name };
    Event { ph: "M", name: what, cat: None, pid, tid, ts: None, dur: None, args }
}

fn track_name(view: &ExportView<'_>, function: FunctionId, number: usize) -> String {
    let key = &view.recording.function(function).key;
    if number == 0 { key.to_string() } else { format!("{key} #{}", number + 1) }
}

fn event<'a>(
    view: &ExportView<'a>,
    labels: &'a Labels,
    activation: &Activation,
    pid: u32,
    tid: u32,
) -> Event<'a> {
    let function = view.recording.function(activation.function);
    let (returned, raised) = match activation.outcome {
        Outcome::Returned(id) => (Some(labels.type_name(id)), None),
        Outcome::Raised(id) => (None, Some(labels.type_name(id))),
    };
    // Relative to the session, or a fraction of a microsecond would be lost.
    let since = i128::from(activation.start_unix_ns) - i128::from(view.session.start_unix_ns);
    Event {
        ph: "X",
        name: &function.key.qualname,
        cat: Some(&function.key.module),
        pid,
        tid,
        ts: Some(since as f64 / MICROSECOND_NS),
        dur: Some(activation.latency_ns as f64 / MICROSECOND_NS),
        args: Arguments::Activation(Described {
            arg_types: labels.signature(&activation.args),
            return_type: returned,
            exception_type: raised,
            caller: view.recording.function(activation.caller).key.to_string(),
            file: &function.file,
            line: function.key.line,
        }),
    }
}

/// The activations of the functions of the view, in its order.
fn by_function<'a>(
    view: &ExportView<'_>,
    activations: &'a [Activation],
) -> Vec<(FunctionId, Vec<&'a Activation>)> {
    let mut groups: BTreeMap<FunctionId, Vec<&Activation>> = BTreeMap::new();
    for activation in activations {
        groups.entry(activation.function).or_default().push(activation);
    }
    view.functions.iter().filter_map(|id| Some((*id, groups.remove(id)?))).collect()
}

/// Puts activations on as few tracks as needed for none to overlap another on its track.
fn lanes(mut activations: Vec<&Activation>) -> Vec<Vec<&Activation>> {
    activations.sort_by_key(|activation| (activation.start_unix_ns, activation.sequence));
    let mut lanes: Vec<Vec<&Activation>> = Vec::new();
    for activation in activations {
        let is_free = |lane: &Vec<&Activation>| {
            lane.last().is_none_or(|last| end(last) <= activation.start_unix_ns)
        };
        match lanes.iter_mut().find(|lane| is_free(lane)) {
            Some(lane) => lane.push(activation),
            None => lanes.push(vec![activation]),
        }
    }
    lanes
}

fn end(activation: &Activation) -> u64 {
    activation.start_unix_ns.saturating_add(activation.latency_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, text_of};
    use crate::sample;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn the_document_stays_as_it_is() {
        insta::assert_snapshot!(text_of(&sample::session(), Format::Trace));
    }

    #[test]
    fn every_event_stands_on_a_named_track() {
        let text = text_of(&sample::session(), Format::Trace);
        let document: Value = serde_json::from_str(&text).unwrap();
        let events = document["traceEvents"].as_array().unwrap();
        let tracks: Vec<&Value> = events
            .iter()
            .filter(|event| event["name"] == "thread_name")
            .map(|event| &event["tid"])
            .collect();
        let spans: Vec<&Value> = events.iter().filter(|event| event["ph"] == "X").collect();
        assert_eq!(spans.len(), 3);
        assert!(spans.iter().all(|span| tracks.contains(&&span["tid"])));
        assert!(spans.iter().all(|span| span["dur"].as_f64().unwrap() >= 0.0));
    }

    proptest! {
        #[test]
        fn nothing_overlaps_on_a_track_and_nothing_is_lost(
            times in prop::collection::vec((0_u64..100, 0_u64..40), 0..30)
        ) {
            let activations: Vec<Activation> = (0..).zip(&times)
                .map(|(sequence, &(start, latency))| sample::activation(sequence, start, latency))
                .collect();
            let lanes = lanes(activations.iter().collect());
            prop_assert_eq!(lanes.iter().map(Vec::len).sum::<usize>(), times.len());
            for pair in lanes.iter().flat_map(|lane| lane.windows(2)) {
                prop_assert!(end(pair[0]) <= pair[1].start_unix_ns);
            }
        }
    }
}
