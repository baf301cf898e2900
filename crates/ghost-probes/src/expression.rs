//! A parsed expression: all there can be in one. Evaluates nothing.

use crate::parse::{ParseError, parse};
use crate::value::Value;

/// An expression that holds nothing but what is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(pub(crate) Node);

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// If it is not one, or is one of Python's that is not allowed.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse(text).map(Self)
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Constant(Value),
    Name(String),
    Sequence(Vec<Self>),
    Unary(Unary, Box<Self>),
    Binary(Binary, Box<Self>, Box<Self>),
    /// A chain: `a < b < c`.
    Compare(Box<Self>, Vec<(Compare, Self)>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// `then if condition else otherwise`, in the order of evaluation.
    Choice {
        condition: Box<Self>,
        then: Box<Self>,
        otherwise: Box<Self>,
    },
    Item(Box<Self>, Box<Self>),
    Slice(Box<Self>, Option<Box<Self>>, Option<Box<Self>>),
    Call(Function, Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Minus,
    Plus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

/// The functions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Bool,
    Float,
    Int,
    Len,
    Max,
    Min,
    Sum,
    Type,
}

impl Function {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "abs" => Self::Abs,
            "bool" => Self::Bool,
            "float" => Self::Float,
            "int" => Self::Int,
            "len" => Self::Len,
            "max" => Self::Max,
            "min" => Self::Min,
            "sum" => Self::Sum,
            "type" => Self::Type,
            _ => return None,
        })
    }
}
