//! What detectors look at: a recording, the source of its files, and where to draw lines.
//!
//! Everything is given; nothing is read here.

use ghost_model::{Function, FunctionId, Recording, TypeId, type_label};

use crate::finding::Place;
use crate::history::History;
use crate::sources::Sources;

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

/// What detectors look at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What was recorded of the session in question.
    pub recording: &'a Recording,
    /// Source of its files, as far as it could be read.
    pub sources: &'a Sources,
    /// What ran in this session, and in others if more were asked for.
    pub history: History,
    /// The files whose definitions are compared with what ran.
    pub defining_files: Vec<String>,
    /// Where to draw lines.
    pub thresholds: Thresholds,
    /// How types are written, indexed by type.
    labels: Vec<String>,
}

impl<'a> Evidence<'a> {
    /// Evidence of one session with the default thresholds; all sources count as defining files.
    pub fn new(recording: &'a Recording, sources: &'a Sources) -> Self {
        Self {
            recording,
            sources,
            history: History::of(recording),
            defining_files: sources.files().map(str::to_owned).collect(),
            thresholds: Thresholds::default(),
            labels: type_label(&recording.types),
        }
    }

    /// How a type is written: short where that is unambiguous.
    pub fn type_label(&self, id: TypeId) -> &str {
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
