//! A session with many functions: nothing is cut short without being said. How long commands
//! take is measured elsewhere (`write_large` of `ghost-ledger` makes larger sessions).

use crate::sandbox::Sandbox;
use crate::staged::{Staged, record};

const FUNCTIONS: u32 = 1_000;

#[test]
fn every_command_copes_with_many_functions() {
    let functions: Vec<Staged> = (0..FUNCTIONS)
        .map(|number| Staged {
            // Each calls the next; stacks of all of them would be as deep as there are functions.
            caller: number.checked_sub(1),
            ..Staged::named(format!("f{number}").leak(), number + 1)
        })
        .collect();
    let sandbox = Sandbox::new();
    record(&sandbox, &functions);
    let lines = |arguments: &[&str]| {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
        ran.stdout.lines().count() as u32
    };
    assert_eq!(lines(&["report", "--top", "5"]), 5 + 2);
    assert_eq!(lines(&["report", "--top", "100000"]), FUNCTIONS + 2);
    assert_eq!(lines(&["export", "--format", "csv"]), FUNCTIONS + 1);
    assert_eq!(lines(&["export", "--format", "collapsed"]), FUNCTIONS);
    for format in ["json", "speedscope", "trace"] {
        assert!(lines(&["export", "--format", format]) > 0);
    }
    assert_eq!(lines(&["clean", "--older-than", "0", "--dry-run"]), 2);
    let ran = sandbox.run(&["export", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["profiles"].as_array().unwrap().len() as u32, FUNCTIONS);
}
