//! What the source shows of a value's type, without knowing any type but the built-in ones.
//!
//! Pure data: what a name stands for is decided where it is looked up.

/// An expression, reduced to what its type can be told from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An object of this built-in type, beyond doubt; `NoneType` for `None`.
    Builtin(&'static str),
    /// What a dotted name holds, or something of the same type: `x`, `x + 1`, `x[1:]`.
    Name(String),
    /// The result of calling a dotted name: `Path(…)`, `x.strip()`.
    Call(String),
    /// One of these: `a or b`, `a if test else b`.
    Either(Vec<Value>),
    /// Anything else.
    Unknown,
}

impl Value {
    /// Itself, or what it can be.
    pub fn alternatives(&self) -> &[Self] {
        match self {
            Self::Either(values) => values,
            other => std::slice::from_ref(other),
        }
    }

    /// Whether it is `None` and nothing else.
    pub fn is_none(&self) -> bool {
        *self == Self::Builtin("NoneType")
    }
}
