//! Which crate may use which: the architecture's arrows as data, compared with what cargo says.
//!
//! Sees direct edges of every kind between our crates, the owner of each crate that has one, and all
//! that is linked into the observed process.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Finding;
use crate::steps::{StepError, capture};

/// Our crates and what each may use of ours. A crate that is not here may not exist.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("ghost-model", &[]),
    ("ghost-ledger", &["ghost-model"]),
    ("ghost-tracer", &["ghost-model", "ghost-ledger"]),
    ("ghost-probes", &[]),
    ("ghost-control", &["ghost-probes"]),
    ("ghost-spans", &["ghost-model"]),
    (
        "ghost-python",
        &[
            "ghost-model",
            "ghost-ledger",
            "ghost-tracer",
            "ghost-spans",
            "ghost-probes",
            "ghost-control",
        ],
    ),
    ("ghost-store", &["ghost-model", "ghost-ledger", "ghost-spans"]),
    ("ghost-analysis", &["ghost-model"]),
    ("ghost-export", &["ghost-model", "ghost-analysis"]),
    (
        "ghost-server",
        &["ghost-model", "ghost-store", "ghost-analysis", "ghost-export", "ghost-control"],
    ),
    ("ghost-watch", &["ghost-model", "ghost-store", "ghost-analysis", "ghost-control"]),
    ("ghost-relay", &["ghost-model", "ghost-ledger", "ghost-spans", "ghost-export"]),
    (
        "ghost-cli",
        &[
            "ghost-model",
            "ghost-ledger",
            "ghost-store",
            "ghost-analysis",
            "ghost-export",
            "ghost-server",
            "ghost-spans",
            "ghost-relay",
            "ghost-watch",
            "ghost-control",
        ],
    ),
    ("ghost-testkit", &["ghost-model"]),
    ("xtask", &[]),
];

/// Crates of others that only some of ours may use.
const OWNERS: [(&str, &[&str]); 9] = [
    ("rusqlite", &["ghost-store"]),
    ("pyo3", &["ghost-python"]),
    ("pyo3-ffi", &["ghost-python"]),
    ("clap", &["ghost-cli"]),
    ("ureq", &["ghost-cli", "ghost-relay", "ghost-server"]),
    ("tokio", &["ghost-relay", "ghost-server"]),
    ("tonic", &["ghost-relay"]),
    ("hyper", &["ghost-relay", "ghost-server"]),
    ("axum", &["ghost-server"]),
];

/// The crate that is loaded into the observed process.
const GUEST: &str = "ghost-python";

/// Names, or beginnings of names, of what must not be in the observed process: databases, HTTP, TLS
/// and async runtimes.
const NOT_IN_GUEST: [&str; 18] = [
    "rusqlite",
    "libsqlite3",
    "sqlx",
    "diesel",
    "http",
    "hyper",
    "reqwest",
    "ureq",
    "axum",
    "tonic",
    "rustls",
    "native-tls",
    "openssl",
    "tokio",
    "async-",
    "smol",
    "mio",
    "futures",
];

/// A dev-dependency that every crate may have.
const TESTKIT: &str = "ghost-testkit";

/// Cargo could not tell the dependencies.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DependencyError {
    /// It failed.
    #[error(transparent)]
    Cargo(#[from] StepError),
    /// It answered something else.
    #[error("cannot read the output of `cargo metadata`: {0}")]
    Answer(#[from] serde_json::Error),
}

/// One of our crates and what its manifest asks for.
#[derive(Clone, Debug, Default)]
struct Package {
    name: String,
    manifest: PathBuf,
    /// Names of all direct dependencies, each with whether only tests use it.
    uses: Vec<(String, bool)>,
}

/// Every edge is allowed.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>, DependencyError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["metadata", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&capture(&mut command)?)?;
    let packages = our_packages(&metadata, root);
    let mut findings: Vec<Finding> = packages.iter().flat_map(check_package).collect();
    findings.extend(check_guest(&metadata));
    Ok(findings)
}

fn check_package(package: &Package) -> Vec<Finding> {
    let finding = |message| Finding { path: package.manifest.clone(), line: None, message };
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == package.name) else {
        return vec![finding(format!("`{}` is in no line of the architecture", package.name))];
    };
    let is_ours = |name: &str| MAY_USE.iter().any(|(ours, _)| *ours == name);
    let forbidden_edge = |(name, tests_only): &(String, bool)| {
        is_ours(name) && !allowed.contains(&name.as_str()) && !(*tests_only && name == TESTKIT)
    };
    let wrong_owner = |(name, _): &(String, bool)| {
        let is_owner = |owners: &[&str]| owners.contains(&package.name.as_str());
        OWNERS.iter().any(|(owned, owners)| owned == name && !is_owner(owners))
    };
    let forbidden = |used: &&(String, bool)| forbidden_edge(used) || wrong_owner(used);
    let message = |(name, _): &(String, bool)| format!("`{}` may not use `{name}`", package.name);
    package.uses.iter().filter(forbidden).map(|used| finding(message(used))).collect()
}

