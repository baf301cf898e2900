//! What recordings mean: findings, comparison of two sessions, explanation of one function, checked
//! annotations. Pure: sees no database, and no file but the source text it is given.
#![forbid(unsafe_code)]

mod detector;
pub mod detectors;
pub mod diff;
mod evidence;
mod finding;
pub mod source;

pub use detector::{DETECTORS, Detector, detect};
pub use evidence::{Evidence, Sources, Thresholds, place};
pub use finding::{Fact, FactValue, Finding, Place, Related, Severity, SeverityError};
