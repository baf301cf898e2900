//! Whether an annotation admits a recorded type.

use ghost_model::TypeName;

use super::program::Program;
use super::{Admitted, AdmittedClass, Exclusion, Verdict, tables};
use crate::test_code::is_test_module;

/// The last entry of a complete method resolution order.
const ROOT_CLASS: &str = "object";

/// Types that a type checker takes for another one: `int` where `float` is written, and so on.
const PROMOTIONS: [(&str, &[&str]); 3] =
    [("float", &["int"]), ("complex", &["float", "int"]), ("bytes", &["bytearray", "memoryview"])];

/// Beginnings of modules whose objects stand in for objects of other types: mocks, proxies, numbers
/// of arrays, and the mark of a data class's default factory.
const STAND_IN_MODULES: [&str; 6] =
    ["unittest.mock.", "mock.", "wrapt.", "werkzeug.local.", "numpy.", "dataclasses."];

/// Words in the names of classes whose objects stand in for others.
const STAND_IN_WORDS: [&str; 3] = ["Proxy", "Lazy", "Mock"];

/// Methods with which a class can behave as another one.
const STAND_IN_METHODS: [&str; 3] = ["__getattr__", "__getattribute__", "__class__"];

impl Program<'_> {
    /// Whether an annotation admits a type.
    pub fn admits(&self, admitted: &Admitted, observed: &TypeName) -> Verdict {
        if observed.module.is_empty() {
            return Verdict::Unknown;
        }
        match verdict(admitted, observed) {
            Verdict::No if self.may_stand_in(observed) => Verdict::Unknown,
            Verdict::No if self.is_foreign(observed) && !speaks_of_builtins(admitted) => {
                Verdict::Unknown
            }
            verdict => verdict,
        }
    }

    /// Whether a type comes from a library of which nothing is known. Declarations of libraries name
    /// classes that theirs only resemble, so what they return may well be a different one.
    fn is_foreign(&self, observed: &TypeName) -> bool {
        let package = observed.module.split('.').next().unwrap_or_default();
        !tables::is_known(&observed.full_name())
            && !tables::is_standard_package(package)
            && !self.has_package(package)
    }

    /// Whether a type may be made to look like any other, or pretends to in a test.
    fn may_stand_in(&self, observed: &TypeName) -> bool {
        if is_test_module(&observed.module) {
            return true;
        }
        bases(observed).any(|base| {
            STAND_IN_MODULES.iter().any(|module| base.starts_with(module))
                || STAND_IN_WORDS.iter().any(|word| simple(base).contains(word))
                || self.defines_stand_in(base)
        })
    }

    fn defines_stand_in(&self, name: &str) -> bool {
        name.match_indices('.').any(|(dot, _)| {
            self.module(&name[..dot])
                .is_some_and(|module| module.class_defines(&name[dot + 1..], &STAND_IN_METHODS))
        })
    }
}

/// Whether an annotation names nothing but built-in types.
fn speaks_of_builtins(admitted: &Admitted) -> bool {
    match admitted {
        Admitted::Class(class) => !class.name.contains('.'),
        Admitted::Union(choices) => choices.iter().all(speaks_of_builtins),
        Admitted::Anything | Admitted::Unknown | Admitted::Abstract(_) => false,
    }
}

fn verdict(admitted: &Admitted, observed: &TypeName) -> Verdict {
    match admitted {
        Admitted::Anything => Verdict::Yes,
        Admitted::Unknown => Verdict::Unknown,
        Admitted::Class(class) => class_verdict(class, observed),
        Admitted::Abstract(base) => abstract_verdict(base, observed),
        Admitted::Union(choices) => {
            let verdicts = choices.iter().map(|choice| verdict(choice, observed));
            verdicts.fold(Verdict::No, either)
        }
    }
}

/// What two choices say together.
fn either(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        (Verdict::No, Verdict::No) => Verdict::No,
    }
}

fn class_verdict(class: &AdmittedClass, observed: &TypeName) -> Verdict {
    let promoted = PROMOTIONS.iter().find(|(name, _)| *name == class.name);
    let promoted = promoted.map_or(&[][..], |(_, others)| others);
    if bases(observed).any(|base| base == class.name || promoted.contains(&base)) {
        return Verdict::Yes;
    }
    // The same class may be known under another module: re-exported, or imported twice.
    let has_namesake = bases(observed).any(|base| simple(base) == simple(&class.name));
    if has_namesake || !has_all_bases(observed) {
        return Verdict::Unknown;
    }
    match class.exclusion {
        Exclusion::Always => Verdict::No,
        Exclusion::OnlyNone if is_none(observed) => Verdict::No,
        Exclusion::OnlyNone | Exclusion::Never => Verdict::Unknown,
    }
}

fn abstract_verdict(base: &str, observed: &TypeName) -> Verdict {
    if bases(observed).any(|name| name == base || tables::satisfies(name, base)) {
        return Verdict::Yes;
    }
    // Generators decorated by `types.coroutine` are awaitable; the type does not tell.
    let awaited = matches!(base, "collections.abc.Awaitable" | "collections.abc.Coroutine");
    if awaited && bases(observed).any(|name| name == "generator") {
        return Verdict::Unknown;
    }
    // A decorator gets the wrapper; type checkers show it the function below.
    let wraps_function = bases(observed).any(|name| matches!(name, "classmethod" | "property"));
    if base == "collections.abc.Callable" && wraps_function {
        return Verdict::Unknown;
    }
    let all_known = bases(observed).all(|name| name == ROOT_CLASS || tables::is_known(name));
    if all_known && has_all_bases(observed) { Verdict::No } else { Verdict::Unknown }
}

/// The recorded names of a type and of its bases. Built-in types are known without a record.
fn bases(observed: &TypeName) -> impl Iterator<Item = &str> {
    let is_builtin = observed.module == "builtins";
    let own = (observed.mro.is_empty() && is_builtin).then_some(observed.qualname.as_str());
    let of_bool = own.filter(|name| *name == "bool").map(|_| "int");
    observed.mro.iter().map(String::as_str).chain(own).chain(of_bool)
}

fn has_all_bases(observed: &TypeName) -> bool {
    match observed.mro.last() {
        Some(last) => last == ROOT_CLASS,
        None => observed.module == "builtins" && tables::is_known(&observed.qualname),
    }
}

fn is_none(observed: &TypeName) -> bool {
    observed.module == "builtins" && observed.qualname == "NoneType"
}

fn simple(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
