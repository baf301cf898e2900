//! `ghost diff` from outside: what it shows, and with which code it ends.

use crate::sandbox::Sandbox;
use crate::staged::{Staged, record, without_ids};

const BEFORE: [Staged; 5] = [
    Staged::named("main", 1),
    Staged { calls: &[("int", 100)], latency_ns: 12_500_000, ..Staged::named("process_order", 40) },
    Staged { calls: &[("int", 100)], failed: 60, ..Staged::named("validate_order", 18) },
    Staged {
        calls: &[("int", 100)],
        latency_ns: 45_000_000,
        ..Staged::named("get_product_details", 87)
    },
    Staged::named("old_path", 99),
];

const AFTER: [Staged; 5] = [
    Staged::named("main", 1),
    Staged { calls: &[("int", 100)], latency_ns: 4_200_000, ..Staged::named("process_order", 42) },
    Staged { calls: &[("int", 100)], failed: 8, ..Staged::named("validate_order", 18) },
    Staged {
        calls: &[("int", 90), ("str", 10)],
        latency_ns: 2_100_000,
        ..Staged::named("get_product_details", 87)
    },
    Staged::named("new_path", 7),
];

fn compared() -> Sandbox {
    let sandbox = Sandbox::new();
    record(&sandbox, &BEFORE);
    record(&sandbox, &AFTER);
    sandbox
}

#[test]
fn the_last_two_sessions_are_compared() {
    let ran = compared().run(&["diff"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("diff_text", without_ids(&ran.stdout));
}

#[test]
fn differences_can_fail_a_build() {
    let sandbox = compared();
    let code = |arguments: &[&str]| sandbox.run(&[&["diff"], arguments].concat()).code;
    assert_eq!(code(&["--fail-on", "regressions"]), Some(0));
    assert_eq!(code(&["--fail-on", "exceptions"]), Some(0));
    assert_eq!(code(&["--fail-on", "regressions,types"]), Some(1));
    assert_eq!(code(&["--fail-on", "any"]), Some(1));
    // The other way round it is a regression.
    assert_eq!(code(&["latest", "previous", "--fail-on", "regressions"]), Some(1));
    assert_eq!(code(&["latest", "previous", "--fail-on", "exceptions"]), Some(1));
    assert_eq!(code(&["latest", "latest", "--fail-on", "any"]), Some(0));
    assert_eq!(code(&["--fail-on", "everything"]), Some(2));
}

#[test]
fn a_session_is_like_itself() {
    let ran = compared().run(&["diff", "latest", "latest"]);
    assert!(ran.stdout.ends_with("\n\n  no difference in 5 functions\n"), "{ran:?}");
    assert!(ran.lines()[0].ends_with("is compared with itself"), "{ran:?}");
}

#[test]
fn what_is_cut_off_is_counted() {
    let ran = compared().run(&["diff", "--top", "1"]);
    assert_eq!(ran.stdout.matches("CHANGED").count(), 1, "{ran:?}");
    assert_eq!(ran.lines(), ["ghost: 2 more functions (`--top 3` shows all)"]);
    let all = compared().run(&["diff", "--top", "1", "--format", "json"]);
    assert_eq!((all.stdout.matches("fn_key").count(), all.stderr.as_str()), (5, ""));
}

#[test]
fn two_sessions_are_needed() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["diff"]);
    assert_eq!((ran.code, ran.lines().len()), (Some(4), 1), "{ran:?}");
    record(&sandbox, &BEFORE);
    let ran = sandbox.run(&["diff"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""));
    let expected =
        "ghost: no session before the only one (hint: `ghost run app.py` records another one)";
    assert_eq!(ran.lines(), [expected]);
    let ran = sandbox.run(&["diff", "latest", "nothing"]);
    assert_eq!((ran.code, ran.lines().len()), (Some(4), 1), "{ran:?}");
}
