//! Which imports a stub keeps: those of names that it uses, and those that others import from it.

use std::collections::BTreeSet;

use super::Stubber;
use crate::source::{Item, Skeleton};

impl Stubber<'_> {
    /// The imports, first those of the source.
    pub(super) fn import_lines(&self, skeleton: &Skeleton) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut lines = Vec::new();
        for item in &skeleton.items {
            let Item::Import { bound, text, exporting } = item else { continue };
            // What a package imports is what it offers.
            let is_exported = self.file.is_package || skeleton.exported.contains(bound);
            let is_kept = is_exported || bound == "*" || self.used.contains(bound);
            if is_kept && seen.insert(text) {
                lines.push(if is_exported { exporting.clone() } else { text.clone() });
            }
        }
        lines.extend(self.spelling.imports());
        lines
    }
}
