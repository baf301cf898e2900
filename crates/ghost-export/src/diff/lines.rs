//! A comparison as lines of text, each with its tone.

use std::collections::HashMap;

use ghost_analysis::diff::{FunctionChange, OneSided};
use ghost_model::{FunctionKey, counted};

use super::DiffView;
use super::entries::{self, Note, title};

pub use super::entries::Tone;

/// Where what is said of a function begins, under its name.
const INDENT: &str = "             ";

/// One line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// An empty line.
    Empty,
    /// The first line, or that of a section.
    Heading(String),
    /// A function: the word, padded, and its name.
    Function(&'static str, String),
    /// What is said of it.
    Note(Tone, String),
}

impl DiffLine {
    /// The line as it is written without colour.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Heading(text) => text.clone(),
            Self::Function(word, name) => format!("  {word:<10}{name}"),
            Self::Note(_, text) => format!("{INDENT}{text}"),
        }
    }
}

/// The whole comparison. What `top` leaves out is not said here.
pub fn diff_lines(view: &DiffView<'_>) -> Vec<DiffLine> {
    let comparison = view.comparison;
    let heading = format!("Ghost diff  {}  →  {}", view.before.id, view.after.id);
    let mut lines = vec![DiffLine::Heading(heading)];
    for section in sections(view) {
        lines.push(DiffLine::Empty);
        let Section { name, word, count, functions } = section;
        lines.push(DiffLine::Heading(format!("  ── {name} ({count}) ──")));
        for (index, (title, notes)) in functions.into_iter().enumerate() {
            if index > 0 {
                lines.push(DiffLine::Empty);
            }
            lines.push(DiffLine::Function(word, title));
            lines.extend(notes.into_iter().map(|(tone, text)| DiffLine::Note(tone, text)));
        }
    }
    if lines.len() == 1 {
        let same = counted(comparison.unchanged_count, "function", "functions");
        lines.push(DiffLine::Empty);
        lines.push(DiffLine::Heading(format!("  no difference in {same}")));
    }
    lines
}

/// Functions that came, went or changed.
pub(super) struct Section {
    /// `added`, `removed`, `changed`.
    pub(super) name: &'static str,
    /// The same before each function.
    pub(super) word: &'static str,
    /// How many there are.
    pub(super) count: usize,
    /// Those that are shown: title, notes.
    pub(super) functions: Vec<(String, Vec<Note>)>,
}

/// The sections that are not empty.
pub(super) fn sections(view: &DiffView<'_>) -> Vec<Section> {
    let comparison = view.comparison;
    let names = Names::of(view);
    let one_sided = |name, word, side: &[OneSided]| Section {
        name,
        word,
        count: side.len(),
        functions: side
            .iter()
            .take(view.top)
            .map(|one| (names.title(&one.key, one.key.line), entries::one_sided(one)))
            .collect(),
    };
    let entry = |change: &FunctionChange| {
        (names.title(&change.key, change.line_before), entries::changed(change))
    };
    let changed = Section {
        name: "changed",
        word: "CHANGED",
        count: comparison.changed.len(),
        functions: comparison.changed.iter().take(view.top).map(entry).collect(),
    };
    let added = one_sided("added", "ADDED", &comparison.added);
    let removed = one_sided("removed", "REMOVED", &comparison.removed);
    [changed, added, removed].into_iter().filter(|section| section.count > 0).collect()
}

/// Which names are shared by functions of several modules.
struct Names<'a>(HashMap<&'a str, Option<&'a str>>);

impl<'a> Names<'a> {
    fn of(view: &DiffView<'a>) -> Self {
        let comparison = view.comparison;
        let one_sided = comparison.added.iter().chain(&comparison.removed).map(|one| &one.key);
        let mut modules = HashMap::new();
        for key in comparison.changed.iter().map(|change| &change.key).chain(one_sided) {
            let module = modules.entry(key.qualname.as_str()).or_insert(Some(key.module.as_str()));
            if *module != Some(key.module.as_str()) {
                *module = None;
            }
        }
        Self(modules)
    }

    fn title(&self, key: &FunctionKey, line_before: u32) -> String {
        let is_shared = self.0.get(key.qualname.as_str()).is_some_and(Option::is_none);
        title(key, line_before, is_shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::sample::Sample;

    fn text(sample: &Sample) -> String {
        let lines: Vec<String> = diff_lines(&sample.view()).iter().map(DiffLine::text).collect();
        lines.join("\n")
    }

    #[test]
    fn the_text_stays_as_it_is() {
        insta::assert_snapshot!(text(&Sample::new()));
    }

    #[test]
    fn the_example_of_the_article_comes_out() {
        let sample = Sample::article();
        let lines: Vec<String> = diff_lines(&sample.view())
            .iter()
            .filter(|line| !matches!(line, DiffLine::Note(Tone::Faint, _)))
            .map(DiffLine::text)
            .collect();
        let expected = "
  ── changed (3) ──
  CHANGED   process_order (line 42)
             mean latency: 12.50ms → 4.20ms  (0.34×) ↓ faster
             call count: 100 → 100  (no change)

  CHANGED   validate_order (line 18)
             exception rate: 60.0% → 8.0%  ↓

  CHANGED   get_product_details (line 87)
             mean latency: 45.00ms → 2.10ms  (0.05×) ↓ faster
             new arg signature observed: (int, str)";
        assert_eq!(lines[1..].join("\n"), expected);
        assert_eq!(lines[0], "Ghost diff  1763630000-00000001  →  1763630100-00000002");
    }

    #[test]
    fn sessions_that_are_alike_say_so() {
        let mut sample = Sample::new();
        sample.comparison = ghost_analysis::diff::Comparison {
            unchanged_count: 1_200,
            ..ghost_analysis::diff::Comparison::default()
        };
        assert!(text(&sample).ends_with("\n\n  no difference in 1,200 functions"));
    }
}
