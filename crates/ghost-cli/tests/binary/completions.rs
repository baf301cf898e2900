//! Completions and manual pages: that they are whole, and that a shell can use them.

use std::fs;
use std::process::Command;

use crate::sandbox::{Ran, Sandbox, ghost_path};

const COMMANDS: [&str; 4] = ["run", "report", "export", "clean"];

#[test]
fn every_shell_is_told_of_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = Sandbox::new().run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert!(COMMANDS.iter().all(|command| ran.stdout.contains(command)), "{shell}");
        assert!(ran.stdout.contains("older-than") && !ran.stdout.contains("no-quiet"), "{shell}");
    }
    let ran = Sandbox::new().run(&["completions", "cmd"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
}

#[test]
fn bash_completes_with_them() {
    let sandbox = Sandbox::new();
    let complete = |words: &str, at: u32| {
        let script = format!(
            "source <(\"$1\" completions bash)\nCOMP_WORDS=({words}); COMP_CWORD={at}\n\
             _ghost ghost \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{}]}}\"\necho \"${{COMPREPLY[@]}}\"",
            at - 1
        );
        let mut command = Command::new("bash");
        sandbox.prepare(command.args(["--norc", "-c", &script, "bash"]).arg(ghost_path()));
        Ran::from(command.output().unwrap()).stdout.trim().to_owned()
    };
    assert_eq!(complete("ghost rep", 1), "report");
    assert_eq!(complete("ghost export --format spe", 3), "speedscope");
    assert_eq!(complete("ghost clean --dry", 2), "--dry-run");
}

#[test]
fn every_command_has_a_page() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.here().join("man1")).unwrap();
    let ran = sandbox.run(&["man", "--out", "man1"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    let page = |name: &str| fs::read_to_string(sandbox.here().join("man1").join(name)).unwrap();
    assert!(
        COMMANDS.iter().all(|command| page("ghost.1").contains(&format!("ghost\\-{command}(1)")))
    );
    assert!(page("ghost-run.1").contains("events\\-per\\-function"));
    assert_eq!(sandbox.run(&["man"]).stdout, page("ghost.1"));
    assert_eq!(sandbox.run(&["man", "clean"]).stdout, page("ghost-clean.1"));
    insta::assert_snapshot!("man_clean", page("ghost-clean.1"));
}

#[test]
fn a_page_that_cannot_be_is_named() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["man", "fly"]);
    assert_eq!((ran.code, ran.lines().len()), (Some(2), 1), "{ran:?}");
    assert!(ran.stderr.starts_with("ghost: no command `fly` (hint: there are run, "), "{ran:?}");
    let ran = sandbox.run(&["man", "--out", "missing"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.starts_with("ghost: cannot write `missing/ghost.1`: No such"), "{ran:?}");
}
