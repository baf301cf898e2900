//! Whether and how a recorded type can be named in an annotation.
//!
//! A type says which module it is from, which may be one that nobody can import (`_io`), one that
//! has another name when it is imported (`__main__`), or a function (`<locals>`). Then its nearest
//! base that has a name stands for it.

use std::collections::{HashMap, HashSet};

use ghost_model::TypeName;

use super::naming_table::{
    BUILTINS, CALLABLES, IMPORTABLE_BUILTINS, MEANINGLESS_BASES, MOCKS, MOVED, STREAMS, SUSPENDED,
};
use super::{InferredType, Unclaimed};

/// The classes annotations may name.
#[derive(Debug, Default)]
pub struct Nameable {
    /// Per module of the project, as it is imported: the qualified names of its classes.
    classes: HashMap<String, HashSet<String>>,
    /// What the script is called when it is imported.
    main: Option<String>,
}

impl Nameable {
    /// Says which classes a module of the project defines at a place where they can be imported.
    pub fn define(&mut self, module: &str, classes: impl IntoIterator<Item = String>) {
        self.classes.entry(module.to_owned()).or_default().extend(classes);
    }

    /// Says what `__main__` is called when it is imported.
    pub fn set_main(&mut self, module: &str) {
        self.main = Some(module.to_owned());
    }

    /// Whether it is a class of the project.
    pub(super) fn is_project(&self, inferred: &InferredType) -> bool {
        match inferred {
            InferredType::Class { module, .. } => self.classes.contains_key(module),
            _ => false,
        }
    }

    /// What stands for the type in annotations of the module `reader`.
    pub fn name(&self, name: &TypeName, reader: &str) -> Result<InferredType, Unclaimed> {
        if name.mro.iter().any(|base| base == "type") {
            return Ok(InferredType::builtin("type"));
        }
        let itself = self.itself(&name.module, &name.qualname, reader);
        itself
            .or_else(|| self.nearest_base(name, reader))
            .ok_or_else(|| Unclaimed::Unnameable { label: name.full_name() })
    }

    fn nearest_base(&self, name: &TypeName, reader: &str) -> Option<InferredType> {
        self.bases(name, reader).next().map(|(_, base)| base)
    }

    /// The bases that say something, nearest first: as recorded, and as annotations name them.
    pub(super) fn bases<'a>(
        &'a self,
        name: &'a TypeName,
        reader: &'a str,
    ) -> impl Iterator<Item = (&'a str, InferredType)> + 'a {
        let meaningful = |base: &&String| {
            !MEANINGLESS_BASES.contains(&base.as_str()) && !base.starts_with("collections.abc.")
        };
        let named = move |base: &'a String| {
            let (module, qualname) = self.split(base);
            self.itself(module, qualname, reader).map(|inferred| (base.as_str(), inferred))
        };
        name.mro.iter().skip(1).filter(meaningful).filter_map(named)
    }

    fn itself(&self, module: &str, qualname: &str, reader: &str) -> Option<InferredType> {
        if module == "builtins" {
            return builtin(qualname);
        }
        let full = format!("{module}.{qualname}");
        if let Some((_, content)) = STREAMS.iter().find(|(from, _)| *from == full) {
            let stream = InferredType::class("typing", "IO");
            return Some(InferredType::generic(stream, vec![InferredType::builtin(content)]));
        }
        if let Some((_, module, name)) = MOVED.iter().find(|(from, _, _)| *from == full) {
            return Some(InferredType::class(*module, *name));
        }
        let module = if is_main(module) { self.main.as_deref()? } else { module };
        let writable = is_dotted_name(qualname) && is_dotted_name(module);
        let visible = match self.classes.get(module) {
            Some(classes) => classes.contains(qualname),
            None => !is_private(module) && !is_private(qualname),
        };
        // What is made for tests is no part of what the tested promises.
        let foreign_test = is_test_module(module) && !is_test_module(reader);
        (writable && visible && !foreign_test).then(|| InferredType::class(module, qualname))
    }

    /// Splits the full name of a base into module and qualified name.
    fn split<'a>(&self, full: &'a str) -> (&'a str, &'a str) {
        let cuts = full.rmatch_indices('.').map(|(at, _)| (&full[..at], &full[at + 1..]));
        let known = |(module, qualname): &(&str, &str)| {
            let module = if is_main(module) { self.main.as_deref().unwrap_or("") } else { module };
            self.classes.get(module).is_some_and(|classes| classes.contains(*qualname))
        };
        let mut cuts: Vec<(&str, &str)> = cuts.collect();
        match cuts.iter().position(known) {
            Some(at) => cuts.swap_remove(at),
            None => cuts.into_iter().next().unwrap_or(("builtins", full)),
        }
    }
}

/// Whether a value of this type is a mock object.
pub(super) fn is_mock(name: &TypeName) -> bool {
    name.mro.iter().any(|base| MOCKS.contains(&base.as_str()))
}

