//! Options from `[tool.ghost]` and from variables: who wins, and what a mistake looks like.

use crate::sandbox::{Ran, Sandbox};

/// What `ghost run` tells the observer, under a project file, variables and options.
fn told(project: &str, variables: &[(&str, &str)], options: &[&str]) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write("pyproject.toml", project);
    let words = [&["run", "--quiet"], options, &["sh", "-c", "cat $GHOST_RUN/run.conf"]].concat();
    let mut command = sandbox.ghost(&words);
    Ran::from(command.envs(variables.iter().copied()).output().unwrap())
}

fn line(ran: &Ran, key: &str) -> String {
    let lines = ran.stdout.lines().filter_map(|line| line.split_once('='));
    let values: Vec<&str> =
        lines.filter(|(name, _)| *name == key).map(|(_, value)| value).collect();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    values.join(" ")
}

#[test]
fn the_command_line_comes_before_the_environment_before_the_project() {
    let project = "[tool.ghost]\nevents = \"none\"\nevents_per_function = 3\n";
    let variable = [("GHOST_EVENTS", "all")];
    assert_eq!(line(&told("", &[], &[]), "events"), "sample");
    assert_eq!(line(&told(project, &[], &[]), "events"), "none");
    assert_eq!(line(&told(project, &[], &[]), "events_per_function"), "3");
    assert_eq!(line(&told(project, &variable, &[]), "events"), "all");
    assert_eq!(line(&told(project, &variable, &["--events", "sample"]), "events"), "sample");
    assert_eq!(line(&told(project, &[("GHOST_EVENTS", "")], &[]), "events"), "none");
}

#[test]
fn lists_replace_lists() {
    let project = "[tool.ghost.run]\ninclude = [\"a.*\", \"b\"]\nexclude = \"c\"\n";
    let ran = told(project, &[], &[]);
    assert_eq!((line(&ran, "include"), line(&ran, "exclude")), ("a.* b".into(), "c".into()));
    assert_eq!(line(&told(project, &[("GHOST_INCLUDE", "x, y")], &[]), "include"), "x y");
    assert_eq!(line(&told(project, &[], &["--include", "z"]), "include"), "z");
}

#[test]
fn a_switch_can_be_taken_back() {
    let project = "[tool.ghost.report]\nall = true\n";
    let sandbox = Sandbox::new();
    sandbox.run(&["run", "--quiet", "true"]);
    sandbox.write("pyproject.toml", project);
    let program = "[tool.ghost]\nquiet = true\n";
    let says = |variables: &[(&str, &str)], options: &[&str]| {
        let sandbox = Sandbox::new();
        sandbox.write("pyproject.toml", program);
        let mut command = sandbox.ghost(&[&["run"], options, &["true"]].concat());
        let ran = Ran::from(command.envs(variables.iter().copied()).output().unwrap());
        ran.stderr.contains("recording session")
    };
    assert!(!says(&[], &[]));
    assert!(says(&[], &["--no-quiet"]));
    assert!(says(&[("GHOST_QUIET", "off")], &[]));
    assert!(!says(&[("GHOST_QUIET", "off")], &["--quiet"]));
    assert!(!says(&[("GHOST_QUIET", "YES")], &["--no-quiet", "--quiet"]));
    assert_eq!(sandbox.run(&["report", "--no-all"]).code, Some(0));
}

#[test]
fn the_nearest_file_that_speaks_of_us_counts() {
    let sandbox = Sandbox::new();
    sandbox.write("pyproject.toml", "[tool.ghost]\nevents = \"none\"\n");
    sandbox.write("inner/pyproject.toml", "[tool.ghostwriter]\nx = 1\n");
    sandbox.write("inner/deep/broken/pyproject.toml", "[[[ no toml, and no word of us");
    let folder = sandbox.here().join("inner/deep/broken");
    let mut command = sandbox.ghost(&["run", "--quiet", "sh", "-c", "cat $GHOST_RUN/run.conf"]);
    assert_eq!(line(&Ran::from(command.current_dir(folder).output().unwrap()), "events"), "none");
}

