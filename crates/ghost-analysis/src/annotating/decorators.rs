//! Functions that are better left alone: annotating them could change what the program does, or say
//! the same thing twice.

use crate::inference::{ProjectFile, Unclaimed};
use crate::source::{Decorator, DefinedFunction};

/// Packages that change what they do by the annotations of what their decorators are given.
const READERS: [&str; 18] = [
    "beartype",
    "blacksheep",
    "cyclopts",
    "dependency_injector",
    "fastapi",
    "fastmcp",
    "injector",
    "litestar",
    "mcp",
    "msgspec",
    "ninja",
    "plum",
    "prefect",
    "pydantic",
    "strawberry",
    "typeguard",
    "typer",
    "wireup",
];

/// Decorators that read no annotations, by the last part of their name.
const HARMLESS: [&str; 19] = [
    "abstractmethod",
    "asynccontextmanager",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "deleter",
    "final",
    "fixture",
    "getter",
    "lru_cache",
    "override",
    "parametrize",
    "property",
    "setter",
    "staticmethod",
    "total_ordering",
    "wraps",
    "overload",
];

/// Why the function is left as it is.
pub(super) fn objection(file: &ProjectFile, function: &DefinedFunction) -> Option<Unclaimed> {
    let reads = file
        .source
        .imports
        .iter()
        .any(|module| READERS.contains(&module.split('.').next().unwrap_or_default()));
    let is_unknown =
        |decorator: &Decorator| decorator.name().is_none_or(|name| !HARMLESS.contains(&name));
    // A bare `@generic.register` goes by the annotation of the first parameter, and what it extends
    // takes more than any of its calls shows.
    let registers = |it: &Decorator| match it.name() {
        Some("register") => !it.is_call,
        Some(name) => matches!(name, "singledispatch" | "singledispatchmethod"),
        None => false,
    };
    let mut decorators = function.decorators.iter();
    if decorators.any(|it| (reads && is_unknown(it)) || registers(it)) {
        return Some(Unclaimed::Decorated);
    }
    has_type_comment(file, function).then_some(Unclaimed::TypeComment)
}

/// Whether there is a `# type:` comment from the `def` to the line below its parameters.
fn has_type_comment(file: &ProjectFile, function: &DefinedFunction) -> bool {
    let Some(end) = function.returns_offset else { return false };
    let first = function.parameters.first().map_or(end, |first| first.annotation_offset);
    let before = file.text.get(..first).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).unwrap_or(0);
    let head = file.text.get(start..end).unwrap_or_default().lines();
    let below = file.text.get(end..).unwrap_or_default().lines().take(2);
    head.chain(below).any(|line| {
        line.split("# type:").nth(1).is_some_and(|rest| !rest.trim_start().starts_with("ignore"))
    })
}
