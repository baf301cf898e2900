//! `ghost clean` on real session files: what it removes, what it never does, and what it says.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use crate::sandbox::{Ran, Sandbox};

/// Records a session and gives its id.
fn record(sandbox: &Sandbox, options: &[&str]) -> String {
    let before = ids(sandbox);
    sandbox.run(&[&["run", "--quiet"], options, &["true"]].concat());
    ids(sandbox).into_iter().find(|id| !before.contains(id)).unwrap()
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    let Ok(files) = fs::read_dir(sandbox.data().join("sessions")) else { return Vec::new() };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut ids: Vec<_> =
        names.filter_map(|name| Some(name.strip_suffix(".db")?.to_owned())).collect();
    ids.sort();
    ids
}

fn file(sandbox: &Sandbox, id: &str) -> PathBuf {
    sandbox.data().join("sessions").join(format!("{id}.db"))
}

fn last_line(ran: &Ran) -> &str {
    ran.lines().last().copied().unwrap_or_default()
}

#[test]
fn old_sessions_are_planned_then_removed() {
    let sandbox = Sandbox::new();
    let id = record(&sandbox, &[]);
    let week = sandbox.run(&["clean"]);
    assert_eq!((week.code, week.stdout.as_str()), (Some(0), ""), "{week:?}");
    assert_eq!(week.lines(), ["ghost: removed 0 sessions, 0 B; 1 kept"]);

    let dry = sandbox.run(&["clean", "--older-than", "0", "--dry-run"]);
    assert_eq!(dry.code, Some(0));
    assert!(last_line(&dry).starts_with("ghost: would remove 1 session, "), "{dry:?}");
    assert_eq!(ids(&sandbox), [id.as_str()]);

    let real = sandbox.run(&["clean", "--older-than", "0"]);
    assert_eq!(real.stdout, dry.stdout);
    let rows: Vec<Vec<&str>> =
        real.stdout.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["SESSION", "SCRIPT", "SIZE", "LAST", "USED", "WHY"]);
    assert_eq!((rows[1][0], rows[1][1], rows[1].last()), (id.as_str(), "true", Some(&"old")));
    assert!(ids(&sandbox).is_empty());
}

#[test]
fn the_newest_and_the_named_stay() {
    let sandbox = Sandbox::new();
    let all: Vec<String> =
        [&["--name", "base"][..], &[], &[]].map(|options| record(&sandbox, options)).to_vec();
    let ran = sandbox.run(&["clean", "--older-than", "0", "--keep", "1"]);
    assert!(last_line(&ran).ends_with("2 kept (1 newest, 1 named)"), "{ran:?}");
    assert_eq!(ids(&sandbox), [all[0].as_str(), all[2].as_str()]);
    let ran = sandbox.run(&["clean", "--older-than", "0", "--named"]);
    assert!(last_line(&ran).starts_with("ghost: removed 2 sessions, "), "{ran:?}");
    assert!(ids(&sandbox).is_empty());
}

#[test]
fn the_oldest_go_until_the_rest_fits() {
    let sandbox = Sandbox::new();
    let all = [(); 3].map(|()| record(&sandbox, &[]));
    let bytes = fs::metadata(file(&sandbox, &all[0])).unwrap().len();
    let ran = sandbox.run(&["clean", "--max-size", &(bytes * 2).to_string()]);
    assert!(ran.stdout.contains("excess"), "{ran:?}");
    assert_eq!(ids(&sandbox), all[1..]);
}

#[test]
fn a_running_session_is_never_removed() {
    let sandbox = Sandbox::new();
    let mut ghost = sandbox.ghost(&["run", "cat"]);
    let mut running =
        ghost.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What comes back through the program shows that its session exists.
    std::io::Write::write_all(running.stdin.as_mut().unwrap(), b"x").unwrap();
    std::io::Read::read_exact(running.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    let ran = sandbox.run(&["clean", "--older-than", "0", "--max-size", "0"]);
    assert_eq!(ran.lines(), ["ghost: removed 0 sessions, 0 B; 1 kept (1 running)"]);
    drop(running.stdin.take());
    assert_eq!(Ran::from(running.wait_with_output().unwrap()).code, Some(0));
    assert_eq!(ids(&sandbox).len(), 1);
}

#[test]
fn damaged_files_and_remains_are_named_and_removed() {
    let sandbox = Sandbox::new();
    record(&sandbox, &[]);
    let damaged = file(&sandbox, "1700000001-0000000a");
    fs::write(&damaged, "no database").unwrap();
    let remains = sandbox.data().join("runs/1700000002-0000000b");
    fs::create_dir(&remains).unwrap();
    fs::write(remains.join("5-1.ledger.broken"), "x").unwrap();

    let week = sandbox.run(&["clean"]);
    assert!(week.lines()[0].starts_with("ghost: kept: no session file"), "{week:?}");
    assert!(week.lines()[1].contains(damaged.to_str().unwrap()), "{week:?}");

    let ran = sandbox.run(&["clean", "--older-than", "0", "--keep", "1"]);
    assert!(ran.stdout.contains("old, damaged") && ran.stdout.contains("old, remains"), "{ran:?}");
    assert!(last_line(&ran).ends_with("1 kept (1 newest)"), "{ran:?}");
    assert!(!damaged.exists() && !remains.exists());
}

#[test]
fn a_plan_can_be_read_by_programs() {
    let sandbox = Sandbox::new();
    let id = record(&sandbox, &["--name", "base"]);
    let ran =
        sandbox.run(&["clean", "--dry-run", "--named", "--older-than", "0", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&plan["schema_version"], &plan["dry_run"]), (&1.into(), &true.into()));
    let session = &plan["sessions"][0];
    assert_eq!(
        (session["session_id"].as_str(), session["name"].as_str()),
        (Some(&*id), Some("base"))
    );
    assert_eq!(
        (session["remove"].as_bool(), session["reason"].as_str()),
        (Some(true), Some("old"))
    );
    assert_eq!(session["bytes"].as_u64(), Some(fs::metadata(file(&sandbox, &id)).unwrap().len()));
}

#[test]
fn impossible_limits_are_refused() {
    for [option, value] in [
        ["--older-than", "-1"],
        ["--older-than", "nan"],
        ["--older-than", "1e99"],
        ["--keep", "-1"],
        ["--max-size", "much"],
        ["--max-size", "-5G"],
    ] {
        let ran = Sandbox::new().run(&["clean", &format!("{option}={value}")]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains(value), "{ran:?}");
    }
}

#[test]
fn an_empty_folder_is_clean() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["clean"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert_eq!(ran.lines(), ["ghost: removed 0 sessions, 0 B; 0 kept"]);
    assert!(!sandbox.data().exists());
}

#[test]
fn what_programs_without_a_session_left_goes_too() {
    let sandbox = Sandbox::new();
    record(&sandbox, &["--name", "kept"]);
    let folder = sandbox.data().join("stats").join("1-2-3");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("table"), [0; 1000]).unwrap();
    let young = sandbox.run(&["clean"]);
    assert_eq!(young.lines().len(), 1, "{young:?}");
    let dry = sandbox.run(&["clean", "--older-than", "0", "--dry-run"]);
    let words = "1 folder of programs without a session, 1000 B";
    assert_eq!(last_line(&dry), format!("ghost: would remove {words}"));
    let real = sandbox.run(&["clean", "--older-than", "0"]);
    assert_eq!(last_line(&real), format!("ghost: removed {words}"));
    assert!(!folder.exists());
}
