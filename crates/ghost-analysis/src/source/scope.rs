//! The scopes of a file and what their names are bound to.
//!
//! Keeps every binding of a name, as branches may bind it differently; order is not kept, because
//! annotations may be evaluated late.

use std::collections::HashMap;

use super::TypeExpression;

/// Index of a scope in its [`super::SourceModule`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScopeId(pub usize);

impl ScopeId {
    /// The scope of the module.
    pub const MODULE: Self = Self(0);
}

/// What kind of block a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// The file itself.
    Module,
    /// A class body.
    Class,
    /// The body of a function or lambda.
    Function,
    /// Around a generic function, class or alias: `[T]`.
    TypeParameters,
}

/// One block of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// What kind of block it is.
    pub kind: ScopeKind,
    /// The block around it.
    pub parent: Option<ScopeId>,
    /// Every binding of every name.
    pub bindings: HashMap<String, Vec<Binding>>,
    /// Modules of which all names are imported, as written.
    pub star_imports: Vec<String>,
}

/// What a name is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// `import a.b` (then the module is `a`) or `import a.b as name` (then `a.b`).
    Module(String),
    /// `from module import name`; the module as written, with its leading dots.
    Import {
        /// As written: `typing`, `.models`, `..`.
        module: String,
        /// The name there.
        name: String,
    },
    /// A class statement: index into the classes of the file.
    Class(usize),
    /// A function statement: index into the functions of the file.
    Function(usize),
    /// `name = expression`, or `type name = expression`.
    Alias(TypeExpression),
    /// `name: annotation [= value]`.
    Annotated {
        /// The annotation.
        annotation: TypeExpression,
        /// The value, if one is assigned.
        value: Option<TypeExpression>,
    },
    /// A parameter in brackets: `[T: bound]`, `[T: (A, B)]`; `*Ts` and `**P` have no bound.
    TypeParameter(Option<TypeExpression>),
    /// Anything else: parameters, loops, `with`, `del`, …
    Other,
}
