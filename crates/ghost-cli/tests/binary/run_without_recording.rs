//! The program runs whatever happens to the data folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::sandbox::{Ran, Sandbox};

/// Says whether it was told to record, and ends with a code of its own.
const PROGRAM: [&str; 3] = ["sh", "-c", "echo \"run=$GHOST_RUN\"; exit 7"];

fn runs_unrecorded(sandbox: &Sandbox, data: &Path, expected: &str) {
    let mut command = sandbox.ghost(&[&["run"], &PROGRAM[..]].concat());
    let ran = Ran::from(command.env("GHOST_DATA_DIR", data).output().unwrap());
    assert_eq!((ran.stdout.as_str(), ran.code), ("run=\n", Some(7)), "{ran:?}");
    let lines = ran.lines();
    assert!(lines[0].starts_with(&format!("ghost: not recording: {expected}")), "{ran:?}");
    assert!(lines.len() <= 2, "{ran:?}");
}

#[test]
fn a_file_in_place_of_the_data_folder_is_named() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("file", "");
    runs_unrecorded(&sandbox, &file, &format!("`{}` is not a folder", file.display()));
    runs_unrecorded(&sandbox, &file.join("below"), &format!("`{}", file.display()));
}

#[test]
fn a_folder_that_cannot_exist_is_named() {
    runs_unrecorded(
        &Sandbox::new(),
        Path::new("/proc/nowhere"),
        "cannot make folder `/proc/nowhere`",
    );
}

#[test]
fn a_read_only_folder_is_named() {
    let sandbox = Sandbox::new();
    let data = sandbox.data();
    fs::create_dir_all(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    // The superuser may write everywhere.
    if fs::write(data.join("probe"), "").is_err() {
        runs_unrecorded(&sandbox, &data, "cannot make folder");
    }
}

#[test]
fn without_any_home_the_program_still_runs() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.ghost(&[&["run"], &PROGRAM[..]].concat());
    let ran = Ran::from(command.env_remove("GHOST_DATA_DIR").env_remove("HOME").output().unwrap());
    assert_eq!((ran.stdout.as_str(), ran.code), ("run=\n", Some(7)));
    let expected = "ghost: not recording: cannot tell where sessions are kept: \
                    neither `GHOST_DATA_DIR` nor `HOME` is set \
                    (hint: set GHOST_DATA_DIR to a folder you can write to)";
    assert_eq!(ran.lines()[0], expected);
}

#[test]
fn a_session_inside_another_gets_its_own_run_folder() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.ghost(&[&["run", "--quiet"], &PROGRAM[..]].concat());
    let ran = Ran::from(command.env("GHOST_RUN", "/somewhere/else").output().unwrap());
    let data = sandbox.data().canonicalize().unwrap();
    assert!(ran.stdout.starts_with(&format!("run={}/runs/", data.display())), "{ran:?}");
}

#[test]
fn an_unobserved_program_is_explained() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["run", "true"]);
    let lines = ran.lines();
    assert!(lines[0].starts_with("ghost: recording session "), "{ran:?}");
    let expected =
        "ghost: nothing was observed: no Python that `true` started has ghostglass installed";
    assert!(lines[1].starts_with(&format!("{expected} (hint: ")), "{ran:?}");
    assert_eq!(fs::read_dir(sandbox.data().join("runs")).unwrap().count(), 0);
}

#[test]
fn a_program_that_cannot_be_executed_leaves_no_session() {
    let sandbox = Sandbox::new();
    sandbox.write_executable("tool", "#!/nowhere/interpreter\n");
    let ran = sandbox.run(&["run", "--quiet", "./tool"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.starts_with("ghost: cannot start `./tool`: No such file"), "{ran:?}");
    for folder in ["runs", "sessions"] {
        assert_eq!(fs::read_dir(sandbox.data().join(folder)).unwrap().count(), 0);
    }
}
