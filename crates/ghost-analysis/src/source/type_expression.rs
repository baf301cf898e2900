//! Annotations as written, reduced to what can matter in one.
//!
//! Pure data: names are not resolved here.

/// An annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its source text; that inside the quotes where the whole annotation is a string.
    pub text: String,
    /// Its meaning as far as the grammar goes.
    pub expression: TypeExpression,
    /// Its first line.
    pub line: u32,
}

/// An expression where a type is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeExpression {
    /// A dotted name: `int`, `collections.abc.Mapping`.
    Name(String),
    /// `base[arguments]`.
    Subscript {
        /// What stands before the bracket.
        base: Box<TypeExpression>,
        /// The arguments, without the tuple around them.
        arguments: Vec<TypeExpression>,
    },
    /// `left | right`.
    Union(Box<TypeExpression>, Box<TypeExpression>),
    /// A call as in `NewType("UserId", int)` or `TypeVar("T", bound=Base)`.
    Call {
        /// What is called.
        function: Box<TypeExpression>,
        /// Positional arguments.
        arguments: Vec<TypeExpression>,
        /// Keyword arguments.
        keywords: Vec<(String, TypeExpression)>,
    },
    /// `None`.
    None,
    /// `...`.
    Ellipsis,
    /// A string: a forward reference where it parses as an expression, else only a text.
    Text(Option<Box<TypeExpression>>),
    /// Another constant, as in `Literal[1, b"x"]`.
    Constant(Constant),
    /// `[A, B]` as in `Callable[[A, B], C]`.
    List(Vec<TypeExpression>),
    /// `(A, B)`.
    Tuple(Vec<TypeExpression>),
    /// `*Ts`.
    Starred(Box<TypeExpression>),
    /// Anything else: never resolved.
    Other,
}

/// What type a constant is of. Its value is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `True` or `False`.
    Bool,
    /// A whole number.
    Int,
    /// A number with a point.
    Float,
    /// An imaginary number.
    Complex,
    /// `b"…"`.
    Bytes,
}
