//! A file without its bodies: what a stub of it consists of, in the order of the source.
//!
//! Pure data. Texts are those of the source; what annotations are missing is decided elsewhere.

use super::{SourceError, Value, parsing};

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skeleton {
    /// Its statements, as far as they define something.
    pub items: Vec<Item>,
    /// Names in `__all__`, if that is a plain list.
    pub exported: Vec<String>,
}

impl Skeleton {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        parsing::skeleton(text)
    }
}

/// A statement that defines something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// One imported name.
    Import {
        /// The name it binds; `*` for all.
        bound: String,
        /// The statement for this name alone.
        text: String,
        /// The statement as it exports the name to those who import the stub.
        exporting: String,
    },
    /// Kept as written: type variables, aliases, `__all__`.
    Kept {
        /// The name it binds.
        name: String,
        /// The statement.
        text: String,
    },
    /// `name: annotation = value`.
    Variable {
        /// The name.
        name: String,
        /// What is written behind the colon.
        annotation: Option<String>,
        /// What is assigned, and its text.
        value: Option<(Value, String)>,
    },
    /// A function or method.
    Function {
        /// Its name.
        name: String,
        /// Its [`super::DefinedFunction::returns_offset`].
        offset: usize,
        /// Its decorators, with the `@`.
        decorators: Vec<String>,
        /// `[T]`, or nothing.
        type_parameters: String,
    },
    /// A class.
    Class {
        /// Its name.
        name: String,
        /// Its decorators, with the `@`.
        decorators: Vec<String>,
        /// `Name[T](Base, metaclass=Meta)`.
        header: String,
        /// What its body defines.
        body: Vec<Item>,
    },
    /// `if sys.platform …:` and the like, which type checkers decide.
    Branch {
        /// The test.
        test: String,
        /// What it defines if so.
        body: Vec<Item>,
        /// What it defines if not.
        orelse: Vec<Item>,
    },
}

impl Item {
    /// The name it binds.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Import { bound: name, .. }
            | Self::Kept { name, .. }
            | Self::Variable { name, .. }
            | Self::Function { name, .. }
            | Self::Class { name, .. } => Some(name),
            Self::Branch { .. } => None,
        }
    }
}
