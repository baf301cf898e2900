//! What the source declares about the types of a recorded function.
//!
//! Finds the definition, and leaves out whatever an author told type checkers not to check.

use ghost_model::{Function, FunctionKind, TypeName};

use crate::source::{
    Annotation, Decorator, DefinedClass, DefinedFunction, DefinedParameter, Field, ParameterKind,
    TypeExpression,
};

use super::names::{self, Target};
use super::program::{Module, Program};
use super::resolve::{Generated, Place};
use super::{Admitted, Verdict};

/// How many base classes deep a field is looked for.
const BASES_MAX: u8 = 16;

/// What is declared about one function. What is not declared, or cannot be relied on, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// In the order of the recorded parameters.
    pub parameters: Vec<Option<DeclaredType>>,
    /// Of the returned value; for a generator of the final one.
    pub returned: Option<DeclaredType>,
    /// Of the yielded values of a generator.
    pub yielded: Option<DeclaredType>,
}

/// One annotation with what it admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredType {
    /// The annotation as written.
    pub text: String,
    /// What it admits.
    pub admitted: Admitted,
    /// Whether there is a default value of unknown type, often a mark for "not given".
    has_open_default: bool,
}

impl DeclaredType {
    /// Whether it admits a recorded type.
    pub fn verdict(&self, program: &Program<'_>, observed: &TypeName) -> Verdict {
        match program.admits(&self.admitted, observed) {
            Verdict::No if self.has_open_default && may_be_mark(observed) => Verdict::Unknown,
            verdict => verdict,
        }
    }
}

/// Whether a type is one that marks for "not given" have.
fn may_be_mark(observed: &TypeName) -> bool {
    observed.module != "builtins"
        || matches!(observed.qualname.as_str(), "object" | "NoneType" | "type" | "ellipsis")
}

impl<'a> Program<'a> {
    /// What the source declares about a function.
    pub fn declaration(&'a self, function: &Function) -> Option<Declaration> {
        let module = self.module(&function.key.module)?;
        if function.file.starts_with('<') {
            return self.made_declaration(module, function);
        }
        let defined = module.source.function(&function.key.qualname, function.key.line)?;
        self.written_declaration(module, defined, function)
    }

    fn written_declaration(
        &'a self,
        module: &'a Module<'a>,
        defined: &'a DefinedFunction,
        function: &Function,
    ) -> Option<Declaration> {
        if defined.has_decorator("no_type_check") || !has_parameters(defined, function) {
            return None;
        }
        let parameters = defined.parameters.iter();
        let mut declaration = Declaration {
            parameters: parameters.map(|it| self.parameter(module, defined, it)).collect(),
            ..Declaration::default()
        };
        let overlooked = module.source.has_unchecked_line(defined.line, defined.line_last);
        if let Some(annotation) = defined.returns.as_ref().filter(|_| !overlooked) {
            self.declare_results(module, defined, annotation, function.kind, &mut declaration);
        }
        Some(declaration)
    }

    fn parameter(
        &'a self,
        module: &'a Module<'a>,
        function: &'a DefinedFunction,
        parameter: &'a DefinedParameter,
    ) -> Option<DeclaredType> {
        let annotation = parameter.annotation.as_ref()?;
        let line = annotation.line;
        let overlooked = module.source.has_unchecked_line(line, line)
            || module.source.has_unchecked_line(function.line_def, function.line_def);
        let varies =
            matches!(parameter.kind, ParameterKind::VarPositional | ParameterKind::VarKeyword);
        if overlooked || varies {
            return None;
        }
        let admitted = self.admitted(module, function, annotation);
        Some(with_default(annotation, admitted, parameter.default.as_deref()))
    }

    fn declare_results(
        &'a self,
        module: &'a Module<'a>,
        defined: &'a DefinedFunction,
        annotation: &'a Annotation,
        kind: FunctionKind,
        declaration: &mut Declaration,
    ) {
        let declared = |admitted| {
            Some(DeclaredType { text: annotation.text.clone(), admitted, has_open_default: false })
        };
        match kind {
            FunctionKind::Function | FunctionKind::Coroutine => {
                declaration.returned = declared(self.admitted(module, defined, annotation));
            }
            FunctionKind::Generator => {
                let Generated { yielded, returned } = self.generated(module, defined, annotation);
                declaration.yielded = declared(yielded);
                declaration.returned = declared(returned);
            }
            // What an async generator suspends with is not only what it yields.
            _ => {}
        }
    }

