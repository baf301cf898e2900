//! What the commands that show something do with missing, ambiguous, damaged and newer sessions.

use std::fs;
use std::process::Stdio;

use crate::sandbox::{Ran, Sandbox};

const SHOWING: [&[&str]; 2] = [&["report"], &["export"]];

/// A sandbox with the session of a program that nobody observed, and its id.
fn with_session() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["run", "--quiet", "true"]).code, Some(0));
    let id = ids(&sandbox).remove(0);
    (sandbox, id)
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    let files = fs::read_dir(sandbox.data().join("sessions")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(".db")?.to_owned())).collect()
}

fn copy(sandbox: &Sandbox, from: &str, to: &str) {
    let file = |id: &str| sandbox.data().join("sessions").join(format!("{id}.db"));
    fs::copy(file(from), file(to)).unwrap();
}

#[test]
fn without_a_session_the_way_to_one_is_named() {
    for command in [&["report"][..], &["export"], &["sessions"]] {
        let sandbox = Sandbox::new();
        let ran = sandbox.run(command);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""), "{ran:?}");
        assert_eq!(ran.lines().len(), 1, "{ran:?}");
        assert!(ran.lines()[0].starts_with("ghost: no session"), "{ran:?}");
        assert!(ran.lines()[0].ends_with("(hint: `ghost run app.py` records one)"), "{ran:?}");
        assert!(!sandbox.data().exists());
    }
}

#[test]
fn an_unknown_session_is_named() {
    let (sandbox, _) = with_session();
    for command in SHOWING {
        for unknown in ["9", "*", "../x", "1'; --", "%"] {
            let ran = sandbox.run(&[command, &[unknown]].concat());
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""), "{ran:?}");
            let expected = format!(
                "ghost: no session `{unknown}` (hint: `ghost sessions` lists the sessions there are)"
            );
            assert_eq!(ran.lines(), [expected]);
        }
    }
}

