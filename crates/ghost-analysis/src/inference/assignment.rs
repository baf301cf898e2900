//! Whether what a function assigns to a parameter, or what others assign to the attribute it keeps
//! it in, fits what is claimed of it.
//!
//! A type checker holds all assignments against the annotation. What cannot be told does not fit.

use super::InferredType;
use super::claim::{Subject, is_called};
use crate::source::{DefinedParameter, Value};

/// What calling these returns. Classes return themselves.
const RESULTS: [(&str, &str); 18] = [
    ("bool", "bool"),
    ("bytearray", "bytearray"),
    ("bytes", "bytes"),
    ("complex", "complex"),
    ("dict", "dict"),
    ("float", "float"),
    ("frozenset", "frozenset"),
    ("int", "int"),
    ("list", "list"),
    ("object", "object"),
    ("set", "set"),
    ("str", "str"),
    ("tuple", "tuple"),
    ("len", "int"),
    ("ord", "int"),
    ("repr", "str"),
    ("sorted", "list"),
    ("isinstance", "bool"),
];

/// Methods of `str` and `bytes` that return the like.
const TEXT_METHODS: [&str; 20] = [
    "capitalize",
    "casefold",
    "center",
    "expandtabs",
    "format",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "removeprefix",
    "removesuffix",
    "replace",
    "rjust",
    "rstrip",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// The built-in type that calling a built-in name returns.
pub(crate) fn result_of(path: &str) -> Option<&'static str> {
    RESULTS.iter().find(|(name, _)| *name == path).map(|(_, result)| *result)
}

/// Whether the claim holds for everything that is assigned.
pub(super) fn admits(
    subject: &Subject<'_>,
    parameter: &DefinedParameter,
    claim: &InferredType,
) -> bool {
    let name = parameter.name.as_str();
    let mut assigned = subject.body.assigned.iter().filter(|(target, _)| target == name);
    assigned.all(|(_, value)| value.alternatives().iter().all(|it| fits(claim, name, it)))
        && attributes_admit(subject, name, claim)
}

fn fits(claim: &InferredType, name: &str, value: &Value) -> bool {
    match value {
        Value::Builtin(builtin) => claim.admits_builtin(builtin),
        Value::Name(same) => same == name,
        Value::Call(path) => {
            match path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) {
                Some("copy") => ["list", "dict", "set"].map(InferredType::builtin).contains(claim),
                Some(method) => is_text(claim) && TEXT_METHODS.contains(&method),
                None => {
                    claim.members().iter().any(|member| is_called(member, path))
                        || result_of(path).is_some_and(|builtin| claim.admits_builtin(builtin))
                }
            }
        }
        Value::Either(_) | Value::Unknown => false,
    }
}

fn is_text(claim: &InferredType) -> bool {
    ["str", "bytes"].map(InferredType::builtin).contains(claim)
}

/// Only what is plainly something else speaks against it: attributes are mostly assigned what
/// nobody can tell.
fn attributes_admit(subject: &Subject<'_>, name: &str, claim: &InferredType) -> bool {
    let class = subject.function.class.as_deref().and_then(|class| class.rsplit('.').next());
    let kept = subject.body.stored.iter().filter(|(_, stored)| stored == name);
    let others = kept.filter_map(|(attribute, _)| subject.file.outline.attributes.get(attribute));
    let mut values = others
        .flatten()
        .filter(|stored| stored.class.is_none() || stored.class.as_deref() == class)
        .flat_map(|stored| stored.value.alternatives());
    values.all(|value| match value {
        Value::Builtin(builtin) => claim.admits_builtin(builtin),
        _ => true,
    })
}
