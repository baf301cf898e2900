//! The tables of the standard library, read once.
//!
//! They are text so that a test can compare them with every interpreter.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// The text of a table: `name:` and, indented below it, the words that belong to it.
type Rows = HashMap<&'static str, HashSet<&'static str>>;

const ABSTRACT_BASES: &str = include_str!("abstract_bases.txt");
const STANDARD_CLASSES: &str = include_str!("standard_classes.txt");

/// The row that lists every type of the table of abstract bases.
const KNOWN: &str = "known";

/// The abstract base of this full name, if the table has it.
pub(super) fn abstract_base(name: &str) -> Option<&'static str> {
    abstract_bases().get_key_value(name).map(|(name, _)| *name).filter(|name| *name != KNOWN)
}

/// Whether a type of this recorded name satisfies an abstract base by itself.
pub(super) fn satisfies(type_name: &str, base: &str) -> bool {
    abstract_bases().get(base).is_some_and(|types| types.contains(type_name))
}

/// Whether the table says of a type which abstract bases it satisfies, so that it satisfies no other.
pub(super) fn is_known(type_name: &str) -> bool {
    abstract_bases().get(KNOWN).is_some_and(|types| types.contains(type_name))
}

/// Whether a module of the standard library has an ordinary class of this name.
pub(super) fn is_standard_class(module: &str, name: &str) -> bool {
    standard_classes().get(module).is_some_and(|names| names.contains(name))
}

/// Whether classes of this package are those of the standard library, also in its private modules.
pub(super) fn is_standard_package(package: &str) -> bool {
    let package = package.trim_start_matches('_');
    standard_classes().keys().any(|module| module.split('.').next() == Some(package))
}

fn standard_classes() -> &'static Rows {
    static ROWS: OnceLock<Rows> = OnceLock::new();
    ROWS.get_or_init(|| rows(STANDARD_CLASSES))
}

fn abstract_bases() -> &'static Rows {
    static ROWS: OnceLock<Rows> = OnceLock::new();
    ROWS.get_or_init(|| rows(ABSTRACT_BASES))
}

fn rows(text: &'static str) -> Rows {
    let mut rows = Rows::new();
    let mut current = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_suffix(':') {
            Some(name) => {
                current = name;
                rows.entry(current).or_default();
            }
            None => rows.entry(current).or_default().extend(line.split_whitespace()),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_table_is_known() {
        for (base, types) in abstract_bases() {
            for name in types {
                assert!(is_known(name), "`{name}` of `{base}`");
            }
        }
    }

    #[test]
    fn the_tables_know_what_everybody_knows() {
        assert!(satisfies("list", "collections.abc.Sequence"));
        assert!(!satisfies("set", "collections.abc.Sequence"));
        assert!(is_known("NoneType") && !is_known("shop.Order"));
        assert!(is_standard_class("builtins", "int") && is_standard_class("pathlib", "Path"));
        assert_eq!(abstract_base("os.PathLike"), Some("os.PathLike"));
        assert_eq!(abstract_base("known"), None);
    }
}
