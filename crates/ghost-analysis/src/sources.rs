//! The source texts that could be read, by the file name that recordings use; parsed when asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::source::{SourceError, SourceModule};

/// Source files by name.
#[derive(Debug, Default)]
pub struct Sources {
    by_file: BTreeMap<String, SourceFile>,
}

#[derive(Debug)]
struct SourceFile {
    text: String,
    module: OnceLock<Result<SourceModule, SourceError>>,
}

impl Sources {
    /// Adds the text of a file.
    pub fn insert(&mut self, file: impl Into<String>, text: impl Into<String>) {
        let source = SourceFile { text: text.into(), module: OnceLock::new() };
        self.by_file.insert(file.into(), source);
    }

    /// The text of a file.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.by_file.get(file).map(|source| source.text.as_str())
    }

    /// What a file defines; `None` where it is not there or is no Python.
    pub fn module(&self, file: &str) -> Option<&SourceModule> {
        self.by_file.get(file)?.parsed().as_ref().ok()
    }

    /// The names of all files, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.by_file.keys().map(String::as_str)
    }

    /// Files that are no Python, and why.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &SourceError)> {
        let parsed = self.by_file.iter().map(|(file, source)| (file.as_str(), source.parsed()));
        parsed.filter_map(|(file, module)| Some((file, module.as_ref().err()?)))
    }
}

impl FromIterator<(String, String)> for Sources {
    /// Texts by the names of their files.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(texts: I) -> Self {
        let mut sources = Self::default();
        for (file, text) in texts {
            sources.insert(file, text);
        }
        sources
    }
}

impl SourceFile {
    fn parsed(&self) -> &Result<SourceModule, SourceError> {
        self.module.get_or_init(|| SourceModule::parse(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_named_and_hides_no_other() {
        let mut sources = Sources::default();
        sources.insert("a.py", "def f(): pass\n");
        sources.insert("b.py", "def f(:\n");
        assert_eq!(sources.module("a.py").unwrap().functions.len(), 1);
        assert!(sources.module("b.py").is_none() && sources.module("c.py").is_none());
        assert_eq!(sources.broken().map(|(file, _)| file).collect::<Vec<_>>(), ["b.py"]);
        assert_eq!(sources.text("b.py"), Some("def f(:\n"));
    }
}
