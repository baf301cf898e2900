//! The help texts and the version: golden, because they are documentation.

use crate::sandbox::Sandbox;

#[test]
fn every_command_explains_itself() {
    for command in [
        "",
        "run",
        "report",
        "requests",
        "queries",
        "trace",
        "anomalies",
        "sessions",
        "explain",
        "diff",
        "watch",
        "serve",
        "attach",
        "probe add",
        "probe read",
        "export",
        "clean",
        "annotate",
        "stubs",
        "telemetry",
        "completions",
        "man",
    ] {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let ran = Sandbox::new().run(&words);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        insta::assert_snapshot!(words.join("_").replace("--", ""), ran.stdout);
    }
}

#[test]
fn help_and_version_are_data() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["--version"]);
    assert_eq!(ran.stdout, concat!("ghost ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(sandbox.run(&["help"]).stdout, sandbox.run(&["--help"]).stdout);
    assert_eq!(sandbox.run::<&str>(&[]).code, Some(2));
    assert!(!sandbox.data().exists());
}