#[test]
fn a_mistake_names_file_line_and_key() {
    let cases = [
        ("scop = \"all\"", 2, "unknown key `scop` in `[tool.ghost]` (hint: did you mean `scope`?)"),
        (
            "[tool.ghost.repart]",
            2,
            "unknown key `repart` in `[tool.ghost]` (hint: did you mean `report`?)",
        ),
        (
            "\n[tool.ghost.report]\nto_p = 3",
            4,
            "unknown key `to_p` in `[tool.ghost.report]` (hint: did you mean `top`?)",
        ),
        ("zzz = 1", 2, "unknown key `zzz` in `[tool.ghost]`"),
        ("scope = \"everything\"", 2, "`scope`: `everything` is not one of project, all"),
        ("scope = 1", 2, "`scope`: expected a string, found an integer"),
        ("quiet = \"yes\"", 2, "`quiet`: expected true or false, found a string"),
        ("include = [\n  \"a\",\n  3,\n]", 2, "`include`: expected a string, found an integer"),
        (
            "events-per-function = \"16\"",
            2,
            "`events-per-function`: expected a number, found a string",
        ),
        ("events-per-function = -1", 2, "`events-per-function`: `-1`: -1 is not in 0..=10000"),
        (
            "events-per-function = 1e99",
            2,
            "`events-per-function`: `1e99`: invalid digit found in string",
        ),
        ("report = 5", 2, "`report`: expected a table, found an integer"),
        (
            "python = \"/bin/sh\"",
            2,
            "`python` cannot be set for a project (hint: give it on the command line)",
        ),
        ("quiet = true\n[tool.ghost.run]\nquiet = false", 1, "`quiet`: it is set twice"),
        ("quiet = true\nquiet = false", 3, "duplicate key"),
        ("quiet =", 2, "string values must be quoted, expected literal string"),
    ];
    for (text, at, message) in cases {
        let ran = told(&format!("[tool.ghost]\n{text}\n"), &[], &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{text}: {ran:?}");
        let expected = format!("pyproject.toml` line {at}: {message}");
        assert!(ran.lines().len() == 1 && ran.stderr.trim_end().ends_with(&expected), "{ran:?}");
    }
    let ran = told("tool.ghost = 3\n", &[], &[]);
    assert!(ran.stderr.contains("line 1: `ghost`: expected a table, found an integer"), "{ran:?}");
}

#[test]
fn a_wrong_variable_is_named() {
    for (variable, value, message) in [
        ("GHOST_SCOPE", "everything", "`everything` is not one of project, all"),
        ("GHOST_QUIET", "maybe", "`maybe` is not one of 1, 0, true, false, yes, no, on, off"),
        ("GHOST_EVENTS_PER_FUNCTION", "nan", "`nan`: invalid digit found in string"),
        ("GHOST_COLOR", "red", "`red` is not one of auto, always, never"),
    ] {
        let ran = told("", &[(variable, value)], &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert_eq!(ran.lines(), [format!("ghost: variable `{variable}`: {message}")]);
    }
}

#[test]
fn garbage_is_refused_and_help_still_helps() {
    let sandbox = Sandbox::new();
    sandbox.write("pyproject.toml", &format!("# ghost\n{}", "\n".repeat(5 << 20)));
    let ran = sandbox.run(&["sessions"]);
    assert_eq!((ran.code, ran.lines().len()), (Some(2), 1), "{ran:?}");
    assert!(ran.stderr.contains("file too large"), "{ran:?}");
    assert_eq!(sandbox.run(&["report", "--help"]).code, Some(0));
    let path = sandbox.write("pyproject.toml", "");
    std::fs::write(path, b"# ghost \xff\n").unwrap();
    assert!(sandbox.run(&["sessions"]).stderr.contains("not UTF-8"));
}

#[test]
fn colour_is_an_option_of_every_command() {
    let sandbox = Sandbox::new();
    sandbox.run(&["run", "--quiet", "true"]);
    sandbox.write("pyproject.toml", "[tool.ghost]\ncolor = \"always\"\n");
    assert!(sandbox.run(&["sessions"]).stdout.contains('\u{1b}'));
    assert!(!sandbox.run(&["sessions", "--color", "never"]).stdout.contains('\u{1b}'));
}
