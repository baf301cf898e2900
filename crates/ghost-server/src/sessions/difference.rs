//! Two sessions side by side.

use std::sync::{Arc, Mutex, PoisonError};

use ghost_analysis::diff::{Comparison, Limits, compare};

use super::view::SessionView;

/// Pages that are kept as they are sent: a page of a thousand functions takes longer to write than to send.
const PAGES_MAX: usize = 4;

/// A page as it is sent, by its first function and its length.
type Page = ((usize, usize), Vec<u8>);

/// What is different between two views.
pub(crate) struct Difference {
    /// Changes when one of them does.
    pub(crate) version: String,
    pub(crate) before: Arc<SessionView>,
    pub(crate) after: Arc<SessionView>,
    pub(crate) comparison: Comparison,
    pages: Mutex<Vec<Page>>,
}

impl Difference {
    /// A page as it is sent; written once and kept.
    pub(crate) fn page<E>(
        &self,
        place: (usize, usize),
        write: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let kept = || self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept().iter().find(|(other, _)| *other == place).map(|(_, page)| page.clone());
        if let Some(page) = found {
            return Ok(page);
        }
        let page = write()?;
        let mut pages = kept();
        if pages.len() >= PAGES_MAX {
            pages.remove(0);
        }
        pages.push((place, page.clone()));
        Ok(page)
    }

    /// Compares, as `ghost diff` does where nobody asks for more.
    pub(crate) fn between(before: &Arc<SessionView>, after: &Arc<SessionView>) -> Self {
        let comparison = compare(before.recording(), after.recording(), &Limits::default());
        Self {
            version: version(before, after),
            before: Arc::clone(before),
            after: Arc::clone(after),
            comparison,
            pages: Mutex::default(),
        }
    }
}

/// The version of a comparison of two views.
pub(crate) fn version(before: &SessionView, after: &SessionView) -> String {
    format!("{}-{}", before.version, after.version)
}
