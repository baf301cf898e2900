//! A class as its source defines it.
//!
//! Holds the bases as written; what they are is decided where annotations are resolved.

use super::{Annotation, Decorator, ScopeId, TypeExpression};

/// A class statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedClass {
    /// As `__qualname__`: `Outer.Inner`, `make.<locals>.Local`.
    pub qualname: String,
    /// As `co_firstlineno` of its body: the line of the first decorator, else of `class`.
    pub line: u32,
    /// Last line of its body.
    pub line_last: u32,
    /// Base classes as written.
    pub bases: Vec<TypeExpression>,
    /// `metaclass=`, as written.
    pub metaclass: Option<TypeExpression>,
    /// Whether there are `*bases` or `**keywords`, so that the lists above are not all.
    pub is_open: bool,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// Annotated names of its body, in order: the fields of data classes, named tuples and so on.
    pub fields: Vec<Field>,
    /// Scope in which its bases are evaluated.
    pub scope: ScopeId,
    /// Scope of its body: its methods and attributes.
    pub body: ScopeId,
    /// Whether it stands under `if TYPE_CHECKING:`, so that it never exists at run time.
    pub is_type_checking: bool,
}

impl DefinedClass {
    /// The last part of its qualified name.
    pub fn name(&self) -> &str {
        self.qualname.rsplit('.').next().unwrap_or(&self.qualname)
    }
}

/// An annotated name of a class body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// What is written behind the colon.
    pub annotation: Annotation,
    /// Source text of the value assigned to it.
    pub default: Option<String>,
}
