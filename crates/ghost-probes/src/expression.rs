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

    /// The names it reads, each once, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.collect_names(&mut names);
        names.sort_unstable();
        names.dedup();
        names
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

impl Node {
    fn collect_names<'a>(&'a self, into: &mut Vec<&'a str>) {
        if let Self::Name(name) = self {
            into.push(name);
        }
        for below in self.below() {
            below.collect_names(into);
        }
    }

    /// The nodes directly below.
    fn below(&self) -> Vec<&Self> {
        match self {
            Self::Constant(_) | Self::Name(_) => Vec::new(),
            Self::Sequence(items) | Self::Call(_, items) => items.iter().collect(),
            Self::Unary(_, one) | Self::Not(one) => vec![one],
            Self::Binary(_, one, two)
            | Self::And(one, two)
            | Self::Or(one, two)
            | Self::Item(one, two) => vec![one, two],
            Self::Compare(first, rest) => {
                let rest = rest.iter().map(|(_, node)| node);
                std::iter::once(&**first).chain(rest).collect()
            }
            Self::Choice { condition, then, otherwise } => vec![condition, then, otherwise],
            Self::Slice(of, from, to) => {
                let ends = [from, to].into_iter().flatten();
                std::iter::once(of).chain(ends).map(|node| &**node).collect()
            }
        }
    }
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
