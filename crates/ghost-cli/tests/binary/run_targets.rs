//! What `ghost run` starts, with which arguments, and what it says of what it cannot start.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::process::Stdio;

use crate::sandbox::{Ran, Sandbox};

/// Prints every argument on a line of its own, as Python sees it.
const ARGUMENTS: &str = "import os, sys; [print(os.fsencode(a)) for a in sys.argv]";

fn refused(target: &[&str], expected: &str) {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.here().join("folder")).unwrap();
    let ran = sandbox.run(&[&["run"], target].concat());
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), 1, "{ran:?}");
    assert!(lines[0].starts_with(&format!("{expected} (hint: ")), "{ran:?}");
    assert_eq!(ran.stdout, "");
    assert!(!sandbox.data().exists());
}

#[test]
fn what_cannot_be_started_is_named() {
    refused(&["missing.py"], "ghost: no such file: `missing.py`");
    refused(&["sub/missing"], "ghost: no such file: `sub/missing`");
    refused(
        &["no-such-command"],
        "ghost: cannot find `no-such-command`: no such file here, and no such command",
    );
    refused(&["folder"], "ghost: folder `folder` has no `__main__.py`");
    refused(&["-m"], "ghost: `-m` needs the name of a module");
    refused(&["-c"], "ghost: `-c` needs code");
    refused(&["--unknown", "app.py"], "ghost: unknown option `--unknown`");
    refused(
        &["--python", "/nowhere/python", "-"],
        "ghost: `/nowhere/python` is not an executable file",
    );
    refused(&["a\u{1b}[2Jb.py"], r"ghost: no such file: `a\u{1b}[2Jb.py`");
}

#[test]
fn no_target_at_all_is_wrong_usage() {
    let ran = Sandbox::new().run(&["run"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("Usage: ghost run"), "{ran:?}");
}

#[test]
fn every_kind_of_target_runs() {
    let sandbox = Sandbox::new();
    sandbox.write("app.py", ARGUMENTS);
    sandbox.write("no_ending", ARGUMENTS);
    sandbox.write("package/__main__.py", ARGUMENTS);
    sandbox.write("module.py", ARGUMENTS);
    sandbox.write_executable("executable.py", ARGUMENTS);
    sandbox.write_executable("tool", "#!/bin/sh\necho tool \"$@\"\n");
    sandbox.write_executable("plain", "echo plain \"$@\"\n");
    let module = sandbox.here().canonicalize().unwrap().join("module.py");
    let module = format!("b'{}'\nb'x'\n", module.display());
    let cases: [(&[&str], &str); 10] = [
        (&["app.py", "x"], "b'app.py'\nb'x'\n"),
        (&["./app.py", "x"], "b'./app.py'\nb'x'\n"),
        (&["no_ending", "x"], "b'no_ending'\nb'x'\n"),
        (&["executable.py", "x"], "b'executable.py'\nb'x'\n"),
        (&["package", "x"], "b'package'\nb'x'\n"),
        (&["-m", "module", "x"], &module),
        (&["-mmodule", "x"], &module),
        (&["-c", ARGUMENTS, "x"], "b'-c'\nb'x'\n"),
        (&["./tool", "x"], "tool x\n"),
        (&["./plain", "x"], "plain x\n"),
    ];
    for (words, expected) in cases {
        let ran = sandbox.run(&[&["run", "--quiet"], words].concat());
        assert_eq!((ran.stdout.as_str(), ran.code), (expected, Some(0)), "{words:?} {ran:?}");
    }
}

#[test]
fn a_program_can_come_from_standard_input() {
    let sandbox = Sandbox::new();
    let program = sandbox.write("program", "import sys; print(sys.argv)");
    let mut command = sandbox.ghost(&["run", "--quiet", "-", "x"]);
    command.stdin(Stdio::from(std::fs::File::open(program).unwrap()));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.stdout, "['-', 'x']\n");
}

#[test]
fn a_command_wins_over_a_folder_of_its_name() {
    let sandbox = Sandbox::new();
    sandbox.write("true/__main__.py", "raise SystemExit(9)");
    assert_eq!(sandbox.run(&["run", "--quiet", "true"]).code, Some(0));
    assert_eq!(sandbox.run(&["run", "--quiet", "./true"]).code, Some(9));
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let sandbox = Sandbox::new();
    let mut words: Vec<OsString> = ["run", "--quiet", "sh", "-c"].map(Into::into).into();
    words.push(r#"printf '%s\0' "$0" "$@""#.into());
    let arguments: Vec<OsString> = [
        &b"--quiet"[..],
        b"--help",
        b"--version",
        b"--",
        b"-m",
        b"",
        b"a b\nc",
        b"\xff\xfe",
        "größe".as_bytes(),
        b"--",
        b"--color=always",
    ]
    .map(|bytes| OsString::from_vec(bytes.to_vec()))
    .into();
    words.extend(arguments.iter().cloned());
    let output = sandbox.ghost(&words).output().unwrap();
    let expected: Vec<u8> =
        arguments.iter().flat_map(|a| [a.as_encoded_bytes(), b"\0"].concat()).collect();
    assert_eq!(output.stdout, expected, "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stderr.starts_with(b"ghost: nothing was observed"));
}

#[test]
fn two_dashes_may_stand_before_the_target() {
    let sandbox = Sandbox::new();
    sandbox.write("app.py", ARGUMENTS);
    let ran = sandbox.run(&["run", "--quiet", "--", "app.py", "--", "--quiet"]);
    assert_eq!(ran.stdout, "b'app.py'\nb'--'\nb'--quiet'\n", "{ran:?}");
}

#[test]
fn syntax_errors_are_pythons_own() {
    let sandbox = Sandbox::new();
    sandbox.write("app.py", "def broken(:\n");
    let ran = sandbox.run(&["run", "--quiet", "app.py"]);
    let mut plain = std::process::Command::new("python3");
    sandbox.prepare(plain.arg("app.py"));
    let plain = Ran::from(plain.output().unwrap());
    assert_eq!(ran.code, plain.code);
    assert!(ran.stderr.starts_with(&plain.stderr), "{ran:?}");
}

#[test]
fn names_that_are_not_text_are_found_too() {
    let sandbox = Sandbox::new();
    let name = OsString::from_vec(b"\xffapp.py".to_vec());
    sandbox.write("app", "print('ran')");
    std::fs::rename(sandbox.here().join("app"), sandbox.here().join(&name)).unwrap();
    let ran = sandbox.run(&[OsStr::new("run"), OsStr::new("--quiet"), &name]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("ran\n", Some(0)), "{ran:?}");
}
