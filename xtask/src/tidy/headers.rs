//! Every source file begins by saying what it is responsible for.

use super::Finding;
use super::tree::SourceFile;

/// Programs under observation are specimens: some must not have one.
const SPECIMENS: &str = "tests/programs";

/// Rust files begin with `//!`, Python files with a docstring.
pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    let (has_header, wanted) = match file.extension() {
        "rs" => (file.text.starts_with("//!"), "`//!` header"),
        "py" | "pyi" => (begins_with_docstring(&file.text), "docstring"),
        _ => return Vec::new(),
    };
    if has_header || file.path.starts_with(SPECIMENS) {
        return Vec::new();
    }
    vec![file.finding(Some(1), format!("begins without a {wanted} that says what the file is for"))]
}

/// Only comments (a `#!` line, an encoding) and empty lines may come before it.
fn begins_with_docstring(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        ["\"\"\"", "r\"\"\"", "'''", "r'''"].iter().any(|q| line.starts_with(q))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(path: &str, text: &str) -> bool {
        check(&SourceFile::new(path, text)).is_empty()
    }

    #[test]
    fn a_header_is_required() {
        assert!(passes("a.rs", "//! What.\nfn f() {}"));
        assert!(!passes("a.rs", "fn f() {}"));
        assert!(!passes("a.rs", "// What.\n"));
        assert!(passes("a.py", "#!/usr/bin/env python3\n\n\"\"\"What.\"\"\"\n"));
        assert!(!passes("a.py", "import os\n\"\"\"What.\"\"\"\n"));
        assert!(!passes("a.pyi", ""));
    }

    #[test]
    fn other_files_need_none() {
        assert!(passes("tests/programs/a.py", "x = 1"));
        assert!(!passes("tests/a.py", "x = 1"));
        assert!(passes("a.toml", "[x]"));
    }
}
