//! `--exporter` and `ghost relay`: what is refused, and that nothing of it is repeated.

use std::fs;
use std::process::Command;

use crate::sandbox::{Ran, Sandbox};

const CANARY: &str = "canary-4711";

fn run(command: &mut Command) -> Ran {
    Ran::from(command.output().unwrap())
}

#[test]
fn what_is_no_destination_is_a_usage_error_that_repeats_nothing() {
    for destination in
        ["canary-4711", "otlp=ftp://u:canary-4711@h", "prometheus=canary-4711", "jsonl="]
    {
        let ran = Sandbox::new().run(&["run", "--exporter", destination, "-c", "pass"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("ghost: `--exporter`: "), "{}", ran.stderr);
        assert!(!ran.stderr.contains(CANARY), "{}", ran.stderr);
    }
}

#[test]
fn a_wrong_variable_is_named_before_anything_starts() {
    let sandbox = Sandbox::new();
    let mut ghost = sandbox.ghost(&["run", "--exporter", "otlp", "-c", "pass"]);
    let ran = run(ghost.env("OTEL_EXPORTER_OTLP_HEADERS", CANARY));
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("variable `OTEL_EXPORTER_OTLP_HEADERS`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(CANARY) && !sandbox.data().exists(), "{}", ran.stderr);
}

#[test]
fn a_project_does_not_decide_where_data_goes() {
    let sandbox = Sandbox::new();
    for exporter in ["otlp=http://canary-4711", "prometheus=0.0.0.0:1", "jsonl=/tmp"] {
        let project = format!("[tool.ghost]\nexporter = [\"{exporter}\"]\n");
        sandbox.write("pyproject.toml", &project);
        let ran = sandbox.run(&["run", "-c", "pass"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("a project cannot say where data goes"), "{}", ran.stderr);
    }
    sandbox.write("pyproject.toml", "[tool.ghost]\nexporter = [\"otlp\"]\n");
    let mut ghost = sandbox.ghost(&["run", "-c", "pass"]);
    let ran = run(ghost.env("OTEL_SDK_DISABLED", "true"));
    assert!(ran.stderr.contains("switched off by `OTEL_SDK_DISABLED`"), "{}", ran.stderr);
}

/// Runs `ghost relay` with a configuration.
fn relay(sandbox: &Sandbox, folder: &str, configuration: &str) -> Ran {
    let input = sandbox.write("configuration.json", configuration);
    run(sandbox.ghost(&["relay", folder]).stdin(fs::File::open(input).unwrap()))
}

#[test]
fn a_relay_refuses_what_it_cannot_read_without_repeating_it() {
    let sandbox = Sandbox::new();
    let ran = relay(&sandbox, ".", CANARY);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("cannot relay: the configuration cannot be read"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains(CANARY), "{}", ran.stderr);
    let ran = relay(&sandbox, "none", "{\"exporters\": []}");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
}

#[test]
fn a_relay_without_processes_ends() {
    let sandbox = Sandbox::new();
    let ran = relay(&sandbox, ".", "{\"exporters\": [{\"exporter\": \"prometheus=0\"}]}");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}
