//! Two sessions side by side.

use std::sync::Arc;

use ghost_analysis::diff::{Comparison, Limits, compare};

use super::view::SessionView;

/// What is different between two views.
pub(crate) struct Difference {
    /// Changes when one of them does.
    pub(crate) version: String,
    pub(crate) before: Arc<SessionView>,
    pub(crate) after: Arc<SessionView>,
    pub(crate) comparison: Comparison,
}

impl Difference {
    /// Compares, as `ghost diff` does where nobody asks for more.
    pub(crate) fn between(before: &Arc<SessionView>, after: &Arc<SessionView>) -> Self {
        let comparison = compare(before.recording(), after.recording(), &Limits::default());
        Self {
            version: version(before, after),
            before: Arc::clone(before),
            after: Arc::clone(after),
            comparison,
        }
    }
}

/// The version of a comparison of two views.
pub(crate) fn version(before: &SessionView, after: &SessionView) -> String {
    format!("{}-{}", before.version, after.version)
}
