//! A stack on which trees of any file can be walked and freed.

use super::super::SourceError;

/// A sum of 100,000 terms is a tree as deep as that, and is freed level by level. Pages that are not
/// used cost nothing.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Runs the reading of one file in a thread of its own. Without a thread, or where the parser fails,
/// the file is one that cannot be read.
pub(super) fn with<T: Send>(
    read: impl FnOnce() -> Result<T, SourceError> + Send,
) -> Result<T, SourceError> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        let result = builder.spawn_scoped(scope, read).map(std::thread::ScopedJoinHandle::join);
        match result {
            Ok(Ok(result)) => result,
            _ => Err(SourceError { line: 1, message: "the parser failed".to_owned() }),
        }
    })
}
