//! `ghost export`: every format from a real session file.

use std::process::Command;

use crate::sandbox::{Ran, Sandbox, ghost_path};
use crate::staged::{Staged, record};

const FUNCTIONS: [Staged; 3] = [
    Staged::named("main", 1),
    Staged { caller: Some(0), calls: &[("int", 3), ("float", 2)], ..Staged::named("price", 9) },
    Staged { caller: Some(1), latency_ns: 5_000, ..Staged::named("round", 20) },
];

fn recorded() -> Sandbox {
    let sandbox = Sandbox::new();
    record(&sandbox, &FUNCTIONS);
    sandbox
}

#[test]
fn stacks_are_those_that_callers_prove() {
    let ran = recorded().run(&["export", "--format", "collapsed"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let stacks: Vec<&str> =
        ran.stdout.lines().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    assert!(stacks.contains(&"shop:main:1;shop:price:9;shop:round:20"), "{ran:?}");
}

#[test]
fn every_format_is_written_whole_and_by_every_name() {
    let sandbox = recorded();
    let formats = [
        "json",
        "csv",
        "markdown",
        "speedscope",
        "collapsed",
        "pprof",
        "trace",
        "chrome",
        "perfetto",
    ];
    for format in formats {
        let ran = sandbox.run(&["export", "--format", format, "-o", "out"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
        let written = std::fs::read(sandbox.here().join("out")).unwrap();
        assert!(!written.is_empty(), "{format}");
        let mut command = sandbox.ghost(&["export", "--format", format]);
        assert_eq!(command.output().unwrap().stdout, written, "{format}");
        if ["json", "speedscope", "trace"].contains(&format) {
            serde_json::from_slice::<serde_json::Value>(&written).unwrap();
        }
    }
}

#[test]
fn a_terminal_is_not_given_binary_data() {
    let sandbox = recorded();
    let mut command = Command::new("script");
    let words = format!("{} export --format pprof", ghost_path().display());
    sandbox.prepare(command.args(["-qec", &words, "/dev/null"]));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let expected = "ghost: `pprof` is not for terminals (hint: `-o FILE` writes it to a file)";
    assert_eq!(ran.stdout.trim_end(), expected);
}

#[test]
fn an_unknown_format_lists_the_known() {
    let ran = recorded().run(&["export", "--format", "xml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("speedscope"), "{ran:?}");
}
