//! What annotating a file needs to know beyond its definitions: what function bodies return and
//! assign, and where lines can be added at its top.
//!
//! Read only for files that are annotated: detectors do without.

use std::collections::HashMap;

use super::{SourceError, Value, parsing};

/// One file, outlined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Bodies of functions by [`super::DefinedFunction::returns_offset`].
    pub bodies: HashMap<usize, Body>,
    /// Everything that is assigned to an attribute of this name.
    pub attributes: HashMap<String, Vec<Stored>>,
    /// Default values by [`super::DefinedParameter::annotation_offset`].
    pub defaults: HashMap<usize, DefaultValue>,
    /// Where lines can be added.
    pub header: Header,
    /// Whether a method is called that generators have and iterators do not.
    pub drives_generators: bool,
}

impl Outline {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        parsing::outline(text)
    }
}

/// What is assigned to an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Name of the class whose method assigns it to its own object; `None` for other objects.
    pub class: Option<String>,
    /// The value.
    pub value: Value,
    /// What is written behind the colon in `self.name: annotation = value`.
    pub annotation: Option<String>,
    /// The function that assigns it, by [`super::DefinedFunction::returns_offset`].
    pub function: Option<usize>,
}

/// The default value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultValue {
    /// Byte offset of its first character, parentheses left out.
    pub offset: usize,
    /// What it is.
    pub value: Value,
}

/// What a function's body shows of its types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Every returned value; a bare `return` is `None`.
    pub returns: Vec<Value>,
    /// Every yielded value.
    pub yields: Vec<Value>,
    /// Whether its end can be reached without `return`, as type checkers see it.
    pub falls_off: bool,
    /// Whether the value of some `yield` is used.
    pub receives: bool,
    /// Everything assigned to a local name.
    pub assigned: Vec<(String, Value)>,
    /// `object.attribute = name`: attribute and name.
    pub stored: Vec<(String, String)>,
}

/// Where lines can be added at the top of a file. Offsets are beginnings of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// For `from __future__`: behind the docstring, or before the first statement. `None` where
    /// statements share a line.
    pub future: Option<usize>,
    /// For imports: behind the last import before any definition, else as `future`.
    pub import: Option<usize>,
    /// In the first `if TYPE_CHECKING:` of the file: before its first statement, with its indent.
    pub type_checking: Option<(usize, String)>,
    /// Whether the code is compiled or run from text somewhere, which `from __future__` changes.
    pub compiles: bool,
}
