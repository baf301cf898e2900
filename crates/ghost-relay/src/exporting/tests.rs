//! Everything together: spans in, requests, files and metrics out, and exact counts.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use ghost_model::{SpanId, SpanKind, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use super::*;
use crate::notice::Say;
use crate::settings::ExportSettings;
use crate::transport::fake_receiver::{Answer, FakeReceiver};

const SOON: [(&str, &str); 2] =
    [("OTEL_BSP_SCHEDULE_DELAY", "1"), ("OTEL_METRICS_EXPORTER", "none")];

fn exporting(destinations: &[String], variables: &[(&str, &str)]) -> Exporting {
    let known: HashMap<&str, &str> = variables.iter().copied().collect();
    let lookup = |name: &str| known.get(name).map(|value| (*value).to_owned());
    let destinations: Vec<_> =
        destinations.iter().map(|text| (text.parse().unwrap(), &lookup as _)).collect();
    let settings = ExportSettings::new(&destinations, &lookup).unwrap();
    let (exporting, problems) = Exporting::start(&settings, &Say::nothing());
    assert!(problems.is_empty(), "{problems:?}");
    exporting
}

fn process(pid: u32) -> Process {
    Process { pid, python_version: "3.13.0".into(), ..Process::default() }
}

fn spans(first: u64, count: u64) -> Vec<Span> {
    let span = |number| Span {
        kind: SpanKind::Request,
        trace_id: TraceId(1),
        span_id: SpanId(number),
        is_sampled: true,
        name: "/users/{id}".into(),
        ..Span::default()
    };
    (first..first + count).map(span).collect()
}

/// Ids of the spans in all requests, in their order.
fn received(receiver: &FakeReceiver) -> Vec<u64> {
    let bodies = receiver.asked().into_iter().map(|question| {
        let head = question.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
        ExportTraceServiceRequest::decode(&question[head..]).unwrap()
    });
    let parts = bodies.flat_map(|request| request.resource_spans);
    let spans = parts.flat_map(|part| part.scope_spans).flat_map(|scope| scope.spans);
    spans.map(|span| u64::from_be_bytes(span.span_id.try_into().unwrap())).collect()
}

fn check(fate: &RingFate) {
    let lost: u64 = fate.lost.iter().map(|(_, count)| count).sum();
    assert_eq!(fate.read, fate.exported + lost, "{fate:?}");
}

const LONG: Duration = Duration::from_mins(1);

#[test]
fn spans_arrive_once_and_in_order() {
    let receiver = FakeReceiver::start(vec![FakeReceiver::ok()]);
    let mut exporting = exporting(&[format!("otlp={}", receiver.url())], &SOON);
    let process = process(7);
    for first in (1..3_000).step_by(100) {
        exporting.consume(&process, &spans(first, 100));
    }
    let summary = exporting.end(LONG);
    assert_eq!(received(&receiver), (1..3_001).collect::<Vec<u64>>());
    assert_eq!((summary.exporters[0].offered, summary.exporters[0].exported), (3_000, 3_000));
    assert_eq!(exporting.fate(&process).exported, 3_000);
    check(&exporting.fate(&process));
}

#[test]
fn trouble_that_passes_costs_no_span() {
    let busy = |status, headers: &str| Answer::Whole(status, headers.into(), vec![]);
    let answers =
        vec![busy(503, "retry-after: 0\r\n"), busy(429, "retry-after: 0\r\n"), FakeReceiver::ok()];
    let receiver = FakeReceiver::start(answers);
    let mut exporting = exporting(&[format!("otlp={}", receiver.url())], &SOON);
    exporting.consume(&process(7), &spans(1, 5));
    while exporting.fate(&process(7)).exported < 5 {
        std::thread::yield_now();
    }
    exporting.end(LONG);
    assert_eq!(receiver.asked().len(), 3);
}

#[test]
fn partial_success_is_counted_exactly() {
    let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: "no".into() };
    let reply = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let receiver = FakeReceiver::start(vec![Answer::Whole(200, String::new(), reply)]);
    let mut exporting = exporting(&[format!("otlp={}", receiver.url())], &SOON);
    exporting.consume(&process(7), &spans(1, 5));
    let summary = exporting.end(LONG);
    assert_eq!(summary.exporters[0].lost, [(SpanLoss::Rejected, 2)]);
    let fate = exporting.fate(&process(7));
    assert_eq!((fate.exported, fate.lost.clone()), (3, vec![(SpanLoss::Rejected, 2)]));
    check(&fate);
}

