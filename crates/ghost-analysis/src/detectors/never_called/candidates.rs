//! Which definitions can be called at all, and whether they were.

use crate::history::{History, Ran};
use crate::source::{BodyShape, DefinedFunction, SourceModule, TypeExpression};

/// A definition with what is known of its calls.
pub(super) struct Candidate<'a> {
    pub(super) function: &'a DefinedFunction,
    pub(super) ran: Ran,
}

/// The functions of a file that could run.
pub(super) fn of<'a>(
    history: &History,
    file: &str,
    source: &'a SourceModule,
) -> Vec<Candidate<'a>> {
    let mut lines: std::collections::HashMap<&str, Vec<u32>> = std::collections::HashMap::new();
    for function in &source.functions {
        lines.entry(&function.qualname).or_default().push(function.line);
    }
    let with_calls = |function: &'a DefinedFunction| {
        let lines = lines.get(function.qualname.as_str()).map_or(&[][..], Vec::as_slice);
        let ran = history.ran(file, &function.qualname, function.line, lines);
        Candidate { function, ran }
    };
    source
        .functions
        .iter()
        .filter(|function| is_callable(source, function))
        .map(with_calls)
        .collect()
}

/// Left out is what exists for readers and type checkers, and lambdas, which nobody can name.
fn is_callable(source: &SourceModule, function: &DefinedFunction) -> bool {
    has_body(function)
        && !function.is_lambda()
        && !function.is_overload()
        && !function.is_abstract()
        && !function.is_type_checking
        && !is_in_hidden_class(source, function)
}

/// Whether there is something to run. A method without is made to be overridden; a function without is
/// dead like any other.
fn has_body(function: &DefinedFunction) -> bool {
    match function.body {
        BodyShape::Code => true,
        BodyShape::Empty => function.class.is_none(),
        BodyShape::NotImplemented => false,
    }
}

/// Whether it belongs to a protocol, or to a class that never exists at run time.
fn is_in_hidden_class(source: &SourceModule, function: &DefinedFunction) -> bool {
    let Some(class) = &function.class else { return false };
    let is_hidden = |class: &crate::source::DefinedClass| {
        class.is_type_checking || class.bases.iter().any(is_protocol)
    };
    source.classes_named(class).any(is_hidden)
}

fn is_protocol(base: &TypeExpression) -> bool {
    match base {
        TypeExpression::Name(name) => name.rsplit('.').next() == Some("Protocol"),
        TypeExpression::Subscript { base, .. } => is_protocol(base),
        _ => false,
    }
}

/// Whether the interpreter, not the program, decides when a method is called: `__repr__`.
pub(super) fn is_hook(name: &str) -> bool {
    let inner = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    inner.is_some_and(|inner| !inner.is_empty() && !matches!(inner, "init" | "new" | "call"))
}