/// Nothing that is linked into the observed process is a database, HTTP, TLS or async crate.
fn check_guest(metadata: &Value) -> Vec<Finding> {
    let path = PathBuf::from("crates").join(GUEST).join("Cargo.toml");
    linked_into(metadata, GUEST)
        .into_iter()
        .filter(|name| NOT_IN_GUEST.iter().any(|banned| name.starts_with(banned)))
        .map(|name| format!("`{name}` would be loaded into the observed process"))
        .map(|message| Finding { path: path.clone(), line: None, message })
        .collect()
}

fn our_packages(metadata: &Value, root: &Path) -> Vec<Package> {
    let members: BTreeSet<&str> = texts(&metadata["workspace_members"]).collect();
    let is_member =
        |package: &&Value| package["id"].as_str().is_some_and(|id| members.contains(id));
    let package = |value: &Value| Package {
        name: text(&value["name"]).to_owned(),
        manifest: relative(text(&value["manifest_path"]), root),
        uses: items(&value["dependencies"])
            .map(|used| (text(&used["name"]).to_owned(), used["kind"] == "dev"))
            .collect(),
    };
    items(&metadata["packages"]).filter(is_member).map(package).collect()
}

/// Names of everything that ends up in the library of the crate `name`, itself included.
fn linked_into<'a>(metadata: &'a Value, name: &str) -> BTreeSet<&'a str> {
    let names: BTreeMap<&str, &str> =
        items(&metadata["packages"]).map(|p| (text(&p["id"]), text(&p["name"]))).collect();
    let edges: BTreeMap<&str, &Value> =
        items(&metadata["resolve"]["nodes"]).map(|n| (text(&n["id"]), &n["deps"])).collect();
    let mut waiting: Vec<&str> =
        names.iter().filter(|(_, known)| **known == name).map(|(id, _)| *id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            let linked =
                edges.get(id).into_iter().flat_map(|deps| items(deps)).filter(|dep| is_linked(dep));
            waiting.extend(linked.map(|dep| text(&dep["pkg"])));
        }
    }
    seen.into_iter().filter_map(|id| names.get(id).copied()).collect()
}

/// An ordinary dependency: those of tests and build scripts are not linked.
fn is_linked(dep: &Value) -> bool {
    items(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null())
}

fn relative(path: &str, root: &Path) -> PathBuf {
    Path::new(path).strip_prefix(root).map_or_else(|_| PathBuf::from(path), Path::to_path_buf)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    items(value).map(text)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn messages(name: &str, uses: &[(&str, bool)]) -> Vec<String> {
        let uses = uses.iter().map(|(used, tests)| ((*used).to_owned(), *tests)).collect();
        let package = Package { name: name.to_owned(), manifest: PathBuf::new(), uses };
        check_package(&package).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn an_upward_edge_is_found() {
        assert_eq!(
            messages("ghost-model", &[("ghost-store", false)]),
            ["`ghost-model` may not use `ghost-store`"]
        );
        assert_eq!(messages("ghost-cli", &[("ghost-python", false)]).len(), 1);
        assert!(messages("ghost-store", &[("ghost-model", false), ("serde", false)]).is_empty());
    }

    #[test]
    fn tests_get_no_other_edges_than_the_testkit() {
        assert!(messages("ghost-model", &[("ghost-testkit", true)]).is_empty());
        assert_eq!(messages("ghost-model", &[("ghost-testkit", false)]).len(), 1);
        assert_eq!(messages("ghost-model", &[("ghost-store", true)]).len(), 1);
    }

    #[test]
    fn an_owned_crate_elsewhere_is_found() {
        assert_eq!(messages("ghost-export", &[("rusqlite", false)]).len(), 1);
        assert_eq!(messages("ghost-store", &[("rusqlite", false)]).len(), 0);
        assert_eq!(messages("ghost-store", &[("clap", true)]).len(), 1);
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(messages("ghost-extra", &[]).len(), 1);
    }

    fn graph(kind: &Value) -> Value {
        json!({
            "packages": [
                {"id": "p", "name": "ghost-python"}, {"id": "l", "name": "ghost-ledger"},
                {"id": "s", "name": "libsqlite3-sys"}],
            "resolve": {"nodes": [
                {"id": "p", "deps": [{"pkg": "l", "dep_kinds": [{"kind": null}]}]},
                {"id": "l", "deps": [{"pkg": "s", "dep_kinds": [{"kind": kind}]}]},
                {"id": "s", "deps": []}]}
        })
    }

    #[test]
    fn a_database_deep_below_the_guest_is_found() {
        assert_eq!(check_guest(&graph(&Value::Null)).len(), 1);
    }

    #[test]
    fn what_only_tests_use_is_not_loaded() {
        assert_eq!(check_guest(&graph(&json!("dev"))).len(), 0);
    }
}