#[test]
fn an_ambiguous_session_lists_what_it_could_be() {
    let (sandbox, id) = with_session();
    copy(&sandbox, &id, "1700000001-0000000a");
    copy(&sandbox, &id, "1700000002-0000000b");
    let ran = sandbox.run(&["report", "17000"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    let hint = "(hint: it could be 1700000002-0000000b, 1700000001-0000000a)";
    assert!(ran.lines()[0].ends_with(hint), "{ran:?}");
    assert_eq!(sandbox.run(&["report", "1700000002"]).code, Some(0));
}

#[test]
fn a_damaged_file_is_named_and_hides_no_other() {
    let (sandbox, id) = with_session();
    let damaged = sandbox.data().join("sessions/1700000001-0000000a.db");
    fs::write(&damaged, "no database").unwrap();
    let ran = sandbox.run(&["report", "1700000001"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
    assert!(ran.lines()[0].contains(damaged.to_str().unwrap()), "{ran:?}");

    let ran = sandbox.run(&["sessions"]);
    assert_eq!(ran.code, Some(0));
    let line = |id: &str| ran.stdout.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(line("1700000001").contains("damaged"), "{ran:?}");
    assert!(line(&id).ends_with("finished"), "{ran:?}");
}

#[test]
fn the_list_tells_how_each_session_ended() {
    let sandbox = Sandbox::new();
    sandbox.run(&["run", "--quiet", "sh", "-c", "kill -9 $$", "secret"]);
    let ran = sandbox.run(&["sessions"]);
    let row: Vec<&str> = ran.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((row[1], row[2], row[3], row[7]), ("sh", "0", "0", "killed"), "{ran:?}");
    let ran = sandbox.run(&["sessions", "--format", "json"]);
    assert!(ran.stdout.contains("\"exit_code\": 137") && !ran.stdout.contains("secret"), "{ran:?}");
}

#[test]
fn a_name_stands_for_its_session_everywhere() {
    let sandbox = Sandbox::new();
    for note in ["first", "second"] {
        let ran = sandbox.run(&["run", "--quiet", "--name", "base", "--note", note, "true"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let mut ids = ids(&sandbox);
    ids.sort();
    for command in ["report", "export"] {
        let ran = sandbox.run(&[command, "base"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let expected = format!(
            "ghost: 2 sessions are named `base`; this is the newest, {}",
            ids.last().unwrap()
        );
        assert_eq!(ran.lines()[0], expected);
        assert!(ran.stdout.contains(ids.last().unwrap()), "{ran:?}");
    }
    let listed = sandbox.run(&["sessions"]).stdout;
    let rows: Vec<&str> = listed.lines().collect();
    assert!(rows[0].ends_with("NAME  NOTE"), "{listed}");
    assert!(rows[1].ends_with("base  second") && rows[2].ends_with("base  first"), "{listed}");
    assert_eq!(sandbox.run(&["report", "bas"]).code, Some(4));
}

#[test]
fn a_name_that_could_be_an_id_is_refused_before_anything_runs() {
    let sandbox = Sandbox::new();
    for (name, why) in [("17", "taken for a session id"), ("latest", "by its age"), ("", "empty")] {
        let ran = sandbox.run(&["run", "--name", name, "touch", "ran"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }
    assert!(!sandbox.here().join("ran").exists());
}

#[test]
fn the_list_can_be_filtered_and_cut() {
    let sandbox = Sandbox::new();
    for (name, program) in
        [("base", &["true"][..]), ("new", &["sh", "-c", "kill -9 $$"]), ("x", &["true"])]
    {
        sandbox.run(&[&["run", "--quiet", "--name", name], program].concat());
    }
    let names = |options: &[&str]| {
        let ran = sandbox.run(&[&["sessions", "--format", "json"], options].concat());
        let list: serde_json::Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        let sessions = list["sessions"].as_array().unwrap().iter();
        let names: Vec<String> =
            sessions.map(|session| session["name"].as_str().unwrap().to_owned()).collect();
        (ran.code, names.join(" "))
    };
    assert_eq!(names(&["--state", "killed"]), (Some(0), "new".into()));
    assert_eq!(names(&["--script", "tr*"]), (Some(0), "x base".into()));
    assert_eq!(names(&["--name", "b*", "--since", "1h"]), (Some(0), "base".into()));
    assert_eq!(names(&["--limit", "2"]), (Some(0), "x new".into()));
    assert_eq!(names(&["--since", "2999-01-01"]), (Some(4), String::new()));
    let ran = sandbox.run(&["sessions", "--limit", "1"]);
    assert_eq!(ran.lines(), ["ghost: 2 more sessions (`--limit 3` shows all)"]);
    let ran = sandbox.run(&["sessions", "--state", "running"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""), "{ran:?}");
    let expected = "ghost: no session matches (hint: `ghost sessions` lists 3 sessions)";
    assert_eq!(ran.lines(), [expected]);
    let ran = sandbox.run(&["sessions", "--since", "yesterday"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn colour_follows_wish_and_environment() {
    let (sandbox, _) = with_session();
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = sandbox.ghost(arguments);
        let ran = Ran::from(command.envs(variables.iter().copied()).output().unwrap());
        ran.stdout.contains('\u{1b}')
    };
    assert!(!coloured(&["sessions"], &[]));
    assert!(coloured(&["sessions", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&["sessions"], &[("FORCE_COLOR", "1")]));
    assert!(coloured(&["sessions"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["sessions"], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["sessions", "--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn a_closed_pipe_is_no_failure_but_a_full_disk_is() {
    let (sandbox, _) = with_session();
    for command in ["sessions", "report", "export"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut ghost = sandbox.ghost(&[command]);
        let ran = Ran::from(ghost.stdout(writer).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(ran.code, Some(0), "{command} {ran:?}");

        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut ghost = sandbox.ghost(&[command]);
        let ran = Ran::from(ghost.stdout(full).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(ran.code, Some(3), "{command} {ran:?}");
        assert!(ran.stderr.starts_with("ghost: cannot write to standard output"), "{ran:?}");
    }
}

#[test]
fn an_export_needs_a_place_to_go_first() {
    let (sandbox, _) = with_session();
    let ran = sandbox.run(&["export", "-o", "missing/profile.json"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let expected = "ghost: cannot write `missing/profile.json`: No such file or directory";
    assert!(ran.lines()[0].starts_with(expected), "{ran:?}");
}
