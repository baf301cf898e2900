//! `cargo xtask dashboard`: build the dashboard into the server's assets, and check it (needs Node).
//!
//! What npm runs is in `dashboard/package.json`. Driving it in a browser is `tests/test_dashboard.py`.

use std::path::Path;
use std::process::Command;

use crate::CommandResult;
use crate::steps::stream;

/// Installs what is pinned, builds, checks types, lint, format and unit tests.
pub(crate) fn run(root: &Path) -> CommandResult {
    let folder = root.join("dashboard");
    for arguments in [&["ci", "--no-audit", "--no-fund"][..], &["run", "build"], &["run", "check"]]
    {
        stream(Command::new("npm").args(arguments).current_dir(&folder))?;
    }
    Ok(true)
}