#[test]
fn a_dead_receiver_holds_up_no_other() {
    let dead = FakeReceiver::start(vec![Answer::Silence]);
    let alive = FakeReceiver::start(vec![FakeReceiver::ok()]);
    let destinations = [dead.url(), alive.url()].map(|url| format!("otlp={url}"));
    let mut exporting = exporting(&destinations, &SOON);
    exporting.consume(&process(7), &spans(1, 500));
    while received(&alive).len() < 500 {
        std::thread::yield_now();
    }
    let begin = Instant::now();
    let summary = exporting.end(Duration::from_millis(100));
    assert!(begin.elapsed() < Duration::from_secs(5));
    let names: Vec<&str> =
        summary.exporters.iter().map(|exporter| exporter.name.as_str()).collect();
    assert_eq!(names, ["otlp", "otlp_2"]);
    assert_eq!(summary.exporters[0].lost, [(SpanLoss::Closed, 500)]);
    assert_eq!(summary.exporters[1].exported, 500);
    let fate = exporting.fate(&process(7));
    assert_eq!((fate.exported, fate.lost.clone()), (0, vec![(SpanLoss::Closed, 500)]));
    // Once more, and after the end.
    assert_eq!(exporting.end(LONG).exporters[0].lost, [(SpanLoss::Closed, 500)]);
    exporting.consume(&process(7), &spans(1, 1));
    check(&exporting.fate(&process(7)));
}

#[test]
fn requests_that_are_not_kept_are_counted_but_not_sent() {
    let receiver = FakeReceiver::start(vec![FakeReceiver::ok()]);
    let mut unsampled = spans(1, 4);
    for span in &mut unsampled {
        span.is_sampled = false;
    }
    let mut traces = exporting(&[format!("otlp={}", receiver.url())], &SOON);
    traces.consume(&process(7), &unsampled);
    traces.end(LONG);
    assert!(receiver.asked().is_empty());
    assert_eq!(traces.fate(&process(7)).lost, [(SpanLoss::SampledOut, 4)]);
    let mut metrics = exporting(&["prometheus=0".into()], &[]);
    metrics.consume(&process(7), &unsampled);
    assert_eq!(metrics.fate(&process(7)).exported, 4);
    let text = scrape(&metrics);
    assert!(text.contains("\nghost_spans_total{kind=\"request\"} 4\n"), "{text}");
}

fn scrape(exporting: &Exporting) -> String {
    let mut stream = TcpStream::connect(exporting.addresses().next().unwrap()).unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn counts_of_ended_processes_stay() {
    let mut exporting = exporting(&["prometheus=0".into()], &[]);
    for pid in 1..4 {
        exporting.consume(&process(pid), &spans(1, 10));
        exporting.lose(&process(pid), SpanLoss::Overwritten, 2);
        check(&exporting.fate(&process(pid)));
        exporting.forget(&process(pid));
    }
    let text = scrape(&exporting);
    assert!(text.contains("\nghost_processes_total 3\n"), "{text}");
    assert!(text.contains("_count{http_route=\"/users/{id}\"} 30\n"), "{text}");
    assert!(text.contains("\nghost_spans_dropped_total{reason=\"overwritten\"} 6\n"), "{text}");
}

#[test]
fn metrics_are_sent_once_more_at_the_end() {
    let receiver = FakeReceiver::start(vec![FakeReceiver::ok()]);
    let variables = [("OTEL_TRACES_EXPORTER", "none")];
    let mut exporting = exporting(&[format!("otlp={}", receiver.url())], &variables);
    exporting.consume(&process(7), &spans(1, 3));
    exporting.end(LONG);
    let heads = receiver.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("POST /v1/metrics"), "{heads:?}");
    assert_eq!(exporting.fate(&process(7)).exported, 3);
}

#[test]
fn files_have_one_line_for_each_span() {
    let folder = tempfile::tempdir().unwrap();
    let mut exporting = exporting(&[format!("jsonl={}", folder.path().display())], &[]);
    exporting.consume(&process(7), &spans(1, 100));
    let summary = exporting.end(LONG);
    assert_eq!(summary.exporters[0].exported, 100);
    let files = std::fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
    let text: String = files
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "jsonl"))
        .map(|file| std::fs::read_to_string(file.path()).unwrap())
        .collect();
    assert_eq!(text.lines().filter(|line| line.contains("\"/users/{id}\"")).count(), 100);
}

#[test]
fn credentials_are_in_nothing_that_can_be_seen() {
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    let memory = Arc::clone(&said);
    let say = Say::new(move |line| memory.lock().unwrap().push(line.to_owned()));
    let known = HashMap::from([("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary-4711")]);
    let lookup = |name: &str| known.get(name).map(|value| (*value).to_owned());
    let destination = "otlp=http://me:canary-4711@127.0.0.1:1/canary-4711";
    let settings =
        ExportSettings::new(&[(destination.parse().unwrap(), &lookup)], &lookup).unwrap();
    let (mut exporting, _) = Exporting::start(&settings, &say);
    exporting.consume(&process(7), &spans(1, 3));
    let summary = exporting.end(LONG);
    let seen = format!("{settings:?} {exporting:?} {summary:?} {:?}", said.lock().unwrap());
    assert!(seen.contains("nobody listens there"), "{seen}");
    let seen = seen.replace("path: \"/canary-4711", "");
    assert!(!seen.contains("canary"), "{seen}");
}
