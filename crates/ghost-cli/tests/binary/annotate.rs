//! `ghost annotate` and `ghost stubs` where there is nothing to do, or nowhere to write. What they
//! make of a recording is tested with an interpreter.

use crate::sandbox::Sandbox;

#[test]
fn without_a_session_there_is_nothing_to_annotate() {
    let sandbox = Sandbox::new();
    for words in [["annotate"].as_slice(), &["annotate", "--write", "app.py"], &["stubs"]] {
        let ran = sandbox.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""), "{words:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn what_nothing_was_recorded_of_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write("app.py", "print('hello')\n");
    sandbox.run(&["run", "--quiet", "true"]);
    let ran = sandbox.run(&["annotate", "app.py"]);
    assert_eq!(ran.code, Some(4));
    assert!(ran.stderr.contains("nothing of `app.py` was recorded (hint: "), "{}", ran.stderr);
    let ran = sandbox.run(&["stubs", "--module", "shop.*"]);
    assert_eq!(ran.code, Some(4));
    assert!(ran.stderr.contains("no recorded module matches `shop.*`"), "{}", ran.stderr);
}

#[test]
fn a_folder_for_stubs_that_cannot_be_made_is_refused_first() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("file", "");
    let ran = sandbox.run(&["stubs", "-o", file.join("typings").to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.starts_with("ghost: cannot write to `"), "{}", ran.stderr);
}
