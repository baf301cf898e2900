//! `ghost anomalies` from outside: what it prints and how it ends.

use crate::recorded::recorded;
use crate::sandbox::Sandbox;

const SOURCE: &str = "def fib(n): return n\n\n\ndef forgotten(): return 1\n";

#[test]
fn findings_are_data_and_what_was_not_checked_is_said() {
    let (sandbox, _) = recorded();
    let ran = sandbox.run(&["anomalies"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let expected = "\
[HIGH] high_exc_rate   validate (line 3)
       exception rate 45.0% (18/40 calls) exceeds threshold 5%
       ValueError 18 times: caught in sync_orders (line 3)

[LOW] silent_exception sync_orders (line 3)
      swallows ValueError 18 times, raised in validate (line 3) (45.0% of its calls)
      whether its handler says so is not known: no source
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(
        ran.lines(),
        [
            "ghost: source not found, so not checked: `shop.py` (hint: run `ghost anomalies` where the program was run)"
        ]
    );
}

#[test]
fn thresholds_and_severities_choose() {
    let (sandbox, _) = recorded();
    let none = sandbox.run(&["anomalies", "--exc-threshold", "0.5"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), "no anomalies found in 5 functions\n"));
    for (level, code) in [("low", 1), ("high", 1)] {
        assert_eq!(sandbox.run(&["anomalies", "--fail-on", level]).code, Some(code));
    }
    let calm = ["anomalies", "--fail-on", "low", "--exc-threshold", "0.5"];
    assert_eq!(sandbox.run(&calm).code, Some(0));
}

#[test]
fn source_tells_what_never_ran() {
    let (sandbox, _) = recorded();
    sandbox.write("shop.py", SOURCE);
    let ran = sandbox.run(&["anomalies", "--format", "jsonl"]);
    let never: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|finding: &serde_json::Value| finding["detector"] == "never_called")
        .collect();
    assert_eq!(never.len(), 1, "{ran:?}");
    assert_eq!((&never[0]["qualname"], &never[0]["line"]), (&"forgotten".into(), &4.into()));
    assert!(ran.lines()[0].contains("source changed since the session: `shop.py`"), "{ran:?}");

    sandbox.write("other.py", "def unseen(): return 1\n");
    let script = sandbox.run(&["anomalies", "--script", "other.py", "--format", "github"]);
    assert!(script.stdout.contains("unseen") && !script.stdout.contains("forgotten"), "{script:?}");
}

#[test]
fn other_sessions_may_have_called_it() {
    let (sandbox, _) = recorded();
    sandbox.write("shop.py", SOURCE);
    let ran = sandbox.run(&["anomalies", "--sessions", "5", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&document["schema_version"], &document["session_count"]), (&1.into(), &1.into()));
    assert_eq!(sandbox.run(&["anomalies", "--since", "1d"]).code, Some(0));
}

#[test]
fn every_format_is_whole() {
    let (sandbox, _) = recorded();
    let format = |format: &str| sandbox.run(&["anomalies", "--format", format]).stdout;
    let sarif: serde_json::Value = serde_json::from_str(&format("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);
    assert!(
        format("github")
            .starts_with("::error file=shop.py,line=3,title=high_exc_rate%3A validate::")
    );
    assert!(format("markdown").contains("- **high** high_exc_rate in `validate`, `shop.py:3`"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let (sandbox, _) = recorded();
    for wrong in [
        ["--exc-threshold", "5"],
        ["--exc-threshold", "nan"],
        ["--latency-z", "-1"],
        ["--format", "xml"],
        ["--fail-on", "worst"],
        ["--sessions", "many"],
        ["--since", "someday"],
        ["--script", "absent.py"],
        ["--script", "."],
    ] {
        let ran = sandbox.run(&[&["anomalies"], &wrong[..]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{wrong:?} {ran:?}");
    }
    let script = sandbox.run(&["anomalies", "--script", "absent.py"]);
    assert_eq!(
        script.lines(),
        ["ghost: cannot read script `absent.py`: No such file or directory (os error 2)"]
    );
}

#[test]
fn without_a_session_there_is_nothing_to_show() {
    let ran = Sandbox::new().run(&["anomalies"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""));
    assert_eq!(ran.lines().len(), 1);
}
