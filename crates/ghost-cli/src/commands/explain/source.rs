//! The source file of a function, read as text. It is never run, and may not be there.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ghost_analysis::explain::Facts;

/// A larger file is no source that somebody reads.
const SOURCE_BYTES_MAX: u64 = 16 << 20;

/// The text of the file, found from the current folder as the program found it.
pub(super) fn read(facts: &Facts) -> Option<String> {
    let path = Path::new(&facts.file);
    let has_source =
        path.extension().is_some_and(|extension| extension == "py" || extension == "pyw");
    let file = has_source.then(|| File::open(path).ok())??;
    let is_file = file.metadata().is_ok_and(|found| found.is_file());
    let mut bytes = Vec::new();
    file.take(SOURCE_BYTES_MAX).read_to_end(&mut bytes).ok().filter(|_| is_file)?;
    String::from_utf8(bytes).ok()
}
