//! A file name tells what is inside; some names never do.

use super::Finding;
use super::tree::SourceFile;

/// Names under which anything could be found.
const SAY_NOTHING: [&str; 10] =
    ["common", "core", "helper", "helpers", "imp", "manager", "misc", "types", "util", "utils"];

/// Names of another product whose programs run here unchanged but for the package: theirs, not ours.
const FOREIGN: &str = "python/ghostglass/core";

/// No source file and no folder of source files has a name that says nothing.
pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    if !["rs", "py", "pyi"].contains(&file.extension()) || file.path.starts_with(FOREIGN) {
        return Vec::new();
    }
    let words = file.path.iter().filter_map(|part| part.to_str());
    let stems = words.map(|word| word.split('.').next().unwrap_or(word).trim_matches('_'));
    stems
        .filter(|stem| SAY_NOTHING.contains(stem))
        .map(|stem| file.finding(None, format!("`{stem}` says nothing; name it after its content")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str) -> usize {
        check(&SourceFile::new(path, "")).len()
    }

    #[test]
    fn names_that_say_nothing_are_refused() {
        assert_eq!(findings("crates/x/src/utils.rs"), 1);
        assert_eq!(findings("python/ghostglass/_helpers.py"), 1);
        assert_eq!(findings("crates/x/src/common/shard.rs"), 1);
    }

    #[test]
    fn names_that_merely_contain_one_are_fine() {
        assert_eq!(findings("crates/x/src/type_name.rs"), 0);
        assert_eq!(findings("docs/misc.md"), 0);
        assert_eq!(findings("python/ghostglass/core/emitter.py"), 0);
    }
}
