//! What a Python source file defines: functions, classes, imports and the names in its scopes.
//!
//! The only module that knows the parser. Reads text and never runs it; it does not decide what an
//! annotation means (`annotations` does) and opens no file.

mod class;
mod flow;
mod function;
mod outline;
mod parsing;
mod scope;
mod skeleton;
mod type_expression;
mod value;

#[cfg(test)]
mod reading_tests;

use std::collections::HashMap;

pub use class::{DefinedClass, Field};
pub use flow::{Flow, Handler, Trace};
pub use function::{BodyShape, Decorator, DefinedFunction, DefinedParameter, ParameterKind};
pub use outline::{Body, DefaultValue, Header, Outline, Stored};
pub use scope::{Binding, Scope, ScopeId, ScopeKind};
pub use skeleton::{Item, Skeleton};
pub use type_expression::{Annotation, Constant, TypeExpression};
pub use value::Value;

/// Why a text is no Python source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not parsable as Python: line {line}: {message}")]
pub struct SourceError {
    /// Line of the first problem, one-based.
    pub line: u32,
    /// What the parser says about it.
    pub message: String,
}

/// One file of Python source, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceModule {
    /// Every `def` and every lambda, in the order in which they begin.
    pub functions: Vec<DefinedFunction>,
    /// Every class statement, in the order in which they begin.
    pub classes: Vec<DefinedClass>,
    /// All scopes; the first is that of the module.
    pub scopes: Vec<Scope>,
    /// Modules that are imported anywhere in the file, as written: `os.path`, `.models`.
    pub imports: Vec<String>,
    /// Lines with a comment that silences type checkers, in order.
    pub lines_unchecked: Vec<u32>,
    /// Whether a comment silences type checkers for the whole file.
    pub is_unchecked: bool,
    /// What `register` is taken from: `Shape` for `Shape.register(Square)`, which makes a virtual
    /// subclass.
    pub registering: Vec<String>,
    /// Functions and classes by their qualified names, as files of thousands of functions are asked
    /// for each of them.
    functions_by_qualname: HashMap<String, Vec<usize>>,
    classes_by_qualname: HashMap<String, Vec<usize>>,
}

impl SourceModule {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        parsing::parse(text).map(Self::index)
    }

    /// The function that `CPython` calls `qualname` and that begins at `line` (`co_firstlineno`).
    ///
    /// Where there is none at that line, the file was changed: then the only one of this name.
    pub fn function(&self, qualname: &str, line: u32) -> Option<&DefinedFunction> {
        let indices = self.functions_by_qualname.get(qualname)?;
        let named = indices.iter().filter_map(|&index| self.functions.get(index));
        let mut at_line = named.clone().filter(|function| function.line == line);
        let mut named =
            named.filter(|function| !function.is_overload() && !function.is_type_checking);
        match (at_line.next(), at_line.next()) {
            (Some(function), None) => Some(function),
            (Some(_), Some(_)) => None,
            (None, _) => match (named.next(), named.next()) {
                (Some(function), None) => Some(function),
                _ => None,
            },
        }
    }

    /// The functions of this qualified name: overloads, accessors of a property, branches.
    pub fn functions_named(&self, qualname: &str) -> impl Iterator<Item = &DefinedFunction> {
        let indices = self.functions_by_qualname.get(qualname).into_iter().flatten();
        indices.filter_map(|&index| self.functions.get(index))
    }

    /// The classes of this qualified name; several where it is defined in more than one branch.
    pub fn classes_named(&self, qualname: &str) -> impl Iterator<Item = &DefinedClass> {
        let indices = self.classes_by_qualname.get(qualname).into_iter().flatten();
        indices.filter_map(|&index| self.classes.get(index))
    }

    /// Lists functions and classes by their names.
    fn index(mut self) -> Self {
        for (index, function) in self.functions.iter().enumerate() {
            self.functions_by_qualname.entry(function.qualname.clone()).or_default().push(index);
        }
        for (index, class) in self.classes.iter().enumerate() {
            self.classes_by_qualname.entry(class.qualname.clone()).or_default().push(index);
        }
        self
    }

    /// What `name` is bound to where it is read in `scope`, and in which scope that is; `None` where
    /// no scope of the file binds it (then it is a built-in, or comes from `import *`).
    pub fn lookup(&self, scope: ScopeId, name: &str) -> Option<(ScopeId, &[Binding])> {
        let mut next = Some(scope);
        let mut class_visible = true;
        while let Some(id) = next {
            let scope = self.scopes.get(id.0)?;
            let visible = class_visible || scope.kind != ScopeKind::Class;
            if let Some(bindings) = scope.bindings.get(name).filter(|_| visible) {
                return Some((id, bindings));
            }
            class_visible = class_visible && scope.kind == ScopeKind::TypeParameters;
            next = scope.parent;
        }
        None
    }

    /// Whether type checkers are told to overlook something in these lines, both included.
    pub fn has_unchecked_line(&self, first: u32, last: u32) -> bool {
        self.is_unchecked || self.lines_unchecked.iter().any(|line| (first..=last).contains(line))
    }

    /// Whether some scope that `scope` sees has an `import *`, which may bind any name.
    pub fn has_star_import(&self, scope: ScopeId) -> bool {
        let mut next = Some(scope);
        while let Some(scope) = next.and_then(|id| self.scopes.get(id.0)) {
            if !scope.star_imports.is_empty() {
                return true;
            }
            next = scope.parent;
        }
        false
    }
}
