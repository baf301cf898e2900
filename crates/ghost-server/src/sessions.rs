//! Sessions as the server shows them.

use ghost_store::DataDir;

/// The sessions of a data folder.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// Where they lie.
    pub(crate) data_dir: DataDir,
    /// The one that `current` stands for, as a selector.
    pub(crate) current: String,
}

impl Sessions {
    /// Reads nothing yet.
    pub(crate) fn new(data_dir: DataDir, current: String) -> Self {
        Self { data_dir, current }
    }
}