fn builtin(qualname: &str) -> Option<InferredType> {
    if qualname == "NoneType" {
        return Some(InferredType::None);
    }
    if CALLABLES.contains(&qualname) {
        return Some(InferredType::callable());
    }
    if let Some((_, name, count)) = SUSPENDED.iter().find(|(from, _, _)| *from == qualname) {
        let class = InferredType::class("collections.abc", *name);
        return Some(InferredType::generic(class, vec![InferredType::any(); *count]));
    }
    if let Some((_, module, name)) = BUILTINS.iter().find(|(from, _, _)| *from == qualname) {
        return Some(InferredType::class(*module, *name));
    }
    let is_known = IMPORTABLE_BUILTINS.contains(&qualname) || is_exception(qualname);
    is_known.then(|| InferredType::builtin(qualname))
}

/// Whether a built-in type is an exception, by the names they all have.
fn is_exception(qualname: &str) -> bool {
    const ENDS: [&str; 8] = [
        "Error",
        "Warning",
        "Exception",
        "ExceptionGroup",
        "Exit",
        "Interrupt",
        "StopIteration",
        "StopAsyncIteration",
    ];
    is_name(qualname) && ENDS.iter().any(|end| qualname.ends_with(end))
}

/// Whether a bare name means a built-in type.
pub(crate) fn is_builtin_name(name: &str) -> bool {
    builtin(name).is_some() || IMPORTABLE_BUILTINS.contains(&name)
}

/// Whether that is the script: as such, or as the processes of `multiprocessing` name it.
pub(crate) fn is_main(module: &str) -> bool {
    matches!(module, "__main__" | "__mp_main__")
}

/// Whether a module holds tests, going by the names that pytest and unittest look for.
fn is_test_module(module: &str) -> bool {
    let is_test = |part: &str| {
        matches!(part, "tests" | "test" | "conftest")
            || part.starts_with("test_")
            || part.ends_with("_test")
    };
    module.split('.').any(is_test)
}

fn is_private(dotted: &str) -> bool {
    dotted.split('.').any(|part| part.starts_with('_'))
}

fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(is_name)
}

fn is_name(text: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield",
    ];
    let mut characters = text.chars();
    let first = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && characters.all(|c| c.is_alphanumeric() || c == '_') && !KEYWORDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(module: &str, qualname: &str, mro: &[&str]) -> String {
        let mut nameable = Nameable::default();
        nameable.define("shop.orders", ["Order".to_owned(), "Order.Line".to_owned()]);
        nameable.define("app", ["Task".to_owned()]);
        nameable.set_main("app");
        let mut name = TypeName::new(module, qualname);
        name.mro = mro.iter().map(ToString::to_string).collect();
        match nameable.name(&name, "shop.orders") {
            Ok(InferredType::Class { module, qualname }) => format!("{module}:{qualname}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_can_be_imported_is_named() {
        assert_eq!(named("builtins", "int", &[]), "builtins:int");
        assert_eq!(named("shop.orders", "Order.Line", &[]), "shop.orders:Order.Line");
        assert_eq!(named("decimal", "Decimal", &[]), "decimal:Decimal");
        assert_eq!(named("__main__", "Task", &[]), "app:Task");
        assert_eq!(named("__mp_main__", "Task", &[]), "app:Task");
    }

    #[test]
    fn what_cannot_is_named_by_what_it_is() {
        assert_eq!(named("builtins", "NoneType", &[]), "None");
        assert_eq!(named("builtins", "module", &[]), "types:ModuleType");
        assert_eq!(named("builtins", "dict_keys", &[]), "collections.abc:KeysView");
        assert_eq!(named("pathlib._local", "PosixPath", &[]), "pathlib:Path");
        assert_eq!(named("_io", "StringIO", &[]), "io:StringIO");
        assert!(named("_io", "TextIOWrapper", &[]).contains("\"IO\""));
        assert_eq!(named("abc", "ABCMeta", &["abc.ABCMeta", "type", "object"]), "builtins:type");
    }

    #[test]
    fn a_class_without_a_name_is_its_nearest_base() {
        let local = "f.<locals>.Local";
        assert_eq!(
            named("shop.orders", local, &["", "shop.orders.Order.Line", "shop.orders.Order"]),
            "shop.orders:Order.Line"
        );
        assert_eq!(
            named("shop.orders", local, &["", "abc.ABC", "dict", "object"]),
            "builtins:dict"
        );
        let nothing = named("shop.orders", local, &["", "typing.Generic", "object"]);
        assert_eq!(nothing, "no annotation can name `shop.orders.f.<locals>.Local`");
        assert_eq!(named("shop.orders", "Made", &["", "tuple", "object"]), "builtins:tuple");
        assert_eq!(named("tests.fakes", "Fake", &["", "app.Task", "object"]), "app:Task");
    }
}
