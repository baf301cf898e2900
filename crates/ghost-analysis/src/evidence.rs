//! What detectors look at: a recording, the source of its files, and where to draw lines.
//!
//! Everything is given; nothing is read here.

use std::collections::HashMap;
use std::sync::OnceLock;

use ghost_model::{Function, FunctionId, Recording, type_label};

use crate::finding::Place;
use crate::source::SourceModule;

/// The lines a user may move. Everything else a detector decides by is a documented constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Exception rate above which `high_exc_rate` speaks, 0 to 1.
    pub exc_threshold: f64,
    /// Standard deviations above its module at which `latency_outlier` speaks.
    pub latency_z: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { exc_threshold: 0.05, latency_z: 2.5 }
    }
}

/// The source texts that could be read, by the file name that recordings use.
#[derive(Debug, Default)]
pub struct Sources {
    by_file: HashMap<String, Source>,
}

/// One text, parsed when it is first asked for.
#[derive(Debug)]
struct Source {
    text: String,
    module: OnceLock<Option<SourceModule>>,
}

impl Sources {
    /// Adds the text of a file.
    pub fn insert(&mut self, file: impl Into<String>, text: impl Into<String>) {
        let source = Source { text: text.into(), module: OnceLock::new() };
        self.by_file.insert(file.into(), source);
    }

    /// The text of a file.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.by_file.get(file).map(|source| source.text.as_str())
    }

    /// What a file defines; `None` where there is no text, or no Python in it.
    pub fn module(&self, file: &str) -> Option<&SourceModule> {
        let source = self.by_file.get(file)?;
        source.module.get_or_init(|| SourceModule::parse(&source.text).ok()).as_ref()
    }

    /// Every file, in no particular order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.by_file.keys().map(String::as_str)
    }
}

/// What detectors look at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What was recorded of the session in question.
    pub recording: &'a Recording,
    /// Source of its files, as far as it could be read.
    pub sources: &'a Sources,
    /// Where to draw lines.
    pub thresholds: Thresholds,
    /// How types are written, indexed by type.
    labels: Vec<String>,
}

impl<'a> Evidence<'a> {
    /// Evidence with the default thresholds.
    pub fn new(recording: &'a Recording, sources: &'a Sources) -> Self {
        let labels = type_label(&recording.types);
        Self { recording, sources, thresholds: Thresholds::default(), labels }
    }

    /// How a type is written: short where that is unambiguous.
    pub fn type_label(&self, id: ghost_model::TypeId) -> &str {
        self.labels.get(id.index()).map_or("…", String::as_str)
    }

    /// Where a function of the recording is.
    pub fn place(&self, id: FunctionId) -> Place {
        place(self.recording.function(id))
    }
}

/// Where a function is.
pub fn place(function: &Function) -> Place {
    Place { function: function.key.clone(), file: function.file.clone(), line: function.key.line }
}
