//! What recordings mean: findings, comparison of two sessions, explanation of one function, checked
//! annotations. Pure: sees no database, and no file but the source text it is given.
#![forbid(unsafe_code)]

pub mod annotating;
#[cfg(test)]
mod annotating_tests;
pub mod annotations;
pub mod call_tree;
mod detector;
pub mod detectors;
pub mod diff;
mod evidence;
mod exceptions;
pub mod explain;
mod finding;
mod history;
pub mod inference;
mod own_time;
mod propagation;
mod protocol;
pub mod source;
mod sources;
pub mod spans;
mod sparkline;
#[cfg(test)]
mod spec;
mod statistics;
pub mod stubbing;
mod test_code;
mod words;

pub use detector::{DETECTORS, Detector, detect};
pub use evidence::{Evidence, Thresholds, place};
pub use exceptions::{Escape, escapes};
pub use finding::{Fact, FactValue, Finding, Place, Related, Severity, SeverityError};
pub use history::{History, Ran};
pub use sources::Sources;
