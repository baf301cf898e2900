//! What a relay is told, and when it ends.

use ghost_ledger::{Identity, SpanRing};
use ghost_model::{Span, SpanKind};

use super::*;

const CANARY: &str = "canary-4711";

fn nothing(_: &str) -> Option<String> {
    None
}

#[test]
fn a_configuration_is_what_the_command_line_takes_and_variables() {
    let json = r#"{"exporters": [
        {"exporter": "otlp", "variables": {"OTEL_EXPORTER_OTLP_HEADERS": "key=canary-4711"}},
        {"exporter": "prometheus=0.0.0.0:9090"}, {"exporter": "otlp=http://second"}],
        "variables": {"OTEL_SERVICE_NAME": "shop"}}"#;
    let configuration = RelayConfiguration::parse(json).unwrap();
    assert!(!format!("{configuration:?}").contains(CANARY));
    let settings = configuration.settings(&nothing).unwrap();
    let debug = format!("{settings:?}");
    assert!(debug.contains("\"shop\"") && debug.contains("0.0.0.0:9090"), "{debug}");
    assert_eq!(debug.matches("Secret(").count(), 2, "traces and metrics of the first: {debug}");
}

#[test]
fn a_configuration_that_is_none_is_refused_without_repeating_it() {
    for json in [
        CANARY,
        r#"{"exporters": [{"exporter": "canary-4711"}]}"#,
        r#"{"exporters": [], "canary-4711": 1}"#,
        r#"{"exporters": [{"exporter": "otlp", "variables": {"OTEL_EXPORTER_OTLP_HEADERS": "canary-4711"}}]}"#,
    ] {
        let settings = RelayConfiguration::parse(json).and_then(|read| read.settings(&nothing));
        let error = settings.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
    }
}

#[test]
fn only_one_relays_for_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let lock = open_lock(folder.path()).unwrap();
    lock.try_lock().unwrap();
    let settings = ExportSettings::default();
    let stop = AtomicBool::new(false);
    relay(folder.path(), &settings, &Say::nothing(), &stop).unwrap();
    lock.unlock().unwrap();
    stop.store(true, Ordering::Relaxed);
    relay(folder.path(), &settings, &Say::nothing(), &stop).unwrap();
}

#[test]
fn a_folder_that_is_gone_is_an_error() {
    let folder = tempfile::tempdir().unwrap().path().join("gone");
    let stop = AtomicBool::new(false);
    let relayed = relay(&folder, &ExportSettings::default(), &Say::nothing(), &stop);
    assert!(matches!(relayed, Err(RelayError::Folder { .. })));
}

#[test]
fn being_told_to_stop_still_sends_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let pid = std::process::id();
    let who = Identity {
        pid,
        parent_pid: 0,
        kernel_start_ticks: ghost_ledger::liveness::running_start_ticks(pid).unwrap(),
        pid_namespace: 0,
        python_hexversion: 0,
    };
    let path = folder.path().join(format!("{pid}-1.spans"));
    let mut ring = SpanRing::create(&path, &who, 1 << 16, true).unwrap();
    let span = Span { kind: SpanKind::Request, is_sampled: true, ..Span::default() };
    ring.push(&ghost_spans::encoding::encode(&span));
    let destination = Destination::Jsonl(out.clone());
    let settings = ExportSettings::new(&[(destination, &nothing)], &nothing).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let relaying = scope.spawn(|| relay(folder.path(), &settings, &Say::nothing(), &stop));
        while ring.fate().read == 0 {
            thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
        relaying.join().unwrap().unwrap();
    });
    assert_eq!(ring.fate().exported, 1);
    assert!(std::fs::read_dir(out).unwrap().count() > 0);
}
