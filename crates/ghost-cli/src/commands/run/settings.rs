//! `run.conf`: what the observer in every process of the session is told. Lines of `key=value`.
//!
//! Never holds arguments or environment values.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ghost_control::Policy;

use crate::args::{Events, Observing, ProbeValues, Scope};

/// Why there is nothing to observe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A folder whose name the settings cannot hold.
    #[error("the name of folder `{}` is not UTF-8 or holds a line break", .0.display())]
    Unwritable(PathBuf),
}

/// The text of `run.conf` for a program in the folder `here`.
pub(super) fn text(
    arguments: &Observing,
    here: &Path,
    script_folder: Option<&Path>,
    serves: bool,
) -> Result<String, SettingsError> {
    let mut text = String::new();
    for root in roots(here, script_folder) {
        let line = root.to_str().filter(|name| !name.contains(['\n', '\r']));
        let line = line.ok_or_else(|| SettingsError::Unwritable(root.clone()))?;
        push(&mut text, "root", line);
    }
    push(&mut text, "scope", scope_word(arguments.scope));
    for glob in &arguments.include {
        push(&mut text, "include", glob);
    }
    for glob in &arguments.exclude {
        push(&mut text, "exclude", glob);
    }
    push(&mut text, "events", events_word(arguments.events));
    push(&mut text, "events_per_function", &arguments.events_per_function.to_string());
    if let Some(percent) = arguments.budget {
        push(&mut text, "budget", &percent.to_string());
    }
    if arguments.tree || serves {
        push(&mut text, "tree", "1");
    }
    let switches =
        [("web", arguments.no_web), ("db", arguments.no_db), ("functions", arguments.no_functions)];
    for (part, _) in switches.into_iter().filter(|(_, is_off)| *is_off) {
        push(&mut text, part, "0");
    }
    text.push_str(&policy(arguments).lines());
    push(&mut text, "spans_max", &arguments.spans_max.to_string());
    push(&mut text, "quiet", if arguments.quiet { "1" } else { "0" });
    Ok(text)
}

/// What probes from outside may do.
fn policy(arguments: &Observing) -> Policy {
    Policy {
        is_enabled: !arguments.no_probes,
        allows_values: arguments.probe_values == ProbeValues::Allow,
        targets: arguments.probe_target.clone(),
    }
}

fn push(text: &mut String, key: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{key}={value}");
}

/// Folders of the project: the current one and the script's, as named and with links resolved,
/// since Python names files either way. None lies below another.
fn roots(here: &Path, script_folder: Option<&Path>) -> Vec<PathBuf> {
    let script_folder = script_folder.map(|folder| here.join(folder));
    let resolved = script_folder.as_ref().and_then(|folder| folder.canonicalize().ok());
    let named = script_folder.map(|folder| without_dots(&folder));
    let candidates = [Some(here.to_owned()), named, resolved].into_iter().flatten();
    candidates.fold(Vec::new(), |mut roots, candidate| {
        if !roots.iter().any(|root| candidate.starts_with(root)) {
            roots.push(candidate);
        }
        roots
    })
}

/// The path without `.` and `..`, as `os.path.abspath` makes it.
fn without_dots(path: &Path) -> PathBuf {
    use std::path::Component;
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            part => path.push(part),
        }
        path
    })
}

fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Project => "project",
        Scope::All => "all",
    }
}

fn events_word(events: Events) -> &'static str {
    match events {
        Events::Sample => "sample",
        Events::All => "all",
        Events::None => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root_names(here: &str, folder: Option<&str>) -> Vec<String> {
        let roots = roots(Path::new(here), folder.map(Path::new));
        roots.iter().map(|root| root.display().to_string()).collect()
    }

    #[test]
    fn a_script_below_the_current_folder_adds_no_root() {
        assert_eq!(root_names("/nowhere/project", None), ["/nowhere/project"]);
        for folder in ["", "src", "./src/../lib", "/nowhere/project/src"] {
            assert_eq!(root_names("/nowhere/project", Some(folder)), ["/nowhere/project"]);
        }
    }

    #[test]
    fn a_script_elsewhere_adds_its_folder() {
        let expected = ["/nowhere/project", "/nowhere/other"];
        for folder in ["../other", "/nowhere/other", "src/../../other"] {
            assert_eq!(root_names("/nowhere/project", Some(folder)), expected);
        }
    }

    #[test]
    fn a_linked_folder_counts_under_both_names() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let [real, link, here] = ["real", "link", "here"].map(|name| root.join(name));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(roots(&here, Some(&link)), [here.clone(), link, real]);
    }

    #[test]
    fn settings_are_one_line_each() {
        let arguments = Observing {
            quiet: true,
            scope: Scope::All,
            include: vec!["shop.*".into(), "lib".into()],
            exclude: vec!["shop.vendor.*".into()],
            events: Events::None,
            budget: Some(2.5),
            tree: true,
            name: None,
            note: None,
            events_per_function: 4,
            exporter: Vec::new(),
            no_web: false,
            no_db: true,
            no_functions: true,
            no_probes: true,
            probe_values: ProbeValues::Forbid,
            probe_target: vec!["shop.orders".into()],
            spans_max: 500,
        };
        let text = text(&arguments, Path::new("/srv/shop"), None, false).unwrap();
        let (root, rest) = text.split_once('\n').unwrap();
        assert_eq!(root, "root=/srv/shop");
        let expected = "scope=all\ninclude=shop.*\ninclude=lib\nexclude=shop.vendor.*\n\
                        events=none\nevents_per_function=4\nbudget=2.5\ntree=1\n\
                        db=0\nfunctions=0\nprobes=0\nprobe_values=forbid\n\
                        probe_target=shop.orders\nspans_max=500\nquiet=1\n";
        assert_eq!(rest, expected);
    }
}
