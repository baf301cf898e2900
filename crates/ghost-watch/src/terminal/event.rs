//! What the loop waits for.

use std::time::Duration;

use ghost_store::StoreError;

use crate::state::{Key, Reading};

/// Something happened.
#[derive(Debug)]
pub(super) enum Event {
    /// A key was pressed.
    Key(Key),
    /// A signal arrived.
    Signal(i32),
    /// The session was read, or could not be.
    Read {
        /// What came of it.
        result: Box<Result<Reading, StoreError>>,
        /// How long it took.
        took: Duration,
    },
    /// Nothing will be read any more, because of a fault of ours.
    ReaderGone,
    /// There is no keyboard any more.
    HungUp,
}