    /// File and line of the data class that made a function from text.
    pub fn made_by(&self, function: &Function) -> Option<(&str, u32)> {
        let module = self.module(&function.key.module)?;
        let class = data_class(module, function)?;
        Some((module.file, class.line))
    }

    /// Code made from text: the `__init__` of a data class, declared by the fields of the class.
    fn made_declaration(
        &'a self,
        module: &'a Module<'a>,
        function: &Function,
    ) -> Option<Declaration> {
        let class = data_class(module, function)?;
        let names = function.parameters.split(',').skip(1);
        let fields = names.map(|name| self.field_type(module, class, name, BASES_MAX));
        let parameters = std::iter::once(None).chain(fields).collect();
        Some(Declaration { parameters, ..Declaration::default() })
    }

    fn field_type(
        &'a self,
        module: &'a Module<'a>,
        class: &'a DefinedClass,
        name: &str,
        depth: u8,
    ) -> Option<DeclaredType> {
        let depth = depth.checked_sub(1)?;
        if let Some(field) = class.fields.iter().find(|field| field.name == name) {
            return self.own_field_type(module, class, field);
        }
        class.bases.iter().find_map(|base| {
            let TypeExpression::Name(path) = base else { return None };
            let place = Place { module, scope: class.scope };
            match names::find(self, path, place).as_slice() {
                [Target::Class { module, class }] => self.field_type(module, class, name, depth),
                _ => None,
            }
        })
    }

    fn own_field_type(
        &'a self,
        module: &'a Module<'a>,
        class: &'a DefinedClass,
        field: &'a Field,
    ) -> Option<DeclaredType> {
        let line = field.annotation.line;
        if module.source.has_unchecked_line(line, line) {
            return None;
        }
        let place = Place { module, scope: class.body };
        let admitted = self.admitted_in_class(place, &class.qualname, &field.annotation);
        Some(with_default(&field.annotation, admitted, field.default.as_deref()))
    }
}

/// The class whose `__init__` a function is, if a data class made it.
fn data_class<'a>(module: &Module<'a>, function: &Function) -> Option<&'a DefinedClass> {
    let made = function.file.starts_with('<');
    let qualname = function.key.qualname.strip_suffix(".__init__").filter(|_| made)?;
    let mut classes = module.source.classes_named(qualname);
    let (class, None) = (classes.next()?, classes.next()) else { return None };
    let is_data_class = |decorator: &Decorator| decorator.name() == Some("dataclass");
    class.decorators.iter().any(is_data_class).then_some(class)
}

/// Adds what a default value admits besides the annotation.
fn with_default(
    annotation: &Annotation,
    admitted: Admitted,
    default: Option<&str>,
) -> DeclaredType {
    let admitted = match default {
        Some("None") => admitted.or(Admitted::builtin("NoneType")),
        Some("...") => admitted.or(Admitted::builtin("ellipsis")),
        _ => admitted,
    };
    let has_open_default = default.is_some_and(|default| !is_literal(default));
    DeclaredType { text: annotation.text.clone(), admitted, has_open_default }
}

/// Whether a default value is written out: a number, a string, a display.
fn is_literal(default: &str) -> bool {
    let unquoted = default.trim_start_matches(|letter: char| "rbfRBF".contains(letter));
    matches!(default, "True" | "False" | "None" | "...")
        || unquoted.starts_with(['"', '\''])
        || default.starts_with(|first: char| first.is_ascii_digit() || "-[{(.".contains(first))
}

/// Whether the definition still has the recorded parameters: else it was changed since.
fn has_parameters(defined: &DefinedFunction, function: &Function) -> bool {
    let recorded = function.parameters.split(',').filter(|name| !name.is_empty());
    let mut written = defined.parameters.iter();
    let all = recorded.into_iter().all(|recorded| {
        let recorded = recorded.trim_start_matches('*');
        // Names with two leading underscores carry that of the class.
        written.next().is_some_and(|parameter| {
            recorded == parameter.name
                || (parameter.name.starts_with("__") && recorded.ends_with(&parameter.name))
        })
    });
    all && written.next().is_none()
}
