//! Edits by byte ranges, and what they look like for a parameter.

use std::ops::Range;

use crate::inference::ProjectFile;

/// Text in the place of other text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    range: Range<usize>,
    text: String,
}

impl Edit {
    /// Adds text.
    pub(super) fn insert(offset: usize, text: String) -> Self {
        Self { range: offset..offset, text }
    }
}

/// `name=default` becomes `name: type = default`, as the style guide of Python has it.
pub(super) fn parameter(file: &ProjectFile, offset: usize, annotation: &str) -> Vec<Edit> {
    let default = file.outline.defaults.get(&offset).map(|default| default.offset);
    let between = default.and_then(|default| Some((file.text.get(offset..default)?, default)));
    match between {
        Some((text, default)) if text.trim_matches(' ') == "=" => {
            vec![Edit { range: offset..default, text: format!(": {annotation} = ") }]
        }
        _ => vec![Edit::insert(offset, format!(": {annotation}"))],
    }
}

/// The text with all edits. They do not overlap; those at one place stay in order.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut result = String::with_capacity(text.len() + 64 * edits.len());
    let mut copied = 0;
    for edit in edits {
        result.push_str(text.get(copied..edit.range.start).unwrap_or_default());
        result.push_str(&edit.text);
        copied = edit.range.end;
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_applied_wherever_they_come_from() {
        let replace = Edit { range: 2..3, text: " = ".into() };
        let edits = vec![Edit::insert(5, "!".into()), Edit::insert(0, "<".into()), replace];
        assert_eq!(apply("ab=cd", edits), "<ab = cd!");
    }
}
