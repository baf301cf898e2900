//! `cargo xtask python 3.14 3.15`: fetch interpreters that the machine does not have.
//!
//! Finding the ones it has is in `find`, fetching in `fetch`, what is supported in `version`.

pub(crate) mod fetch;
pub(crate) mod find;
pub(crate) mod version;

use crate::CommandResult;
use version::Minor;

/// Fetches each of `versions`; the first that cannot be had ends it.
pub(crate) fn run(versions: &[&str]) -> CommandResult {
    let minors = versions.iter().map(|text| text.parse()).collect::<Result<Vec<Minor>, _>>()?;
    for minor in minors {
        let python = fetch::fetch(minor)?;
        println!("python {minor}: {}", python.display());
    }
    Ok(true)
}
